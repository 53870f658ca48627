#include "prover_workload.h"

namespace gyre {
namespace {

/// Part 1 of a trace with a preprocessed matrix is that matrix.
bool is_preprocessed(const Statement& statement, const CommittedPart& part) {
  return part.part == 1 && statement.traces[part.trace].air->width.preprocessed.has_value();
}

}  // namespace

Workload workload(const Statement& statement, std::span<const StackedCommitment> commitments,
                  bool low_memory) {
  Workload load;
  for (const SortedTrace& trace : statement.traces) {
    load.traces.push_back(
        {.air_index = trace.air_index, .air = trace.air, .log_height = trace.log_height});
  }
  for (const StackedCommitment& commitment : commitments) {
    load.commitments.push_back({.layout = &commitment.layout,
                                .made = !is_preprocessed(statement, commitment.parts.front())});
  }
  load.num_leaves = statement.num_leaves;
  load.num_gkr_layers = statement.num_gkr_layers;
  load.low_memory = low_memory;
  return load;
}

}  // namespace gyre
