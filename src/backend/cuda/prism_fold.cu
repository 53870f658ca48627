#include "backend/cuda/prism_fold.h"

#include <algorithm>

#include "backend/cuda/work_list.h"
#include "poly/kernels.h"

namespace gyre::cuda {
namespace {

/// sum_z weights[z] values[z + offset]; four products share a reduction.
template <unsigned kSkip>
__device__ __forceinline__ Fp4 weighted_sum(const Fp (&values)[(1u << kSkip) + 1], unsigned offset,
                                            const SkipWeights& weights) {
  constexpr unsigned kChunk = 1u << kSkip, kStep = kChunk < 4 ? kChunk : 4;
  Fp4 result;
#pragma unroll
  for (unsigned k = 0; k < 4; ++k) {
#pragma unroll
    for (unsigned z = 0; z < kChunk; z += kStep) {
      std::uint64_t sum = 0;
#pragma unroll
      for (unsigned i = 0; i < kStep; ++i) {
        sum += std::uint64_t{weights.weights[z + i].c[k].raw()} * values[z + i + offset].raw();
      }
      result.c[k] += Fp::reduce_sum_of_products(sum);
    }
  }
  return result;
}

/// A chunk and the value after it.
template <unsigned kSkip>
__device__ __forceinline__ void read_own_chunk(PrismTile<kSkip>& tile, Fp next,
                                               Fp (&values)[(1u << kSkip) + 1]) {
#pragma unroll
  for (unsigned z = 0; z < 1u << kSkip; ++z) values[z] = tile.at(threadIdx.x, z);
  values[1u << kSkip] = next;
}

template <unsigned kSkip>
__global__ void __launch_bounds__(kPrismThreads)
    fold_prism_columns(const PrismFoldWork* items, std::uint32_t count, SkipWeights weights) {
  constexpr unsigned kChunk = 1u << kSkip;
  __shared__ PrismTile<kSkip> tile;
  const PrismFoldWork work = item_of_block(items, count);
  const PrismPlace place(work.range, blockIdx.x - work.first_block);
  const std::uint32_t height = 1u << work.range.log_height;
  tile.each([&](std::uint32_t thread, std::uint32_t z) {
    if (place.column(thread) >= work.num_columns) return;
    const std::uint32_t row = ((work.range.first_chunk + place.chunk(thread)) << kSkip) + z;
    tile.at(thread, z) =
        prism_value(work.columns[place.column(thread)].column, row & (height - 1), height);
  });
  __syncwarp();
  const std::uint32_t own = place.column(threadIdx.x);
  if (own >= work.num_columns) return;
  const FoldedColumn column = work.columns[own];
  const std::uint32_t chunk = work.range.first_chunk + place.chunk(threadIdx.x);
  Fp values[kChunk + 1], next;
  if (column.rotated_table != nullptr) {
    next = prism_value(column.column, ((chunk + 1) << kSkip) & (height - 1), height);
  }
  read_own_chunk<kSkip>(tile, next, values);
  if (column.table != nullptr) store(column.table + chunk, weighted_sum<kSkip>(values, 0, weights));
  if (column.rotated_table != nullptr) {
    store(column.rotated_table + chunk, weighted_sum<kSkip>(values, 1, weights));
  }
}

template <unsigned kSkip>
__global__ void __launch_bounds__(kPrismThreads, kSkip <= 4 ? 4 : 2)
    open_parts(const OpeningWork* items, std::uint32_t count, SkipWeights weights) {
  constexpr unsigned kChunk = 1u << kSkip;
  __shared__ PrismTile<kSkip> tile;
  __shared__ SharedArray<Fp4, kPrismThreads> sums;
  const OpeningWork work = item_of_block(items, count);
  const std::uint32_t chunks = work.range.chunks_per_block();
  const std::uint32_t groups_per_block = work.groups_per_block();
  // Place of the block's first group.
  PrismPlace place(work.range, (blockIdx.x - work.first_block) * groups_per_block);
  const std::uint32_t height = 1u << work.range.log_height;
  const std::uint32_t own = place.column(threadIdx.x);
  const bool active = own < work.num_columns;
  Fp4 opened[2];
  for (std::uint32_t group = 0; group < groups_per_block; ++group, place.first_chunk += chunks) {
    __syncwarp();
    tile.each([&](std::uint32_t thread, std::uint32_t z) {
      if (place.column(thread) >= work.num_columns) return;
      const std::uint32_t row = ((place.chunk(thread) << kSkip) + z) & (height - 1);
      tile.at(thread, z) = work.values[std::size_t{place.column(thread)} * height + row];
    });
    __syncwarp();
    if (!active) continue;
    const std::uint32_t chunk = place.chunk(threadIdx.x);
    Fp values[kChunk + 1], next;
    if (work.offsets == 2) {
      next = work.values[std::size_t{own} * height + (((chunk + 1) << kSkip) & (height - 1))];
    }
    read_own_chunk<kSkip>(tile, next, values);
    const Fp4 eq = load(work.eq + chunk);
    opened[0] += eq * weighted_sum<kSkip>(values, 0, weights);
    if (work.offsets == 2) opened[1] += eq * weighted_sum<kSkip>(values, 1, weights);
  }
#pragma unroll
  for (std::uint32_t offset = 0; offset < 2; ++offset) {
    if (offset >= work.offsets) break;
    __syncthreads();
    sums[threadIdx.x] = opened[offset];
    for (std::uint32_t half = chunks / 2; half > 0; half /= 2) {
      __syncthreads();
      if ((threadIdx.x & (chunks - 1)) < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    }
    if (!active || (threadIdx.x & (chunks - 1)) != 0) continue;
    Total* const total = work.totals + (std::size_t{own} * work.offsets + offset) * kTotalWords;
    for (std::size_t k = 0; k < kTotalWords; ++k) {
      atomicAdd(total + k, Total{sums[threadIdx.x].c[k].raw()});
    }
  }
}

}  // namespace

SkipWeights::SkipWeights(unsigned l_skip, const Fp4& r0) {
  const Fp root = two_adic_generator(l_skip);
  for (std::size_t z = 0; z < std::size_t{1} << l_skip; ++z) {
    weights[z] = eq_univariate(l_skip, r0, Fp4(root.pow(z)));
  }
}

void fold_columns(Queue& queue, unsigned l_skip, std::span<const PrismFoldWork> work,
                  const PrismFoldWork* device_work, const SkipWeights& weights) {
  if (work.empty()) return;
  const PrismFoldWork& last = work.back();
  std::uint64_t bytes = 0;
  for (const PrismFoldWork& item : work) {
    bytes += std::uint64_t{item.num_columns} * item.range.num_chunks *
             ((sizeof(Fp) << l_skip) + sizeof(Fp4));
  }
  with_skip(l_skip, [&](auto skip) {
    queue.launch(
        fold_prism_columns<skip.value>,
        {dim3(last.first_block + last.range.blocks(last.num_columns)), dim3(kPrismThreads), 0},
        bytes, device_work, static_cast<std::uint32_t>(work.size()), weights);
  });
}

void add_openings(Queue& queue, unsigned l_skip, std::span<const OpeningWork> work,
                  const OpeningWork* device_work, const SkipWeights& weights) {
  if (work.empty()) return;
  const OpeningWork& last = work.back();
  std::uint64_t bytes = 0;
  for (const OpeningWork& item : work) {
    bytes += (std::uint64_t{item.num_columns} << item.range.log_height) * sizeof(Fp);
  }
  with_skip(l_skip, [&](auto skip) {
    queue.launch(open_parts<skip.value>,
                 {dim3(last.first_block + last.blocks()), dim3(kPrismThreads), 0}, bytes,
                 device_work, static_cast<std::uint32_t>(work.size()), weights);
  });
}

}  // namespace gyre::cuda
