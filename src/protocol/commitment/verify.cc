#include "protocol/commitment/verify.h"

namespace gyre {
namespace {

using Code = VerifyErrorCode;

std::optional<VerifyError> check_trace_heights(const VerifyingKey& key,
                                               const Statement& statement) {
  for (const LinearConstraint& constraint : key.trace_height_constraints) {
    if (!satisfies(statement, constraint)) {
      return VerifyError{.code = Code::kTraceHeightsTooLarge};
    }
  }
  for (const SortedTrace& trace : statement.traces) {
    if (trace.air->preprocessed && trace.air->preprocessed->hypercube_dim != trace.n) {
      return VerifyError{.code = Code::kPreprocessedTraceHeightMismatch};
    }
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<Digest>, VerifyError> verify_commitment(const VerifyingKey& key,
                                                           const Statement& statement,
                                                           const Proof& proof,
                                                           Transcript& transcript) {
  if (auto failure = check_trace_heights(key, statement)) return *failure;
  observe_preamble(transcript, key, proof.common_main_commit, proof.trace_vdata,
                   proof.public_values);
  return commitment_roots(statement, proof.common_main_commit, proof.trace_vdata);
}

}  // namespace gyre
