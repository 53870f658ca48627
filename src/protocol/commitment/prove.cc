#include "protocol/commitment/prove.h"

#include <array>

#include "gyre/support/telemetry.h"

namespace gyre {
namespace {

/// The common main of a trace; without columns where the AIR has none.
MatrixView common_main(const TraceInput& trace) {
  if (trace.air->width.common_main != 0) return trace.main_parts.back();
  return {{}, std::size_t{1} << trace.log_height, 0};
}

}  // namespace

TraceCommitments prove_commitment(BackendSession& backend, const VerifyingKey& key,
                                  const Statement& statement, std::span<const TraceInput> traces,
                                  std::span<const std::unique_ptr<Commitment>> preprocessed,
                                  Transcript& transcript, Proof& proof) {
  TraceCommitments commitments;
  const auto commit = [&](std::span<const MatrixView> matrices) {
    commitments.made.push_back(backend.commit(matrices));
    commitments.in_order.push_back(commitments.made.back().get());
    return commitments.made.back()->root();
  };
  {
    const Span span("prover.main_trace_commit");
    std::vector<MatrixView> common_mains;
    for (const TraceInput& trace : traces) common_mains.push_back(common_main(trace));
    proof.common_main_commit = commit(common_mains);
    for (std::size_t t = 0; t < traces.size(); ++t) {
      const std::size_t air = statement.traces[t].air_index;
      if (preprocessed[air]) commitments.in_order.push_back(preprocessed[air].get());
      for (std::size_t j = 0; j < traces[t].air->num_cached_mains(); ++j) {
        proof.trace_vdata[air]->cached_commitments.push_back(
            commit(std::array{traces[t].main_parts[j]}));
      }
    }
  }
  observe_preamble(transcript, key, proof.common_main_commit, proof.trace_vdata,
                   proof.public_values);
  return commitments;
}

}  // namespace gyre
