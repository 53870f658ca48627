#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "backend/cuda/constraint_traces.h"
#include "backend/cuda/prism_fold.h"
#include "backend/cuda/work_list.h"

namespace gyre::cuda {

/// The multilinear rounds of the batched constraint sumcheck. Spec 05, section 4. After round 0 a
/// trace is a table over the row bits for each cell or selector that its expressions read. The
/// tables of a trace lie one after another, those of the traces by falling height, so that a fold
/// of all that have row bits left is a fold of one array.
class FoldedTraces {
 public:
  /// Binds the prism coordinate. `input` must outlive the object.
  FoldedTraces(Work& work, std::span<const ConstraintShape> shapes,
               const ConstraintSumcheckInput& input, std::span<const TraceColumns> columns,
               const RowEq& eq, const UniformValues& uniforms, const Fp4& r0,
               std::span<const TraceWeights> weights);
  /// What it takes from the arena, until the enclosing scope ends.
  static std::size_t bytes(std::span<const ConstraintShape> shapes);

  /// Values of the next round at X = first .. max_constraint_degree, summed over all traces with
  /// row bits left.
  std::vector<Fp4> round(unsigned first);
  void fold(const Fp4& challenge);
  /// The weighted sum of a trace without row bits left.
  Fp4 value(std::size_t trace);

 private:
  struct Sizes;
  bool running(std::size_t trace) const { return shapes_[trace].n_lifted >= round_; }
  void make_tables(std::span<const TraceColumns> columns, const Fp4& r0);
  void add_items(std::size_t trace, const ExtensionItem& shape, std::vector<ExtensionItem>& items);
  std::vector<const Fp4*> table_places(std::size_t trace) const;
  void evaluate_finished();

  Work& work_;
  std::span<const ConstraintShape> shapes_;
  const RowEq& eq_;
  const UniformValues& uniforms_;
  std::vector<std::size_t> order_;  ///< traces by falling height
  unsigned round_ = 0;              ///< begun
  unsigned folds_ = 0;
  std::vector<Fp4> constants_;  ///< bus terms, per trace
  std::vector<const Fp4*> weights_;
  std::vector<const Fp4*> tables_;            ///< first table of each trace
  std::vector<std::optional<Fp4>> finished_;  ///< value of each trace, once known
  Fp4 *now_ = nullptr, *other_ = nullptr;     ///< tables with row bits left, and where they fold to
  DeviceSpan<Fp4> sums_;
  DeviceSpan<Total> totals_;
  Descriptors descriptors_;
};

/// Openings of all columns: [trace][part][column (, rotation)], parts in the order of the proof.
std::vector<std::vector<std::vector<Fp4>>> open_columns(
    Work& work, std::span<const ConstraintShape> shapes, const ConstraintSumcheckInput& input,
    std::span<const TraceColumns> columns, const Fp4& r0, std::span<const Fp4> challenges);
/// What it takes from the arena until it returns.
std::size_t opening_bytes(std::span<const ConstraintShape> shapes, const Workload& workload);

}  // namespace gyre::cuda
