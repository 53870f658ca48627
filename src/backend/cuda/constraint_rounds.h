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
  /// The launches of a round, made before it is asked for. Round 0 evaluates the traces that have
  /// no row bits.
  struct Round {
    DeviceSpan<std::uint64_t> descriptors;
    unsigned first = 0;  ///< lowest X
    std::vector<ExtensionItem> items;
    std::vector<RowSumWork> row_sums;
    const ExtensionItem* device_items = nullptr;
    const RowSumWork* device_row_sums = nullptr;
    std::size_t first_total = 0, num_totals = 0;  ///< in words
    struct Part {
      std::size_t trace, count;  ///< values of X
    };
    std::vector<Part> parts;
  };

  void place_tables();
  void make_tables(std::span<const TraceColumns> columns, Descriptors descriptors, const Fp4& r0);
  void make_round(unsigned round, unsigned first);
  void add_to_round(unsigned round, std::size_t trace, Descriptors& descriptors, Fp4*& sums);
  std::vector<const Fp4*> table_places(std::size_t trace, unsigned folds) const;
  std::vector<std::vector<Fp4>> run(const Round& round);
  std::size_t num_values(unsigned first) const {
    return work_.context.params.max_constraint_degree + 1 - first;
  }

  Work& work_;
  std::span<const ConstraintShape> shapes_;
  const RowEq& eq_;
  const UniformValues& uniforms_;
  std::vector<std::size_t> order_;        ///< traces by falling height
  std::vector<std::size_t> first_table_;  ///< per trace: entries before its tables, at round 1
  std::vector<Fp4> constants_;            ///< bus terms, per trace
  std::vector<const Fp4*> weights_;       ///< per trace
  Fp4* tables_[2] = {};                   ///< after an even and an odd number of folds
  DeviceSpan<Fp4> sums_;
  DeviceSpan<Total> totals_;
  std::vector<Round> rounds_;
  unsigned round_ = 0;  ///< begun
  /// Per trace, of its last round: values at first, first + 1, ...
  std::vector<std::vector<Fp4>> last_values_;
  std::vector<std::optional<Fp4>> finished_;
};

}  // namespace gyre::cuda
