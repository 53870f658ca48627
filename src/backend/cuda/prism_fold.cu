#include "backend/cuda/prism_fold.h"

#include <algorithm>

#include "backend/cuda/product_sum.h"
#include "backend/cuda/work_list.h"
#include "poly/kernels.h"

namespace gyre::cuda {
namespace {

/// sum_z weights[z] values[z + offset].
template <unsigned kSkip>
__device__ __forceinline__ Fp4 weighted_sum(const Fp (&values)[(1u << kSkip) + 1], unsigned offset,
                                            const SkipWeights& weights) {
  ProductSum sum;
#pragma unroll
  for (unsigned z = 0; z < 1u << kSkip; ++z) {
    if (z >= 4 && z % 2 == 0) sum.fit();
    sum.add(weights.weights[z], values[z + offset]);
  }
  return sum.value();
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
    fold_prism_columns(const PrismFoldWork* items, std::uint32_t count, SkipWeights weights,
                       Fp4* all_tables) {
  constexpr unsigned kChunk = 1u << kSkip;
  __shared__ PrismTile<kSkip> tile;
  const PrismFoldWork work = item_of_block(items, count);
  const PrismPlace place(work.range, blockIdx.x - work.first_block);
  const std::uint32_t height = 1u << work.range.log_height;
  const PrismColumn first = work.columns[place.first_column].column;
  if (work.range.chunks_per_block() == kPrismThreads && first.kind == NodeKind::kVariable) {
    // All threads have the same column: what the warp reads lies together.
    const std::uint32_t first_chunk = work.range.first_chunk + place.chunk(0);
    const Fp* const rows = first.values + (std::size_t{first_chunk} << kSkip);
    tile.read(rows);
  } else {
    tile.each([&](std::uint32_t thread, std::uint32_t z) {
      if (place.column(thread) >= work.num_columns) return;
      const std::uint32_t row = ((work.range.first_chunk + place.chunk(thread)) << kSkip) + z;
      tile.at(thread, z) =
          prism_value(work.columns[place.column(thread)].column, row & (height - 1), height);
    });
  }
  __syncwarp();
  const std::uint32_t own = place.column(threadIdx.x);
  if (own >= work.num_columns) return;
  const FoldedColumn column = work.columns[own];
  const std::uint32_t chunk = work.range.first_chunk + place.chunk(threadIdx.x);
  Fp values[kChunk + 1], next;
  if (column.rotated_table != FoldedColumn::kNotWanted) {
    next = prism_value(column.column, ((chunk + 1) << kSkip) & (height - 1), height);
  }
  read_own_chunk<kSkip>(tile, next, values);
  Fp4* const tables = all_tables + chunk;
  if (column.table != FoldedColumn::kNotWanted) {
    store(tables + column.table, weighted_sum<kSkip>(values, 0, weights));
  }
  if (column.rotated_table != FoldedColumn::kNotWanted) {
    store(tables + column.rotated_table, weighted_sum<kSkip>(values, 1, weights));
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
                  const PrismFoldWork* device_work, const SkipWeights& weights, Fp4* tables) {
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
        bytes, device_work, static_cast<std::uint32_t>(work.size()), weights, tables);
  });
}

}  // namespace gyre::cuda
