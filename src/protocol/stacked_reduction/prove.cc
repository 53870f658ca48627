#include "protocol/stacked_reduction/prove.h"

#include "gyre/support/telemetry.h"
#include "protocol/grinding/prove.h"

namespace gyre {
namespace {

/// Lets the backend do the rounds that are left by itself. False if it wants the next one to be
/// asked for.
bool finish_rounds(StackedSumcheck& sumcheck, Transcript& transcript, StackingProof& proof,
                   std::vector<Fp4>& u) {
  DuplexState sponge = transcript.export_state();
  const auto rest = sumcheck.finish_rounds(sponge);
  if (!rest) return false;
  proof.sumcheck_round_polys.insert(proof.sumcheck_round_polys.end(),
                                    rest->round_polynomials.begin(), rest->round_polynomials.end());
  u.insert(u.end(), rest->challenges.begin(), rest->challenges.end());
  take_over(transcript, *rest, /*pow_bits=*/0, sponge);
  return true;
}

}  // namespace

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
  while (u.size() <= statement.n_stack()) {
    if (finish_rounds(*sumcheck, transcript, proof, u)) break;
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
