#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/cuda/constraint_traces.h"
#include "backend/cuda/prism_fold.h"
#include "backend/cuda/queue.h"

namespace gyre::cuda {

/// How the traces' tables of the multilinear rounds are made, and where they lie, as far as that is
/// known before the challenge of round 0. The tables of a trace lie one after another in the order
/// of its inputs, those of the traces by falling height.
class PrismFoldPlan {
 public:
  /// Sends the description of the work beside launches: between begin_copies and finish_copies.
  /// `memory`: words(shapes) of them, while the plan lives.
  PrismFoldPlan(Queue& queue, std::span<const ConstraintShape> shapes,
                std::span<const TraceColumns> columns, DeviceSpan<std::uint64_t> memory);
  static std::size_t words(std::span<const ConstraintShape> shapes);

  /// Makes the tables at `tables`, the first of which is there.
  void run(Queue& queue, const SkipWeights& weights, Fp4* tables) const;

  /// Traces by falling height.
  std::span<const std::size_t> order() const { return order_; }
  /// Entries before the tables of a trace.
  std::size_t first_table(std::size_t trace) const { return first_table_[trace]; }

 private:
  unsigned l_skip_ = 0;
  std::vector<std::size_t> order_, first_table_;
  std::vector<PrismFoldWork> work_;  ///< of the traces with columns
  const PrismFoldWork* device_work_ = nullptr;
};

}  // namespace gyre::cuda
