#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "backend/cuda/constraint_tail.h"
#include "backend/cuda/constraint_traces.h"
#include "backend/cuda/prism_fold_plan.h"
#include "backend/cuda/work_list.h"

namespace gyre::cuda {

/// What the multilinear rounds evaluate of the traces of a proof.
struct RoundTerms {
  std::span<const ConstraintShape> shapes;
  const PrismFoldPlan& plan;
  const RowEq& eq;
  const UniformValues& uniforms;
  std::vector<const Fp4*> weights;  ///< per trace: of its outputs
  std::vector<Fp4> constants;       ///< per trace: the bus terms

  /// Adds the pieces of a trace; of `item` its tables, totals and points are given.
  void add_items(std::size_t trace, ExtensionItem item, std::vector<ExtensionItem>& items) const;
};

/// The last rounds of the batched constraint sumcheck at once. The sum over a trace that has m row
/// bits left is a polynomial of some degree d in each of them, which its values at {0 .. d}^m
/// determine; to evaluate so few points takes hardly longer than those of a single round. Spec 05,
/// section 4.
class RoundGrid {
 public:
  static constexpr unsigned kRounds = TailGrid::kRounds;
  /// Whether the device can make the last kRounds rounds of these traces so.
  static bool possible(const Context& context, std::span<const ConstraintShape> shapes);
  /// What it takes from the arena, until the enclosing scope ends; 0 where it is not possible.
  static std::size_t bytes(const Context& context, std::span<const ConstraintShape> shapes);

  /// Requires possible(). `terms`, complete when it is prepared, must outlive it.
  RoundGrid(Work& work, const RoundTerms& terms);
  /// Sends what it needs beside launches. `tables`: those of the traces with kRounds row bits left,
  /// when these have so many; those of the others follow.
  void prepare_beside(const Fp4* tables);
  bool prepared() const { return prepared_; }
  /// Evaluates the traces and makes the rounds from `start` on, with their coordinates.
  void run(const TailStart& start, std::span<const Fp4> xi, TailOutput* output) const;

 private:
  struct Sizes;
  Work& work_;
  const RoundTerms& terms_;
  unsigned degree_;
  DeviceSpan<Fp4> values_;  ///< of the tables at the points
  DeviceSpan<Total> totals_;
  DeviceSpan<std::uint64_t> descriptor_memory_;
  GridTables tables_;
  std::vector<ExtensionItem> items_;
  std::vector<GridPart> parts_;
  const ExtensionItem* device_items_ = nullptr;
  const GridPart* device_parts_ = nullptr;
  bool prepared_ = false;
};

}  // namespace gyre::cuda
