#pragma once

#include <span>

#include "backend/cuda/column_groups.h"
#include "backend/cuda/queue.h"

namespace gyre::cuda {

/// out[c] = base^exponents[c].
void fill_powers(Queue& queue, const Fp4& base, DeviceSpan<const std::uint32_t> exponents,
                 Fp4* out);

/// out: eq(x, point) of each group over its row variables, at first_cube + x. |point| >= all
/// n_lifted.
void fill_group_eq_tables(Queue& queue, const ColumnGroups& groups, std::span<const Fp4> point,
                          Fp4* out);

/// Tables of the combination of columns, all on the device.
struct CombinedColumns {
  const Fp* const* columns;  ///< per column its values
  const Fp4* weights;        ///< per column
  const Fp4* eq;             ///< as fill_group_eq_tables makes it
  Fp4* rows;                 ///< num_rows: A of all groups
  Fp4* partial_rows;         ///< num_partial_rows
  Fp4* partial_sums;         ///< num_sums
  /// [group][which][z], z < 2^l_skip: sum over x of eq(x) A[z + 2^l_skip x], then of eq(x - 1) A
  /// where it is rotated and has row variables. Short columns: A[z] in place of the first; z counts
  /// their own rows.
  Fp4* sums;
};
/// Makes `rows` and `sums`.
void combine_columns(Queue& queue, const ColumnGroups& groups, unsigned l_skip,
                     const CombinedColumns& tables);

/// The columns with n row variables, and the pieces in which each of them is evaluated.
struct ColumnRange {
  std::uint32_t first = 0, count = 0;
  std::uint32_t pieces = 1;
};
ColumnRange columns_with(const ColumnGroups& groups, unsigned n);

/// Tables of the evaluation of columns at a point of their own variables, all on the device.
struct EvaluatedColumns {
  const Fp* const* columns;  ///< per column its values
  Fp4* weights;              ///< per column; scaled by the kernels of its group
  const Fp4* skip_weights;   ///< 2^l_skip
  /// Per group the factors of the equality and of the successor kernel in the weight of A.
  const Fp4* factors;
  const Fp4* point;  ///< one coordinate a row variable
  Fp4* low;          ///< room for max(kBlockRows, 2^l_skip)
  Fp4* high;         ///< room for height / kBlockRows
  /// The inner product of the values and skip_weights (x) eq(., point) is, for column first + i,
  /// the sum of out[i * pieces + p], p < pieces.
  Fp4* out;
};
/// Of the columns with n = |r| row variables. The kernels are those of the point and r.
void evaluate_columns(Queue& queue, const ColumnGroups& groups, unsigned l_skip,
                      std::span<const Fp4> r, const EvaluatedColumns& tables);

}  // namespace gyre::cuda
