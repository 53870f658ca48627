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
  PrismColumn column;
  Fp4* table = nullptr;          ///< null: not wanted
  Fp4* rotated_table = nullptr;  ///< the same of the next row
};
struct PrismFoldWork {
  const FoldedColumn* columns = nullptr;
  std::uint32_t num_columns = 0;
  PrismRange range;
  std::uint32_t first_block = 0;
};
void fold_columns(Queue& queue, unsigned l_skip, std::span<const PrismFoldWork> work,
                  const PrismFoldWork* device_work, const SkipWeights& weights);

/// The openings of all columns of one trace part: sum_x eq[x] T[x], and of the rotation.
struct OpeningWork {
  const Fp* values = nullptr;  ///< of the part, column by column
  std::uint32_t num_columns = 0;
  std::uint32_t offsets = 1;  ///< 2: with the rotation
  const Fp4* eq = nullptr;    ///< over the chunks
  Total* totals = nullptr;    ///< [column][offset][4]: added to
  PrismRange range;
  std::uint32_t first_block = 0;

  /// Groups of chunks that a block adds up before it writes.
  static constexpr std::uint32_t kGroups = 16;
  GYRE_HOST_DEVICE std::uint32_t groups_per_block() const {
    const std::uint32_t groups = range.num_chunks / range.chunks_per_block();
    return groups < kGroups ? groups : kGroups;
  }
  std::uint32_t blocks() const { return range.blocks(num_columns) / groups_per_block(); }
};
void add_openings(Queue& queue, unsigned l_skip, std::span<const OpeningWork> work,
                  const OpeningWork* device_work, const SkipWeights& weights);

}  // namespace gyre::cuda
