#include <gtest/gtest.h>

#include "backend/cuda/cuda.h"
#include "gyre/support/error.h"

namespace gyre::cuda {
namespace {

__global__ void reverse_blocks(const Fp* in, Fp* out) {
  __shared__ SharedArray<Fp, 96> tile;
  tile[threadIdx.x] = in[global_thread()];
  __syncthreads();
  out[global_thread()] = tile[blockDim.x - 1 - threadIdx.x];
}

__global__ void sum_warps(const Fp4* in, Fp4* out) {
  const Fp4 sum = warp_sum(load(in + global_thread()));
  if (threadIdx.x % 32 == 0) store(out + global_thread() / 32, sum);
}

TEST(Kernels, BarriersAndShuffles) {
  Queue queue(0);
  DeviceArena arena(1 << 16);
  std::vector<Fp> values(96 * 3);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = Fp::from_canonical(unsigned(i));
  const auto in = arena.take<Fp>(values.size()), out = arena.take<Fp>(values.size());
  queue.upload(in, values);
  queue.launch(reverse_blocks, {dim3(3), dim3(96)}, 0, in.data, out.data);
  const std::vector<Fp> reversed = queue.download(out);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(reversed[i], values[i / 96 * 96 + 95 - i % 96]);
  }

  std::vector<Fp4> extension(64);
  for (std::size_t i = 0; i < 64; ++i) extension[i] = Fp4(values[i], values[1], values[i], Fp());
  const auto in4 = arena.take<Fp4>(64), sums = arena.take<Fp4>(2);
  queue.upload(in4, extension);
  queue.launch(sum_warps, {dim3(1), dim3(64)}, 0, in4.data, sums.data);
  const std::vector<Fp4> result = queue.download(sums);
  EXPECT_EQ(result[0].c[0], Fp::from_canonical(31 * 16));
  EXPECT_EQ(result[1].c[2], Fp::from_canonical(31 * 16 + 32 * 32));
  EXPECT_EQ(result[1].c[1], Fp::from_canonical(32));
}

TEST(DeviceArena, GivesWhatThereIsAndSaysWhatIsNot) {
  DeviceArena arena(1024);
  EXPECT_EQ(arena.take<Fp>(1).size, 1u);
  EXPECT_THROW(arena.take<Fp>(256), Error);
  EXPECT_THROW(DeviceArena(std::size_t{1} << 50), Error);
}

#if defined(GYRE_CUDA_EMULATED)
TEST(DeviceArena, GivesItsMemoryBack) {
  const std::size_t before = cuda_emulator::device_memory_in_use();
  {
    const DeviceArena arena(1024);
    EXPECT_EQ(cuda_emulator::device_memory_in_use(), before + 1024);
  }
  EXPECT_EQ(cuda_emulator::device_memory_in_use(), before);
}
#endif

TEST(Queue, UploadsThroughAllStagingBuffersInOrder) {
  Queue queue(0);
  std::vector<std::uint32_t> values((std::size_t{6} << 20) + 3);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint32_t>(i * i);
  DeviceArena arena(DeviceArena::bytes_of<std::uint32_t>(values.size()) + 1024);
  const auto first = arena.take<std::uint32_t>(7), all = arena.take<std::uint32_t>(values.size());
  queue.upload(first, std::span(values).subspan(9, 7));
  queue.upload(all, values);
  EXPECT_EQ(queue.download(all), values);
  EXPECT_EQ(queue.download(first)[6], 15u * 15u);
}

}  // namespace
}  // namespace gyre::cuda
