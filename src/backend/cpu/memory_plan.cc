#include <algorithm>
#include <set>

#include "backend/cpu/cpu.h"
#include "backend/cpu/folded_trace.h"
#include "backend/cpu/fraction_layer.h"
#include "backend/cpu/openings.h"
#include "backend/cpu/round0.h"

namespace gyre::cpu {
namespace {

/// The commitments to the traces.
struct CommitmentBytes {
  std::size_t retained = 0;  ///< by all
  std::size_t making = 0;    ///< beside it, the most while one is made
  std::size_t opening = 0;   ///< the same while one is opened
};

CommitmentBytes commitment_bytes(const Context& context, const Workload& workload) {
  CommitmentBytes bytes;
  const CodewordPolicy policy = codeword_policy(workload);
  for (const Workload::Oracle& oracle : workload.commitments) {
    if (!oracle.made) continue;
    const CodewordShape shape = codeword_shape(context, *oracle.layout);
    bytes.retained += Oracle::retained_bytes(shape, policy);
    bytes.making = std::max(bytes.making, Oracle::scratch_bytes(shape, policy));
    bytes.opening = std::max(bytes.opening, Oracle::open_bytes(shape, policy));
  }
  return bytes;
}

std::size_t round0_bytes(const Context& context, const Workload& workload) {
  std::size_t most = 0;
  for (const Workload::Trace& trace : workload.traces) {
    const Round0Sizes sizes(context, trace.air_index, *trace.air, trace.log_height);
    most = std::max(most, sizes.bytes());
  }
  return most;
}

std::size_t mle_rounds_bytes(const Context& context, const Workload& workload) {
  std::size_t tables = 0, opening = 0;
  for (const Workload::Trace& trace : workload.traces) {
    const PrismShape shape(context.l_skip(), trace.log_height);
    tables += FoldedTrace::bytes(context.expressions[trace.air_index], shape);
    opening = std::max(opening, FoldedTrace::opening_bytes(shape));
  }
  return tables + opening;
}

/// A group for each height and need of a rotation.
std::size_t stacked_reduction_bytes(const Context& context, const Workload& workload) {
  std::set<std::pair<unsigned, bool>> groups;
  for (const Workload::Trace& trace : workload.traces) {
    groups.emplace(trace.log_height, trace.air->need_rot);
  }
  std::vector<unsigned> log_heights;
  for (const auto& [log_height, need_rot] : groups) log_heights.push_back(log_height);
  return stacked_sumcheck_bytes(context.l_skip(), log_heights);
}

std::size_t whir_bytes(const Context& context, const CommitmentBytes& commitments) {
  const SystemParams& params = context.params;
  std::size_t oracles = 0, making = 0;
  for (unsigned round = 1; round < params.num_whir_rounds(); ++round) {
    const unsigned log_height = params.log_stacked_height();
    const unsigned log_domain = log_height + static_cast<unsigned>(params.log_blowup) - round;
    const CodewordShape shape =
        folded_codeword_shape(context, log_height - round * context.k(), log_domain);
    oracles += Oracle::retained_bytes(shape, CodewordPolicy::kKeep);
    making = std::max(making, Oracle::scratch_bytes(shape, CodewordPolicy::kKeep));
  }
  return whir_opener_bytes(context.l_skip(), params.log_stacked_height(), context.k()) + oracles +
         std::max(making, commitments.opening);
}

}  // namespace

MemoryPlan memory_plan(const Context& context, const Workload& workload) {
  MemoryPlan plan;
  plan.traces = trace_bytes(workload);
  const CommitmentBytes commitments = commitment_bytes(context, workload);
  plan.committed = commitments.retained;
  plan.phases.push_back({"prover.main_trace_commit", commitments.making});
  if (workload.traces.empty()) return plan;
  if (workload.num_gkr_layers > 0) {
    plan.phases.push_back({"prover.rap_constraints.logup_gkr",
                           fraction_tree_bytes(workload.num_leaves, workload.num_gkr_layers)});
  }
  plan.phases.push_back({"prover.rap_constraints.round0", round0_bytes(context, workload)});
  plan.phases.push_back({"prover.rap_constraints.mle_rounds", mle_rounds_bytes(context, workload)});
  plan.phases.push_back(
      {"prover.openings.stacked_reduction", stacked_reduction_bytes(context, workload)});
  plan.phases.push_back({"prover.openings.whir", whir_bytes(context, commitments)});
  return plan;
}

}  // namespace gyre::cpu
