#include "backend/cuda/fraction_rounds.h"

#include "backend/cuda/fraction_entries.h"
#include "backend/cuda/fraction_leaves.h"
#include "backend/cuda/fraction_math.h"

namespace gyre::cuda {
namespace {

/// Blocks of stored_round per multiprocessor.
constexpr unsigned kRoundBlocks = 3;

/// h at the odd entry of a pair (at the even one if `at_zero`) in the even thread; h of the
/// difference in the odd thread. `entry` is that of the thread. All lanes take part.
__device__ __forceinline__ Fp4 share_of_pair(const Entry<Fp4>& entry, bool at_zero) {
  const bool odd = (threadIdx.x & 1) != 0;
  const auto choose = [&](const Fp4& own) {
    const Fp4 other = shuffle_xor(own, 1);
    return odd ? own - other : at_zero ? own : other;
  };
  const Fp4 p0 = choose(entry.p0), q0 = choose(entry.q0), p1 = choose(entry.p1),
            q1 = choose(entry.q1);
  return cross(p0, q1, p1, q0);
}

/// Sums over the even and over the odd threads of the block, in threads 0 and 1.
__device__ inline Fp4 block_sums(Fp4 value) {
  constexpr unsigned kWarps = kFractionThreads / 32;
  __shared__ SharedArray<Fp4, 2 * kWarps> warps;
  value = parity_sum(value);
  __syncthreads();
  if (threadIdx.x % 32 < 2) warps[threadIdx.x / 32 * 2 + threadIdx.x % 2] = value;
  __syncthreads();
  if (threadIdx.x < 2) {
    for (unsigned w = 1; w < kWarps; ++w) value += warps[2 * w + threadIdx.x];
  }
  return value;
}

/// Adds up what the blocks' threads bring, even ones for PairSums::at_1, odd ones for `leading`:
/// the last block to come has the result.
__device__ inline void finish_sums(Fp4 sum, const RoundWeights& weights,
                                   const RoundScratch& scratch) {
  Fp4 weight = Fp4::one();
  const unsigned place = threadIdx.x / 2;
  for (unsigned c = 0; c < weights.num_place_coordinates; ++c) {
    const Fp4 x = weights.place_point[c];
    weight *= (place >> c & 1) != 0 ? x : Fp4::one() - x;
  }
  sum = block_sums(sum * weight);
  __shared__ bool last;
  if (threadIdx.x < 2) {
    store(scratch.partials + 2 * blockIdx.x + threadIdx.x, sum);
    __threadfence();
  }
  __syncthreads();
  if (threadIdx.x == 0) last = atomicAdd(scratch.finished, 1u) == gridDim.x - 1;
  __syncthreads();
  if (!last) return;
  __threadfence();
  Fp4 total;
  for (unsigned i = threadIdx.x; i < 2 * gridDim.x; i += kFractionThreads) {
    total += load(scratch.partials + i);
  }
  total = block_sums(total);
  if (threadIdx.x < 2) store(&scratch.result->at_1 + threadIdx.x, total);
  if (threadIdx.x == 0) *scratch.finished = 0;
}

template <bool kFold, bool kLambda>
__global__ __launch_bounds__(kFractionThreads, kRoundBlocks) void stored_round(
    StoredRound round, RoundWeights weights, RoundScratch scratch, std::size_t entries) {
  const std::size_t tiles = (entries + kTileEntries - 1) / kTileEntries;
  const std::size_t runs = ((tiles - 1) >> weights.log_run) + 1;
  Fp4 sum;
  for (std::size_t run = blockIdx.x; run < runs; run += gridDim.x) {
    Fp4 run_sum;
    const std::size_t first = run << weights.log_run;
    const std::size_t end = min(tiles, first + (std::size_t{1} << weights.log_run));
    for (std::size_t tile = first; tile < end; ++tile) {
      const std::size_t y = tile * kTileEntries + threadIdx.x;
      Entry<Fp4> entry;
      if constexpr (kFold) {
        entry = between(load_entry(round.from, 2 * y), load_entry(round.from, 2 * y + 1),
                        round.challenge);
      } else {
        entry = load_entry(round.from, y);
      }
      if constexpr (kLambda) entry.p0 += entry.q0 * round.lambda;
      if (kFold && y < round.to.entries) store_entry(round.to, y, entry);
      const Fp4 share = share_of_pair(entry, round.at_zero);
      if (y / 2 < round.pairs) run_sum += share * weights.tile[tile - first];
    }
    sum += run_sum * load_constant(weights.run + run);
  }
  finish_sums(sum, weights, scratch);
}

/// The leaf or, kHeight = 1, the node above two leaves.
template <unsigned kHeight>
__device__ __forceinline__ auto node_of_chunk(const ChunkLeaves& leaves, unsigned k, Fp4& q) {
  if constexpr (kHeight == 0) {
    q = load(leaves.q + leaf_place(k));
    return leaves.p[leaf_place(k)];
  } else {
    Fp4 q0, q1;
    const Fp p0 = node_of_chunk<0>(leaves, 2 * k, q0), p1 = node_of_chunk<0>(leaves, 2 * k + 1, q1);
    q = q0 * q1;
    return cross(p0, q1, p1, q0);
  }
}

/// Entry `i` of a chunk's part of the tables of a layer after kFolds folds.
template <unsigned kHeight, unsigned kFolds>
__device__ __forceinline__ auto entry_of_chunk(const ChunkLeaves& leaves, unsigned i,
                                               const LeafRound& round) {
  if constexpr (kFolds == 0) {
    Fp4 q0, q1;
    const auto p0 = node_of_chunk<kHeight>(leaves, 2 * i, q0);
    const auto p1 = node_of_chunk<kHeight>(leaves, 2 * i + 1, q1);
    return Entry<std::remove_cv_t<decltype(p0)>>{.p0 = p0, .p1 = p1, .q0 = q0, .q1 = q1};
  } else {
    return between(entry_of_chunk<kHeight, kFolds - 1>(leaves, 2 * i, round),
                   entry_of_chunk<kHeight, kFolds - 1>(leaves, 2 * i + 1, round),
                   round.challenges[kFolds - 1]);
  }
}

template <unsigned kHeight, unsigned kFolds>
__global__ __launch_bounds__(kFractionThreads, kLeafBlocks) void leaf_round(LeafSource source,
                                                                            LeafRound round,
                                                                            RoundWeights weights,
                                                                            RoundScratch scratch) {
  constexpr unsigned kLogTiles = log_leaf_run(kHeight, kFolds);
  GYRE_DYNAMIC_SHARED(Fp4, shared);
  const ChunkLeaves leaves = chunk_leaves(source, shared);
  Fp4 sum;
  for (std::uint32_t work = blockIdx.x; work < source.num_chunks; work += gridDim.x) {
    __syncthreads();
    const std::size_t run = make_chunk(source, work, leaves);
    __syncthreads();
    Fp4 run_sum;
    for (unsigned tile = 0; tile < 1u << kLogTiles; ++tile) {
      const unsigned local = tile * kTileEntries + threadIdx.x;
      const std::size_t y = (run << kLogTiles) * kTileEntries + local;
      const auto made = entry_of_chunk<kHeight, kFolds>(leaves, local, round);
      Entry<Fp4> entry{
          .p0 = made.q0 * round.lambda + made.p0, .p1 = Fp4(made.p1), .q0 = made.q0, .q1 = made.q1};
      if (y < round.to.entries) store_entry(round.to, y, entry);
      const Fp4 share = share_of_pair(entry, round.at_zero);
      if (y / 2 < round.pairs) run_sum += share * weights.tile[tile];
    }
    // Runs without pairs have no weight.
    if ((run << kLogTiles) * (kTileEntries / 2) < round.pairs) {
      sum += run_sum * load_constant(weights.run + run);
    }
  }
  finish_sums(sum, weights, scratch);
}

/// Node k of a layer.
__device__ __forceinline__ void store_node(const FractionTables& tables, std::size_t k,
                                           const Fp4& p, const Fp4& q) {
  const std::size_t y = k / 2;
  if (tables.values == nullptr || y >= tables.entries) return;
  Fp4* const at = tables.values + (k % 2 == 0 ? 0 : 2 * tables.entries) + y;
  store(at, p);
  store(at + tables.entries, q);
}

/// The levels from 2 on above a chunk: its nodes of level 1, p and then q, are in shared memory.
__device__ inline void ascend(Fp4* nodes, const Ascent& ascent, std::size_t chunk) {
  Fp4 *const p = nodes, *const q = nodes + kChunk / 2;
  for (unsigned level = 2; level <= ascent.levels; ++level) {
    const unsigned count = kChunk >> level;
    Fp4 sum[2], product[2];
#pragma unroll
    for (unsigned i = 0; i < 2; ++i) {
      const unsigned k = threadIdx.x + i * kFractionThreads;
      if (k >= count) continue;
      const Fp4 q0 = load(q + 2 * k), q1 = load(q + 2 * k + 1);
      sum[i] = cross(load(p + 2 * k), q1, load(p + 2 * k + 1), q0);
      product[i] = q0 * q1;
    }
    __syncthreads();
#pragma unroll
    for (unsigned i = 0; i < 2; ++i) {
      const unsigned k = threadIdx.x + i * kFractionThreads;
      if (k >= count) continue;
      store(p + k, sum[i]);
      store(q + k, product[i]);
      store_node(ascent.tables[level], (chunk << (kLogChunk - level)) + k, sum[i], product[i]);
    }
    __syncthreads();
  }
}

__global__ __launch_bounds__(kFractionThreads,
                             kLeafBlocks) void ascend_from_leaves(LeafSource source,
                                                                  Ascent ascent) {
  constexpr unsigned kParents = kChunk / 2 / kFractionThreads;
  GYRE_DYNAMIC_SHARED(Fp4, shared);
  const ChunkLeaves leaves = chunk_leaves(source, shared);
  for (std::uint32_t work = blockIdx.x; work < source.num_chunks; work += gridDim.x) {
    __syncthreads();
    const std::size_t chunk = make_chunk(source, work, leaves);
    __syncthreads();
    if (ascent.tables[0].values != nullptr) {
      for (unsigned i = threadIdx.x; i < kChunk; i += kFractionThreads) {
        store_node(ascent.tables[0], (chunk << kLogChunk) + i, Fp4(leaves.p[leaf_place(i)]),
                   load(leaves.q + leaf_place(i)));
      }
    }
    Fp4 p[kParents], q[kParents];
#pragma unroll
    for (unsigned i = 0; i < kParents; ++i) {
      p[i] = node_of_chunk<1>(leaves, threadIdx.x + i * kFractionThreads, q[i]);
    }
    __syncthreads();
#pragma unroll
    for (unsigned i = 0; i < kParents; ++i) {
      const unsigned k = threadIdx.x + i * kFractionThreads;
      store(shared + k, p[i]);
      store(shared + kChunk / 2 + k, q[i]);
      if (ascent.levels > 0) {
        store_node(ascent.tables[1], (chunk << (kLogChunk - 1)) + k, p[i], q[i]);
      }
    }
    __syncthreads();
    ascend(shared, ascent, chunk);
  }
}

__global__ __launch_bounds__(kFractionThreads, 2) void ascend_from_layer(FractionTables below,
                                                                         Fp4 padding,
                                                                         Ascent ascent) {
  GYRE_DYNAMIC_SHARED(Fp4, shared);
  const std::size_t chunk = blockIdx.x;
  for (unsigned k = threadIdx.x; k < kChunk / 2; k += kFractionThreads) {
    const std::size_t y = (chunk << (kLogChunk - 1)) + k;
    Fp4 p0, p1, q0 = padding, q1 = padding;
    if (y < below.entries) {
      p0 = load(below.values + y);
      q0 = load(below.values + below.entries + y);
      p1 = load(below.values + 2 * below.entries + y);
      q1 = load(below.values + 3 * below.entries + y);
    }
    const Fp4 p = cross(p0, q1, p1, q0), q = q0 * q1;
    store(shared + k, p);
    store(shared + kChunk / 2 + k, q);
    store_node(ascent.tables[1], y, p, q);
  }
  __syncthreads();
  ascend(shared, ascent, chunk);
}

constexpr std::size_t kMostCoordinates = 32;
struct Point {
  Fp4 x[kMostCoordinates];
};

__global__ void eq_suffixes(Point point, unsigned size, unsigned log_size, Fp4* out) {
  const std::size_t index = global_thread();
  if (index == 0 || index >> (log_size + 1) != 0) return;
  const unsigned t = 31 - static_cast<unsigned>(__clz(static_cast<int>(index)));
  Fp4 value = Fp4::one();
  for (unsigned c = 0; c < t; ++c) {
    const Fp4 x = point.x[size - t + c];
    value *= (index >> c & 1) != 0 ? x : Fp4::one() - x;
  }
  store(out + index, value);
}

}  // namespace

void launch_round(Work& work, const StoredRound& round, const RoundWeights& weights,
                  const RoundScratch& scratch) {
  const std::size_t made = round.fold ? round.to.entries : round.from.tables.entries;
  const std::size_t entries = std::max(made, 2 * round.pairs);
  const std::size_t tiles = (entries + kTileEntries - 1) / kTileEntries;
  const std::size_t runs = ((tiles - 1) >> weights.log_run) + 1;
  const Grid grid{dim3(loop_blocks(work.context, runs, kRoundBlocks)), dim3(kFractionThreads), 0};
  const std::size_t moved = round.from.tables.entries + (round.fold ? round.to.entries : 0);
  const bool lambda = !round.lambda.is_zero();
  const auto kernel = round.fold
                          ? (lambda ? stored_round<true, true> : stored_round<true, false>)
                          : (lambda ? stored_round<false, true> : stored_round<false, false>);
  work.queue.launch(kernel, grid, moved * 4 * sizeof(Fp4), round, weights, scratch, entries);
}

void launch_round(Work& work, const LeafSource& source, const LeafRound& round,
                  const RoundWeights& weights, const RoundScratch& scratch) {
  void (*kernel)(LeafSource, LeafRound, RoundWeights, RoundScratch) = leaf_round<0, 0>;
  if (round.height == 0 && round.folds == 1) kernel = leaf_round<0, 1>;
  if (round.height == 0 && round.folds == 2) kernel = leaf_round<0, 2>;
  if (round.height == 1 && round.folds == 0) kernel = leaf_round<1, 0>;
  if (round.height == 1 && round.folds == 1) kernel = leaf_round<1, 1>;
  const std::size_t shared = leaf_shared_bytes(source);
  if (shared > 48 * 1024) Queue::raise_shared_limit(kernel, shared);
  const Grid grid{dim3(loop_blocks(work.context, source.num_chunks, kLeafBlocks)),
                  dim3(kFractionThreads), shared};
  const std::size_t stored = round.to.values == nullptr ? 0 : round.to.entries;
  work.queue.launch(kernel, grid, source.trace_bytes + stored * 4 * sizeof(Fp4), source, round,
                    weights, scratch);
}

void launch_ascent(Work& work, const LeafSource& source, const Ascent& ascent) {
  const std::size_t shared = leaf_shared_bytes(source);
  if (shared > 48 * 1024) Queue::raise_shared_limit(ascend_from_leaves, shared);
  const Grid grid{dim3(loop_blocks(work.context, source.num_chunks, kLeafBlocks)),
                  dim3(kFractionThreads), shared};
  std::size_t stored = 0;
  for (const FractionTables& tables : ascent.tables) {
    if (tables.values != nullptr) stored += tables.entries;
  }
  work.queue.launch(ascend_from_leaves, grid, source.trace_bytes + stored * 4 * sizeof(Fp4), source,
                    ascent);
}

void launch_ascent(Work& work, const FractionTables& below, const Fp4& padding,
                   const Ascent& ascent) {
  const std::size_t chunks = (below.entries + kChunk / 2 - 1) / (kChunk / 2);
  const Grid grid{dim3(static_cast<unsigned>(chunks)), dim3(kFractionThreads),
                  kChunk * sizeof(Fp4)};
  std::size_t moved = below.entries;
  for (const FractionTables& tables : ascent.tables) {
    if (tables.values != nullptr) moved += tables.entries;
  }
  work.queue.launch(ascend_from_layer, grid, moved * 4 * sizeof(Fp4), below, padding, ascent);
}

void launch_eq_suffixes(Work& work, std::span<const Fp4> point, unsigned log_size, Fp4* out) {
  Point coordinates;
  std::copy(point.begin(), point.end(), coordinates.x);
  const std::size_t count = std::size_t{2} << log_size;
  work.queue.launch(eq_suffixes, grid_for(count), count * sizeof(Fp4), coordinates,
                    static_cast<unsigned>(point.size()), log_size, out);
}

unsigned most_round_blocks(const Context& context) {
  return loop_blocks(context, ~std::size_t{0}, std::max(kLeafBlocks, kRoundBlocks));
}

}  // namespace gyre::cuda
