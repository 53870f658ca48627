#include "protocol/stacked_reduction/prove.h"

#include "gyre/support/telemetry.h"

namespace gyre {

std::vector<Fp4> prove_stacked_reduction(BackendSession& backend, const Statement& statement,
                                         std::span<const StackedCommitment> commitments,
                                         std::span<const Commitment* const> committed,
                                         const OpeningClaims& claims, Transcript& transcript,
                                         StackingProof& proof) {
  const Span span("prover.openings.stacked_reduction");
  const Fp4 lambda = transcript.sample_ext();
  std::vector<StackedColumnsInput> inputs;
  for (std::size_t a = 0; a < commitments.size(); ++a) {
    StackedColumnsInput& input = inputs.emplace_back();
    input.commitment = committed[a];
    for (const CommittedPart& part : commitments[a].parts) {
      input.need_rot.push_back(statement.traces[part.trace].air->need_rot);
    }
  }
  const auto sumcheck = backend.stacked_sumcheck(inputs, claims.r, lambda);
  proof.univariate_round_coeffs = sumcheck->round0();
  transcript.observe(proof.univariate_round_coeffs);
  std::vector<Fp4> u = {transcript.sample_ext()};
  transcript.mark("stacked_round0_end");

  sumcheck->fold_prism(u[0]);
  for (unsigned j = 1; j <= statement.n_stack(); ++j) {
    proof.sumcheck_round_polys.push_back(sumcheck->round());
    for (const Fp4& value : proof.sumcheck_round_polys.back()) transcript.observe(value);
    u.push_back(transcript.sample_ext());
    sumcheck->fold(u.back());
  }
  transcript.mark("stacked_sumcheck_end");

  proof.stacking_openings = sumcheck->openings();
  for (const std::vector<Fp4>& openings : proof.stacking_openings) transcript.observe(openings);
  transcript.mark("stacked_reduction_end");
  return u;
}

}  // namespace gyre
