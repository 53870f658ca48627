#include "protocol/logup_gkr/verify.h"

#include <utility>

#include "poly/kernels.h"

namespace gyre {
namespace {

using Code = VerifyErrorCode;

void observe_layer_claims(Transcript& transcript, const GkrLayerClaims& claims) {
  transcript.observe(claims.p0);
  transcript.observe(claims.q0);
  transcript.observe(claims.p1);
  transcript.observe(claims.q1);
}

/// Numerator and denominator of p0/q0 + p1/q1.
Fp4 cross_numerator(const GkrLayerClaims& claims) {
  return claims.p0 * claims.q1 + claims.p1 * claims.q0;
}
Fp4 cross_denominator(const GkrLayerClaims& claims) {
  return claims.q0 * claims.q1;
}

/// Binds the lowest bit of a layer, which tells the two children apart, to mu.
void join_children(const GkrLayerClaims& claims, const Fp4& mu, FractionClaim& claim) {
  claim.numerator = claims.p0 + mu * (claims.p1 - claims.p0);
  claim.denominator = claims.q0 + mu * (claims.q1 - claims.q0);
}

/// The two children of the root: their sum is 0 / q0_claim.
std::optional<VerifyError> verify_first_layer(const GkrProof& proof, Transcript& transcript,
                                              FractionClaim& claim) {
  const GkrLayerClaims& claims = proof.claims_per_layer[0];
  transcript.observe(proof.q0_claim);
  observe_layer_claims(transcript, claims);
  const Fp4 numerator = cross_numerator(claims), denominator = cross_denominator(claims);
  if (!numerator.is_zero()) {
    return VerifyError{.code = Code::kZeroCheckFailed, .elements = {numerator}};
  }
  if (denominator != proof.q0_claim) {
    return VerifyError{.code = Code::kRootConsistencyCheckFailed,
                       .elements = {proof.q0_claim, denominator}};
  }
  const Fp4 mu = transcript.sample_ext();
  join_children(claims, mu, claim);
  claim.xi = {mu};
  return std::nullopt;
}

/// Sumcheck from the claim about layer `layer` at xi to the claims about its children.
std::optional<VerifyError> verify_layer(unsigned layer, const GkrProof& proof,
                                        Transcript& transcript, FractionClaim& claim) {
  const std::vector<std::array<Fp4, 3>>& round_polynomials = proof.sumcheck_polys[layer - 1];
  if (round_polynomials.size() != layer) {
    return VerifyError{.code = Code::kIncorrectSubroundCount,
                       .integers = {layer, layer, round_polynomials.size()}};
  }
  const Fp4 lambda = transcript.sample_ext();
  Fp4 sum = claim.numerator + lambda * claim.denominator;
  Fp4 eq = Fp4::one();
  std::vector<Fp4> rho;
  for (unsigned i = 0; i < layer; ++i) {
    const auto& [at_1, at_2, at_3] = round_polynomials[i];
    transcript.observe(at_1);
    transcript.observe(at_2);
    transcript.observe(at_3);
    rho.push_back(transcript.sample_ext());
    sum = interpolate_at(std::array{sum - at_1, at_1, at_2, at_3}, rho.back());
    eq *= eq1(claim.xi[i], rho.back());
  }

  const GkrLayerClaims& claims = proof.claims_per_layer[layer];
  observe_layer_claims(transcript, claims);
  const Fp4 expected = (cross_numerator(claims) + lambda * cross_denominator(claims)) * eq;
  if (sum != expected) {
    return VerifyError{.code = Code::kLayerConsistencyCheckFailed,
                       .integers = {layer},
                       .elements = {expected, sum}};
  }
  const Fp4 mu = transcript.sample_ext();
  join_children(claims, mu, claim);
  claim.xi = {mu};
  claim.xi.insert(claim.xi.end(), rho.begin(), rho.end());
  return std::nullopt;
}

}  // namespace

Result<FractionClaim, VerifyError> verify_fraction_sum(unsigned num_layers, const Fp4& alpha,
                                                       const GkrProof& proof,
                                                       Transcript& transcript) {
  FractionClaim claim{.numerator = Fp4::zero(), .denominator = alpha};
  if (num_layers == 0) {
    if (proof.q0_claim != Fp4::one()) {
      return VerifyError{.code = Code::kInvalidZeroRoundValue, .elements = {proof.q0_claim}};
    }
    return claim;
  }
  if (proof.claims_per_layer.size() != num_layers) {
    return VerifyError{.code = Code::kIncorrectLayerCount,
                       .integers = {num_layers, proof.claims_per_layer.size()}};
  }
  if (proof.sumcheck_polys.size() != num_layers - 1) {
    return VerifyError{.code = Code::kIncorrectSumcheckPolyCount,
                       .integers = {num_layers - 1, proof.sumcheck_polys.size()}};
  }
  if (auto failure = verify_first_layer(proof, transcript, claim)) return *failure;
  transcript.mark("gkr_layer_end", 0);
  for (unsigned layer = 1; layer < num_layers; ++layer) {
    if (auto failure = verify_layer(layer, proof, transcript, claim)) return *failure;
    transcript.mark("gkr_layer_end", layer);
  }
  return claim;
}

Result<GkrClaim, VerifyError> verify_logup_gkr(const Statement& statement, const GkrProof& proof,
                                               Transcript& transcript) {
  const auto pow_bits = static_cast<unsigned>(statement.params->logup.pow_bits);
  if (!transcript.check_witness(pow_bits, proof.logup_pow_witness)) {
    return VerifyError{.code = Code::kInvalidLogupPowWitness};
  }
  GkrClaim claim;
  claim.alpha = transcript.sample_ext();
  claim.beta = transcript.sample_ext();
  transcript.mark("logup_alpha_beta_end");

  auto fractions = verify_fraction_sum(statement.num_gkr_layers, claim.alpha, proof, transcript);
  if (!fractions) return fractions.error();
  claim.numerator = fractions->numerator;
  claim.denominator = fractions->denominator;
  claim.xi = std::move(fractions->xi);
  transcript.mark("gkr_end");

  const std::size_t num_coordinates = statement.l_skip() + statement.n_global;
  while (claim.xi.size() < num_coordinates) claim.xi.push_back(transcript.sample_ext());
  transcript.mark("xi_end");
  return claim;
}

}  // namespace gyre
