#include <gtest/gtest.h>

#include <algorithm>

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

TEST(DeviceArena, TakesBackTheEndOfWhatWasHandedOutLast) {
  DeviceArena arena(4096);
  auto first = arena.take<Fp>(64), last = arena.take<Fp>(300);
  EXPECT_THROW(arena.shrink(first, 10), Error);
  EXPECT_THROW(arena.shrink(last, 400), Error);
  arena.shrink(last, 65);
  EXPECT_EQ(last.size, 65u);
  EXPECT_EQ(arena.used(), 256u + 512u);
  EXPECT_EQ(arena.peak(), 256u + 1280u);
  EXPECT_EQ(arena.take<Fp>(1).data, last.data + 128);
  auto none = arena.take<Fp>(5);
  arena.shrink(none, 0);
  EXPECT_EQ(arena.used(), 256u + 512u + 256u);
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

TEST(Queue, DownloadsThatAreBegunTogether) {
  Queue queue(0);
  DeviceArena arena(std::size_t{1} << 20);
  // More than what there is room for at first.
  const auto numbers = arena.take<std::uint32_t>(Queue::kDownloadBytes / 2);
  std::vector<std::uint32_t> values(numbers.size);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint32_t>(i * i);
  queue.upload(numbers, values);
  for (unsigned repeat = 0; repeat < 2; ++repeat) {
    std::vector<Queue::Download<std::uint32_t>> begun;
    for (unsigned i = 0; i < Queue::kDownloads; ++i) {
      begun.push_back(queue.begin_download(numbers.subspan(i, numbers.size - 1 - i)));
    }
    EXPECT_THROW(queue.begin_download(numbers.subspan(0, 1)), Error);
    // One that waits has a place of its own.
    EXPECT_EQ(queue.download(numbers.subspan(0, 3)), (std::vector<std::uint32_t>{0, 1, 4}));
    for (unsigned i = 0; i < Queue::kDownloads; ++i) {
      const std::span<const std::uint32_t> got = begun[i].wait();
      const auto expected = std::span(values).subspan(i, numbers.size - 1 - i);
      EXPECT_TRUE(std::equal(got.begin(), got.end(), expected.begin(), expected.end()));
    }
  }
}

/// Few of them by a kernel, if they are whole words.
TEST(Queue, DownloadsOfAnySizeAndPlace) {
  Queue queue(0);
  DeviceArena arena(std::size_t{1} << 16);
  const auto bytes = arena.take<unsigned char>(20000);
  std::vector<unsigned char> values(bytes.size);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<unsigned char>(i * i);
  queue.upload(bytes, values);
  for (const std::size_t size : {0, 1, 3, 4, 5, 1024, 16380, 16383, 16384, 16385, 16388}) {
    for (const std::size_t first : {0, 1, 2, 4, 16}) {
      const std::vector<unsigned char> expected(values.begin() + first,
                                                values.begin() + first + size);
      EXPECT_EQ(queue.download(bytes.subspan(first, size)), expected) << size << " at " << first;
      auto download = queue.begin_download(bytes.subspan(first, size));
      const auto begun = download.wait();
      EXPECT_TRUE(std::equal(begun.begin(), begun.end(), expected.begin(), expected.end()));
    }
  }
}

__global__ void add_one(std::uint32_t* value) {
  ++*value;
}

TEST(Queue, LaunchesSideBySideAreEachDoneOnceAndCounted) {
  Queue queue(0);
  DeviceArena arena(1024);
  for (const std::size_t count : {0, 1, 2, 17}) {
    const auto values = arena.take<std::uint32_t>(17);
    queue.fill_zero(values.data, values.size * sizeof(std::uint32_t));
    Telemetry telemetry;
    {
      const TelemetryScope scope(&telemetry);
      const Span span("launches");
      queue.side_by_side(count, [&](std::size_t i) {
        queue.launch(add_one, {dim3(1), dim3(1), 0}, 4, values.data + i);
      });
    }
    EXPECT_EQ(telemetry.spans()[0].counters.dispatches, count);
    std::vector<std::uint32_t> expected(17);
    std::fill_n(expected.begin(), count, 1u);
    EXPECT_EQ(queue.download(values), expected);
  }
}

TEST(Queue, AfterAFailureLaunchesGoOn) {
  Queue queue(0);
  DeviceArena arena(1024);
  const auto value = arena.take<std::uint32_t>(1);
  queue.fill_zero(value.data, sizeof(std::uint32_t));
  EXPECT_THROW(queue.side_by_side(3,
                                  [](std::size_t i) {
                                    if (i == 1) throw Error(ErrorKind::kResource, "refused");
                                  }),
               Error);
  queue.launch(add_one, {dim3(1), dim3(1), 0}, 4, value.data);
  EXPECT_EQ(queue.download(value)[0], 1u);
}

}  // namespace
}  // namespace gyre::cuda
