#include "gyre/verifier.h"

#include <algorithm>

#include "protocol/batch_constraints/verify.h"
#include "protocol/commitment/verify.h"
#include "protocol/logup_gkr/verify.h"
#include "protocol/proof_shape.h"
#include "protocol/stacked_reduction/verify.h"
#include "protocol/statement.h"
#include "protocol/whir/verify.h"

namespace gyre {

std::optional<VerifyError> verify(const VerifyingKey& key, const Proof& proof,
                                  const VerifyOptions& options) {
  if (options.params && *options.params != key.params) {
    return VerifyError{.code = VerifyErrorCode::kSystemParamsMismatch};
  }
  if (std::none_of(proof.trace_vdata.begin(), proof.trace_vdata.end(),
                   [](const auto& trace) { return trace.has_value(); })) {
    return VerifyError{.code = VerifyErrorCode::kEmptyTraces};
  }
  const auto shape = check_proof_shape(key, proof);
  if (!shape) return shape.error();
  const Statement& statement = shape->statement;

  Transcript transcript(options.transcript_log);
  const auto roots = verify_commitment(key, statement, proof, transcript);
  if (!roots) return roots.error();
  const auto gkr_claim = verify_logup_gkr(statement, proof.gkr, transcript);
  if (!gkr_claim) return gkr_claim.error();
  const auto opening_claims = verify_batch_constraints(
      statement, *gkr_claim, proof.batch_constraints, proof.public_values, transcript);
  if (!opening_claims) return opening_claims.error();
  const auto u = verify_stacked_reduction(statement, shape->commitments, *opening_claims,
                                          proof.stacking, transcript);
  if (!u) return u.error();
  return verify_whir(key.params, *roots, proof.stacking.stacking_openings,
                     whir_point(statement.l_skip(), *u), proof.whir, transcript);
}

}  // namespace gyre
