#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "backend/cuda/constraint_tail.h"
#include "backend/cuda/constraint_traces.h"
#include "backend/cuda/round_grid.h"
#include "backend/cuda/work_list.h"

namespace gyre::cuda {

/// The multilinear rounds of the batched constraint sumcheck. Spec 05, section 4. After round 0 a
/// trace is a table over the row bits for each cell or selector that its expressions read. They lie
/// so that a fold of all that have row bits left is a fold of one array. What the host sends for a
/// round goes beside the device's work.
class FoldedTraces {
 public:
  /// Binds the prism coordinate. `input` and `plan`, which was sent, must outlive the object.
  FoldedTraces(Work& work, std::span<const ConstraintShape> shapes,
               const ConstraintSumcheckInput& input, const PrismFoldPlan& plan, const RowEq& eq,
               const UniformValues& uniforms, const Fp4& r0, std::span<const TraceWeights> weights);
  /// What it takes from the arena, until the enclosing scope ends.
  static std::size_t bytes(const Context& context, std::span<const ConstraintShape> shapes);

  /// Values of the next round at X = first .. max_constraint_degree, summed over all traces with
  /// row bits left.
  std::vector<Fp4> round(unsigned first);
  void fold(const Fp4& challenge);
  /// The weighted sum of a trace without row bits left.
  Fp4 value(std::size_t trace);

  /// Does all rounds that are left without the host and returns true: their results will be in
  /// tail_output(), and `rest` makes the answer of it. False where the host has to do the next one.
  bool finish(const ConstraintSumcheck::RoundClaim& claim, const DuplexState& sponge);
  DeviceSpan<const TailOutput> tail_output() const { return {tail_, 1}; }
  ConstraintSumcheck::RoundsRest rest(const TailOutput& output, unsigned first_round) const;
  /// Rounds that were begun.
  unsigned num_rounds() const { return round_; }
  /// r_1 .. r_n_max in device memory, as far as there are any yet.
  DeviceSpan<const Fp4> row_point() const { return {tail_->challenges, rounds_.size() - 1}; }

 private:
  struct Sizes;
  /// The launches of a round, made before it is asked for. Round 0 evaluates the traces that have
  /// no row bits.
  struct Round {
    DeviceSpan<std::uint64_t> descriptors;
    unsigned first = 0;  ///< lowest X
    std::vector<ExtensionItem> items;
    std::vector<RoundPart> parts;
    std::vector<std::size_t> traces;  ///< of the parts
    const ExtensionItem* device_items = nullptr;
    const RoundPart* device_parts = nullptr;
    std::size_t first_total = 0, num_totals = 0;  ///< in words
  };

  void make_rounds(unsigned end);
  /// The first round that the grid makes.
  unsigned grid_round() const { return all_rounds() - RoundGrid::kRounds; }
  /// All rounds, and round 0.
  unsigned all_rounds() const { return static_cast<unsigned>(rounds_.size()); }
  void make_round(unsigned round, unsigned first, Descriptors& descriptors);
  void add_to_round(unsigned round, std::size_t trace);
  const Round& begin_round();
  Fp4* tables_after(unsigned folds) const;
  const Fp4* tables_of(std::size_t trace, unsigned folds) const;
  void launch_sums(const Round& round);
  std::vector<std::vector<Fp4>> run(const Round& round);
  bool device_can_finish() const;
  bool no_ones(std::size_t begin, std::size_t end) const;
  TailStart tail_start(unsigned round, bool first) const;
  void fold_tables();
  std::size_t num_values(unsigned first) const {
    return work_.context.params.max_constraint_degree + 1 - first;
  }

  Work& work_;
  RoundTerms terms_;
  std::span<const Fp4> xi_;  ///< of the row bits
  Fp4* tables_ = nullptr;
  std::size_t folded_ = 0;  ///< entries after the first fold
  DeviceSpan<Total> totals_;
  TailOutput* tail_ = nullptr;                   ///< on the device
  DeviceSpan<std::uint64_t> round_descriptors_;  ///< of rounds that are not made
  std::optional<RoundGrid> grid_;                ///< of the last rounds
  bool by_grid_ = false;                         ///< the device is to make them so
  std::vector<Round> rounds_;
  unsigned made_ = 0, round_ = 0;  ///< rounds below that, round that was begun
  /// Per trace, of its last round: values at first, first + 1, ...
  std::vector<std::vector<Fp4>> last_values_;
  std::vector<std::optional<Fp4>> finished_;
};

}  // namespace gyre::cuda
