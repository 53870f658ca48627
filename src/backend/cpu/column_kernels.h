#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gyre/field/fp4.h"

namespace gyre::cpu {

/// Linear combinations of columns and of rows: one product "extension times base" per cell.

/// Row sums are taken for this many places side by side.
inline constexpr std::size_t kSumLanes = 16;

/// sum over columns of weight * column, for a block of rows that stays in the cache. Scratch of one
/// thread, for many blocks one after the other.
class ColumnCombiner {
 public:
  static constexpr std::size_t kMaxRows = 1024;

  ColumnCombiner();
  /// A new block of `rows` rows, a power of two up to kMaxRows.
  void begin(std::size_t rows);
  /// Room for `rows` values, which `add` takes until `finish` or the begin of the next block.
  Fp* scratch() { return &scratch_[pending_ * kMaxRows]; }
  void add(const Fp* column, const Fp4& weight);
  void finish(Fp4* out);

 private:
  static constexpr std::size_t kBatch = 8;
  void flush();

  std::size_t rows_ = 0, pending_ = 0;
  const Fp* columns_[kBatch];
  Fp4 weights_[kBatch];
  std::vector<Fp> scratch_;          ///< kBatch columns
  std::vector<std::uint64_t> sums_;  ///< unreduced
};

/// out[i] = sum over y of weights[y] * values[y * stride + i], i < kSumLanes.
void lane_sums(const Fp* values, std::size_t stride, std::span<const Fp4> weights, Fp4* out);
void lane_sums(const Fp4* values, std::size_t stride, std::span<const Fp4> weights, Fp4* out);

/// out[x] = sum over z of weights[z] * values[x * |weights| + z], x < count.
void fold_chunks(const Fp4* values, std::span<const Fp4> weights, std::size_t count, Fp4* out);

}  // namespace gyre::cpu
