#include <algorithm>

#include "backend/cuda/cuda.h"
#include "backend/cuda/poseidon2_device.h"
#include "hash/batch.h"

namespace gyre::cuda {
namespace {

constexpr unsigned kThreads = 256;
constexpr std::uint32_t kNone = ~std::uint32_t{0};
/// Scanning some 2^8 candidates takes the host no longer than a launch and a copy take.
constexpr unsigned kHostBits = 8;

/// Lowers `best`, at first kNone, to the smallest witness >= first. The grid tests a window of
/// candidates at a time, one a thread; a block ends when its candidates are beyond `best`.
__global__ void __launch_bounds__(kThreads)
    grind_kernel(GrindingChallenge challenge, std::uint32_t first, std::uint32_t* best) {
  __shared__ std::uint32_t bound;
  const std::uint32_t window = gridDim.x * kThreads,
                      mask = (std::uint32_t{1} << challenge.bits) - 1;
  // In 64 bits, as the last window may end above 2^32.
  for (std::uint64_t block = first + std::uint64_t{blockIdx.x} * kThreads; block < Fp::kModulus;
       block += window) {
    __syncthreads();
    if (threadIdx.x == 0) bound = *static_cast<volatile std::uint32_t*>(best);
    __syncthreads();
    if (bound < block) return;
    const auto candidate = static_cast<std::uint32_t>(block + threadIdx.x);
    Fp s[kSpongeWidth];
#pragma unroll
    for (unsigned j = 0; j < kSpongeWidth; ++j) {
      s[j] = j == challenge.position ? Fp::from_canonical(candidate) : challenge.state[j];
    }
    permute(s);
    if ((s[kSpongeRate - 1].canonical() & mask) == 0 && candidate < Fp::kModulus) {
      atomicMin(best, candidate);
    }
  }
}

}  // namespace

std::size_t grinding_bytes() {
  return DeviceArena::bytes_of<std::uint32_t>(1);
}

std::optional<Fp> grind(Work& work, const GrindingChallenge& challenge) {
  std::uint32_t first = 0;
  if (challenge.bits <= kHostBits) {
    // Fails once in e^16 times.
    first = std::uint32_t{16} << challenge.bits;
    if (const std::optional<Fp> witness = smallest_witness_in(challenge, 0, first)) return witness;
  }
  const DeviceArena::Scope scope(work.arena);
  const DeviceSpan<std::uint32_t> best = work.arena.take<std::uint32_t>(1);
  work.queue.upload(best, std::array{kNone});
  // As many blocks as are resident at a time, but not many more candidates than are needed: the
  // first 2^(bits + 2) have a witness but once in e^4 times.
  const std::uint64_t needed = (std::uint64_t{4} << challenge.bits) / kThreads;
  const std::uint64_t resident = std::uint64_t{work.context.device.multiprocessors} * 4;
  const Grid grid{dim3(static_cast<unsigned>(std::clamp<std::uint64_t>(needed, 1, resident))),
                  dim3(kThreads)};
  work.queue.launch(grind_kernel, grid, sizeof(std::uint32_t), challenge, first, best.data);
  const std::uint32_t witness = work.queue.download(best).front();
  if (witness == kNone) return std::nullopt;
  return Fp::from_canonical(witness);
}

}  // namespace gyre::cuda
