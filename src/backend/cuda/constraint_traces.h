#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "backend/cuda/cuda.h"
#include "backend/cuda/prism_tile.h"
#include "backend/cuda/row_sums.h"
#include "backend/expressions/round0_polynomials.h"

namespace gyre::cuda {

/// A trace as the batched constraint sumcheck sees it: its shape alone.
struct ConstraintShape {
  ConstraintShape(const Context& context, std::size_t air_index, const AirVerifyingKey& key,
                  unsigned log_height);

  const AirExpressions* air;
  const AirPieces* pieces;
  Round0Cosets cosets;
  unsigned l_skip, log_height;
  unsigned n_lifted;          ///< row bits
  std::size_t num_tables;     ///< inputs that are not uniform
  std::size_t num_selectors;  ///< of them

  std::size_t num_inputs() const { return air->inputs.inputs.size(); }
  std::size_t num_chunks() const { return std::size_t{1} << n_lifted; }
  bool repeated() const { return log_height < l_skip; }
  /// Of everything that is evaluated.
  std::size_t degree() const { return std::max(air->constraint_degree, air->interaction_degree); }
};

/// The shapes of the traces of a proof.
std::vector<ConstraintShape> constraint_shapes(const Context& context, const Workload& workload);

/// Equality tables over the row bits of all heights, of the coordinates of xi that pair with them.
class RowEq {
 public:
  RowEq(Work& work, std::span<const ConstraintShape> shapes, std::span<const Fp4> xi);
  static std::size_t bytes(std::span<const ConstraintShape> shapes);
  /// The table over the last `bits` row bits of a trace with n of them.
  const Fp4* table(unsigned n, unsigned bits) const {
    return tables_.at(n) + (std::size_t{1} << bits);
  }

 private:
  std::map<unsigned, Fp4*> tables_;  ///< by number of row bits
};

/// Values of the uniform inputs of all traces.
class UniformValues {
 public:
  UniformValues(Work& work, std::span<const ConstraintShape> shapes,
                std::span<const TraceInput> traces);
  static std::size_t bytes(std::span<const ConstraintShape> shapes);
  /// Per input of a trace.
  const Fp* of(std::size_t trace) const { return places_[trace]; }

 private:
  std::vector<const Fp*> places_;
};

/// The columns of a trace on the device.
class TraceColumns {
 public:
  TraceColumns(Work& work, const TraceInput& trace);
  /// Of a variable of kind kPreprocessed or kMain, without its offset.
  const Fp* column(const Variable& variable) const;
  const DeviceMatrix& preprocessed() const { return preprocessed_; }
  std::span<const DeviceMatrix> main_parts() const { return main_parts_; }

 private:
  DeviceMatrix preprocessed_;
  std::vector<DeviceMatrix> main_parts_;
};

/// Calls f(column, local, next): the columns and selectors that the expressions of an AIR read,
/// with the inputs that are its value and that of the next row (or InputTable::kNoInput).
template <class F>
void for_each_column(const AirExpressions& air, const TraceColumns& columns, F&& f) {
  for (const AirExpressions::Column& column : air.columns) {
    f(PrismColumn{columns.column(column.variable), NodeKind::kVariable}, column.local, column.next);
  }
  for (std::uint32_t i = 0; i < air.inputs.inputs.size(); ++i) {
    const NodeKind kind = air.inputs.inputs[i].kind;
    if (kind == NodeKind::kVariable || kind == NodeKind::kConstant) continue;
    f(PrismColumn{nullptr, kind}, i, InputTable::kNoInput);
  }
}

}  // namespace gyre::cuda
