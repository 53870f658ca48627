#pragma once

#include <cstdint>
#include <type_traits>

#include "backend/cuda/cuda_api.h"
#include "gyre/air/dag.h"
#include "gyre/support/error.h"

namespace gyre::cuda {

/// Columns of a trace, read in chunks of N = 2^l_skip rows by blocks in which a thread has a chunk.

/// Threads of a block, and chunks that it reads at a time.
inline constexpr unsigned kPrismThreads = 128;
inline constexpr unsigned kMaxSkip = 6;

/// A column, or a selector that is not stored.
struct PrismColumn {
  const Fp* values = nullptr;           ///< of a column
  NodeKind kind = NodeKind::kVariable;  ///< or which selector it is
};

/// Where a trace is read: chunks [first_chunk, first_chunk + num_chunks), a power of two of them. A
/// trace shorter than a chunk is repeated.
struct PrismRange {
  std::uint32_t first_chunk = 0, num_chunks = 1;
  std::uint32_t log_height = 0;

  /// Chunks of one column in a block; the rest of the block has other columns.
  GYRE_HOST_DEVICE std::uint32_t chunks_per_block() const {
    return num_chunks < kPrismThreads ? num_chunks : kPrismThreads;
  }
  GYRE_HOST_DEVICE std::uint32_t columns_per_block() const {
    return kPrismThreads / chunks_per_block();
  }
  GYRE_HOST_DEVICE std::uint32_t blocks(std::uint32_t num_columns) const {
    const std::uint32_t per_block = columns_per_block();
    return (num_columns + per_block - 1) / per_block * (num_chunks / chunks_per_block());
  }
};

/// What a block of threads works on: thread t has chunk chunk(t) of column column(t).
struct PrismPlace {
  std::uint32_t first_column, first_chunk, log_chunks;

  /// Group `block` of the columns, each of which has `groups` of the range's chunks.
  __device__ PrismPlace(const PrismRange& range, std::uint32_t block) {
    const std::uint32_t chunks = range.chunks_per_block(), groups = range.num_chunks / chunks;
    log_chunks = 31 - static_cast<std::uint32_t>(__clz(static_cast<int>(chunks)));
    first_column = block / groups * (kPrismThreads >> log_chunks);
    first_chunk = block % groups << log_chunks;
  }
  __device__ std::uint32_t column(std::uint32_t thread) const {
    return first_column + (thread >> log_chunks);
  }
  /// Within the range.
  __device__ std::uint32_t chunk(std::uint32_t thread) const {
    return first_chunk + (thread & ((1u << log_chunks) - 1));
  }
};

__device__ __forceinline__ Fp prism_value(const PrismColumn& column, std::uint32_t row,
                                          std::uint32_t height) {
  switch (column.kind) {
    case NodeKind::kVariable:
      return column.values[row];
    case NodeKind::kIsFirstRow:
      return row == 0 ? Fp::one() : Fp();
    case NodeKind::kIsLastRow:
      return row + 1 == height ? Fp::one() : Fp();
    default:
      return row + 1 == height ? Fp() : Fp::one();
  }
}

/// The values of a block's chunks in shared memory: value z of thread t at t (N + 1) + z, so that
/// threads which read their own chunks meet no bank conflict. A warp reads and writes the chunks of
/// its own threads alone: __syncwarp orders them.
template <unsigned kSkip>
struct PrismTile {
  static constexpr unsigned kChunk = 1u << kSkip;
  SharedArray<Fp, kPrismThreads*(kChunk + 1)> values;

  __device__ Fp& at(std::uint32_t thread, std::uint32_t z) {
    return values[thread * (kChunk + 1) + z];
  }
  /// All values of the warp, where those of the block's threads lie one after another.
  __device__ __forceinline__ void read(const Fp* from) {
    Fp* const own = values.data() + first_place();
    from += (first_thread() << kSkip) + threadIdx.x % 32;
#pragma unroll
    for (unsigned i = 0; i < 32 * kChunk; i += 32) own[i + (i >> kSkip)] = from[i];
  }
  __device__ __forceinline__ void write(Fp* to) {
    const Fp* const own = values.data() + first_place();
    to += (first_thread() << kSkip) + threadIdx.x % 32;
#pragma unroll
    for (unsigned i = 0; i < 32 * kChunk; i += 32) to[i] = own[i + (i >> kSkip)];
  }
  /// Calls f(thread, z) for all values of the warp, neighbouring lanes having neighbouring ones.
  template <class F>
  static __device__ __forceinline__ void each(F&& f) {
    const std::uint32_t lane = threadIdx.x % 32, first = threadIdx.x - lane;
#pragma unroll
    for (std::uint32_t i = 0; i < kChunk; ++i) {
      const std::uint32_t place = i * 32 + lane;
      f(first + (place >> kSkip), place & (kChunk - 1));
    }
  }

 private:
  static __device__ __forceinline__ unsigned first_thread() {
    return threadIdx.x / 32 * 32;
  }
  /// Of the lane's first value. Its others are multiples of 32 values after it, which move its
  /// place by as many whole chunks, as they carry nothing into the bits of z.
  static __device__ __forceinline__ unsigned first_place() {
    const unsigned lane = threadIdx.x % 32;
    return first_thread() * (kChunk + 1) + lane + (lane >> kSkip);
  }
};

/// Calls f(std::integral_constant<unsigned, l_skip>()).
template <class F>
void with_skip(unsigned l_skip, F&& f) {
  switch (l_skip) {
    case 0:
      return f(std::integral_constant<unsigned, 0>());
    case 1:
      return f(std::integral_constant<unsigned, 1>());
    case 2:
      return f(std::integral_constant<unsigned, 2>());
    case 3:
      return f(std::integral_constant<unsigned, 3>());
    case 4:
      return f(std::integral_constant<unsigned, 4>());
    case 5:
      return f(std::integral_constant<unsigned, 5>());
    case 6:
      return f(std::integral_constant<unsigned, 6>());
    default:
      throw Error(ErrorKind::kResource, "cuda: l_skip above 6");
  }
}

}  // namespace gyre::cuda
