#pragma once

#include <cstdint>
#include <span>

#include "backend/cuda/prism_tile.h"
#include "backend/cuda/queue.h"
#include "backend/cuda/row_sums.h"

namespace gyre::cuda {

/// Columns of traces bound to a point of the prism. Spec 05, section 4.

/// L_z(r_0), z < 2^l_skip.
struct SkipWeights {
  Fp4 weights[1u << kMaxSkip];
  SkipWeights() = default;
  SkipWeights(unsigned l_skip, const Fp4& r0);
};

/// A column and its tables over the row bits: T[x] = sum_z weights[z] column[N x + z].
struct FoldedColumn {
  static constexpr std::uint64_t kNotWanted = ~std::uint64_t{0};
  PrismColumn column;
  std::uint64_t table = kNotWanted;          ///< entries before it among all tables
  std::uint64_t rotated_table = kNotWanted;  ///< of the same of the next row
};
struct PrismFoldWork {
  const FoldedColumn* columns = nullptr;
  std::uint32_t num_columns = 0;
  PrismRange range;
  std::uint32_t first_block = 0;
};
/// Makes the tables of all `work`, the first of all tables at `tables`.
void fold_columns(Queue& queue, unsigned l_skip, std::span<const PrismFoldWork> work,
                  const PrismFoldWork* device_work, const SkipWeights& weights, Fp4* tables);

}  // namespace gyre::cuda
