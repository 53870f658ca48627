#pragma once

#include "backend/cuda/encode_source.h"

/// The passes of an encoder over memory; encode.h has the plan.

namespace gyre::cuda {

/// Cosets [first_coset, first_coset + cosets) of the codewords of columns [first_column, ...), at
/// out: column by column, for each its cosets in DeviceCodewordOrder.
struct EncodeTarget {
  unsigned log_height = 0, log_blowup = 0;
  unsigned first_coset = 0, cosets = 0;
  std::size_t first_column = 0, columns = 0;
  Fp* out = nullptr;

  __device__ Fp* place(std::size_t column, unsigned coset) const {
    return out + ((column * cosets + coset) << log_height);
  }
};

/// Columns of at most one line: a block takes one coset of one, stage after stage in shared memory.
/// Grid: cosets x columns. Shared memory: 2^log_height values.
__global__ void __launch_bounds__(256) encode_short(MessageSource source, EncodeTarget target) {
  GYRE_DYNAMIC_SHARED(Fp, values);
  const unsigned log_height = target.log_height, height = 1u << log_height;
  const unsigned coset = target.first_coset + blockIdx.x;
  const std::size_t column = blockIdx.y;
  for (unsigned t = threadIdx.x; t < height; t += blockDim.x) {
    values[t] = source.value(target.first_column + column, t);
  }
  shared_chunks_to_message(values, height, source.l_skip);
  // Chunks are in bit-reversed order, times 2^l_skip: each thread puts pairs in order.
  const Fp scale = inverse_power_of_2(source.l_skip);
  const unsigned chunk = 1u << source.l_skip;
  for (unsigned t = threadIdx.x; t < height; t += blockDim.x) {
    const unsigned place = t & (chunk - 1), other = reversed_bits(place, source.l_skip);
    if (place > other) continue;
    const Fp a = values[t] * scale, b = values[t - place + other] * scale;
    values[t] = b;
    values[t - place + other] = a;
  }
  for (unsigned depth = 0; depth < log_height; ++depth) {
    const unsigned log_half = log_height - depth - 1;
    __syncthreads();
    for (unsigned i = threadIdx.x; i < height / 2; i += blockDim.x) {
      const unsigned node = i >> log_half, at = i + (node << log_half);
      const unsigned exponent = coset + (reversed_bits(node, depth) << target.log_blowup);
      const Fp u = values[at];
      const Fp v =
          values[at + (1u << log_half)] * power_of_root(depth + 1 + target.log_blowup, exponent);
      values[at] = u + v;
      values[at + (1u << log_half)] = u - v;
    }
  }
  __syncthreads();
  Fp* const out = target.place(column, blockIdx.x);
  for (unsigned t = threadIdx.x; t < height; t += blockDim.x) out[t] = values[t];
}

/// Writes messages in place of the first coset: for chunks that are too long for registers. Grid:
/// parts of a column x columns. Shared memory: 2^log_part values, a multiple of the chunk.
__global__ void __launch_bounds__(256)
    gather_messages(MessageSource source, EncodeTarget target, unsigned log_part) {
  GYRE_DYNAMIC_SHARED(Fp, values);
  const unsigned part = 1u << log_part, chunk = 1u << source.l_skip;
  const std::size_t column = blockIdx.y, first = std::size_t{blockIdx.x} << log_part;
  for (unsigned t = threadIdx.x; t < part; t += blockDim.x) {
    values[t] = source.value(target.first_column + column, first + t);
  }
  shared_chunks_to_message(values, part, source.l_skip);
  const Fp scale = inverse_power_of_2(source.l_skip);
  Fp* const out = target.place(column, 0) + first;
  for (unsigned t = threadIdx.x; t < part; t += blockDim.x) {
    const unsigned place = t & (chunk - 1);
    out[t] = values[t - place + reversed_bits(place, source.l_skip)] * scale;
  }
}

/// Sizes of the first pass over the upper kLogRows stages: tiles of 2^kLogRows lines apart, each
/// 2^kLogColumns neighbours wide: at least 64 bytes, so that a chunk of 16 is in a tile.
template <unsigned kLogRows>
struct FirstPass {
  static constexpr unsigned kLogColumns = kLogRows < 8 ? 12 - kLogRows : 4;
  static constexpr unsigned kLogValues = kLogRows + kLogColumns;
  static constexpr unsigned kThreads = (1u << kLogValues) / kHeld;
  /// Blocks that a multiprocessor runs at once.
  static constexpr unsigned kBlocks = 1024 / kThreads;
  /// Cosets whose twiddles stay in shared memory.
  static constexpr unsigned kTwiddleSets = 4;
  /// The next tile, the message, the values in exchange, and twiddles.
  static constexpr std::size_t kSharedBytes =
      ((std::size_t{3} << kLogValues) + (std::size_t{kTwiddleSets} << kLogRows)) * sizeof(Fp);
  /// Stages that a thread takes in registers when `remaining` are left.
  static constexpr unsigned radix(unsigned remaining) {
    const unsigned passes = (remaining + 3) / 4;
    return (remaining + passes - 1) / passes;
  }
};

/// The lowest kRemaining stages of the 2^kLogRows, from `from` by way of `exchange` to `out`, where
/// neighbouring rows are `pitch` values apart. A barrier precedes it.
template <unsigned kLogRows, unsigned kRemaining>
__device__ __forceinline__ void row_stages(const Fp* from, Fp* exchange, const Fp* twiddles,
                                           Fp* out, std::size_t pitch) {
  using Pass = FirstPass<kLogRows>;
  constexpr unsigned kRadix = Pass::radix(kRemaining), kLow = kRemaining - kRadix;
  constexpr unsigned kSide = kHeld >> kRadix, kLogPlaces = Pass::kLogColumns - 4 + kRadix;
  const unsigned place = (threadIdx.x & ((1u << kLogPlaces) - 1)) * kSide;
  const unsigned line = threadIdx.x >> kLogPlaces;
  const unsigned low = line & ((1u << kLow) - 1), high = line >> kLow;
  const unsigned row = high << kRemaining | low;
  const unsigned at = swizzled(row << Pass::kLogColumns | place);
  Fp values[kHeld];
#pragma unroll
  for (unsigned k = 0; k < 1u << kRadix; ++k) {
    load_swizzled<kSide>(from, at ^ swizzled(k << (kLow + Pass::kLogColumns)), values + k * kSide);
  }
  node_stages<kRadix>(values, twiddles, (1u << (kLogRows - kRemaining)) + high);
  if constexpr (kLow == 0) {
#pragma unroll
    for (unsigned k = 0; k < 1u << kRadix; ++k) {
      store_words<kSide>(out + (row + k) * pitch + place, values + k * kSide);
    }
  } else {
#pragma unroll
    for (unsigned k = 0; k < 1u << kRadix; ++k) {
      store_swizzled<kSide>(exchange, at ^ swizzled(k << (kLow + Pass::kLogColumns)),
                            values + k * kSide);
    }
    __syncthreads();
    row_stages<kLogRows, kLow>(exchange, exchange, twiddles, out, pitch);
  }
}

/// The tile of a column whose rows begin at `first`, to `raw`. A warp takes the 32 runs of 16
/// values that its threads will hold, four lanes to a run. Complete after wait_for_copies and a
/// warp barrier.
template <unsigned kLogRows>
__device__ __forceinline__ void gather_tile(const MessageSource& source, std::size_t column,
                                            std::size_t first, std::size_t pitch, Fp* raw) {
  constexpr unsigned kLogColumns = FirstPass<kLogRows>::kLogColumns;
  const unsigned lane = threadIdx.x % 32, warp_runs = threadIdx.x - lane;
  const auto place = [&](unsigned i) {
    return (warp_runs + 8 * i + lane / 4) * kHeld + lane % 4 * 4;
  };
  const auto row = [&](unsigned x) {
    return (x >> kLogColumns) * pitch + first + (x & ((1u << kLogColumns) - 1));
  };
  unsigned scattered = 0;
#pragma unroll
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned x = place(i);
    bool one_by_one;
    const Fp* const four = source.four(column, row(x), one_by_one);
    scattered |= unsigned{one_by_one} << i;
    copy_four(raw + swizzled(x), four);
  }
  if (scattered == 0) return;
#pragma unroll 1
  for (unsigned i = 0; i < 16; ++i) {
    if ((scattered >> i / 4 & 1) == 0) continue;
    const unsigned x = place(i / 4) + i % 4;
    raw[swizzled(x)] = source.value(column, row(x));
  }
}

/// Messages and the upper kLogRows stages of every coset. With rows x1 of 2^m2 values a message is
/// u[2^m2 x1 + x2]; these stages combine equal x2, and their twiddles are those of a line of
/// 2^kLogRows values with a = w_(kLogRows + log_blowup)^coset. A block takes tiles at `group`
/// cosets, one after another; the next one is on its way while one is transformed. Grid: blocks x 1
/// x groups of cosets.
template <unsigned kLogRows>
__global__ void __launch_bounds__(FirstPass<kLogRows>::kThreads, FirstPass<kLogRows>::kBlocks)
    encode_upper_stages(MessageSource source, EncodeTarget target, unsigned group) {
  using Pass = FirstPass<kLogRows>;
  GYRE_DYNAMIC_SHARED(Fp, raw);
  Fp* const message = raw + (1u << Pass::kLogValues);
  Fp* const exchange = message + (1u << Pass::kLogValues);
  Fp* const twiddles = exchange + (1u << Pass::kLogValues);
  const std::size_t pitch = std::size_t{1} << (target.log_height - kLogRows);
  const unsigned log_tiles = target.log_height - Pass::kLogValues;
  const std::size_t tiles = target.columns << log_tiles;
  const unsigned first_coset = blockIdx.z * group;
  const unsigned end = min(first_coset + group, target.cosets);
  const auto column = [&](std::size_t tile) { return tile >> log_tiles; };
  const auto first = [&](std::size_t tile) {
    return (tile & ((std::size_t{1} << log_tiles) - 1)) << Pass::kLogColumns;
  };
  const auto gather = [&](std::size_t tile) {
    gather_tile<kLogRows>(source, target.first_column + column(tile), first(tile), pitch, raw);
  };
  const auto fill = [&](unsigned coset, Fp* set) {
    fill_twiddles(kLogRows, kLogRows + target.log_blowup, target.first_coset + coset, set);
  };
  gather(blockIdx.x);
  const bool stay = end - first_coset <= Pass::kTwiddleSets;
  for (unsigned coset = first_coset; stay && coset < end; ++coset) {
    fill(coset, twiddles + ((coset - first_coset) << kLogRows));
  }
  for (std::size_t tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
    wait_for_copies();
    __syncwarp();
    Fp values[kHeld];
    const unsigned own = swizzled(threadIdx.x * kHeld);
#pragma unroll
    for (unsigned i = 0; i < kHeld; i += 4) load_words<4>(raw + (own ^ i), values + i);
    held_to_message(values, source.l_skip);
#pragma unroll
    for (unsigned i = 0; i < kHeld; i += 4) store_words<4>(message + (own ^ i), values + i);
    for (unsigned coset = first_coset; coset < end; ++coset) {
      if (!stay) fill(coset, twiddles);
      if (!stay || coset == first_coset) __syncthreads();
      if (coset == first_coset && tile + gridDim.x < tiles) gather(tile + gridDim.x);
      const Fp* const set = stay ? twiddles + ((coset - first_coset) << kLogRows) : twiddles;
      row_stages<kLogRows, kLogRows>(message, exchange, set,
                                     target.place(column(tile), coset) + first(tile), pitch);
      __syncthreads();
    }
  }
}

/// Stage `depth` in place, from nodes of at least two lines. Grid: parts of 2 * 256 values of all
/// cosets x columns.
__global__ void __launch_bounds__(256) encode_stage(EncodeTarget target, unsigned depth) {
  const std::size_t pair = global_thread();
  const unsigned log_half = target.log_height - depth - 1;
  const std::size_t node = pair >> log_half;
  const unsigned coset = target.first_coset + static_cast<unsigned>(node >> depth);
  const unsigned place = static_cast<unsigned>(node) & ((1u << depth) - 1);
  const Fp twiddle = power_of_root(depth + 1 + target.log_blowup,
                                   coset + (reversed_bits(place, depth) << target.log_blowup));
  Fp* const values = target.place(blockIdx.y, 0) + pair + (node << log_half);
  Fp* const other = values + (std::size_t{1} << log_half);
  const Fp u = *values, v = *other * twiddle;
  *values = u + v;
  *other = u - v;
}

/// The stages within lines of 2^12 values, in place. Grid: lines of all cosets x groups of columns.
/// Shared memory: kLineSharedBytes.
inline constexpr unsigned kLineThreads = (1u << kLogLongestLine) / kHeld;
inline constexpr std::size_t kLineSharedBytes = (std::size_t{2} << kLogLongestLine) * sizeof(Fp);

__global__ void __launch_bounds__(kLineThreads, 4)
    encode_lines(EncodeTarget target, unsigned group) {
  static_assert(kLogLongestLine == 12);
  GYRE_DYNAMIC_SHARED(Fp, exchange);
  Fp* const twiddles = exchange + (1u << kLogLongestLine);
  const unsigned log_lines = target.log_height - kLogLongestLine;
  const unsigned line = blockIdx.x & ((1u << log_lines) - 1), coset = blockIdx.x >> log_lines;
  const unsigned exponent =
      target.first_coset + coset + (reversed_bits(line, log_lines) << target.log_blowup);
  fill_long_twiddles(target.log_height + target.log_blowup, exponent, exchange, twiddles);
  const unsigned thread = threadIdx.x, lane = thread % 32;
  const std::size_t first_column = std::size_t{blockIdx.y} * group;
  const std::size_t end = min(first_column + group, target.columns);
  for (std::size_t column = first_column; column < end; ++column) {
    Fp* const values = target.place(column, coset) + (std::size_t{line} << kLogLongestLine);
    Fp held[kHeld];
    // The upper 4 bits of a place in registers, then the middle ones, then the lowest.
#pragma unroll
    for (unsigned k = 0; k < kHeld; ++k) held[k] = values[k << 8 | thread];
    node_stages<4>(held, twiddles, 1);
    const unsigned upper = swizzled(thread);
#pragma unroll
    for (unsigned k = 0; k < kHeld; ++k) exchange[upper ^ swizzled(k << 8)] = held[k];
    __syncthreads();
    const unsigned middle = swizzled(thread / 16 << 8 | thread % 16);
#pragma unroll
    for (unsigned k = 0; k < kHeld; ++k) held[k] = exchange[middle ^ swizzled(k << 4)];
    node_stages<4>(held, twiddles, 16 + thread / 16);
#pragma unroll
    for (unsigned k = 0; k < kHeld; ++k) exchange[middle ^ swizzled(k << 4)] = held[k];
    // From here on 16 threads exchange with one another, and then those of a warp.
    __syncwarp();
    const unsigned own = swizzled(thread << 4);
#pragma unroll
    for (unsigned k = 0; k < kHeld; k += 4) load_words<4>(exchange + (own ^ k), held + k);
    node_stages<4>(held, twiddles, 256 + thread);
#pragma unroll
    for (unsigned k = 0; k < kHeld; k += 4) store_words<4>(exchange + (own ^ k), held + k);
    __syncwarp();
#pragma unroll
    for (unsigned k = 0; k < kHeld; k += 4) {
      const unsigned x = (thread - lane) * kHeld + 32 * k + 4 * lane;
      load_words<4>(exchange + swizzled(x), held + k);
      store_words<4>(values + x, held + k);
    }
    __syncthreads();
  }
}

}  // namespace gyre::cuda
