#include "protocol/logup_gkr/prove.h"

#include "gyre/support/error.h"
#include "gyre/support/telemetry.h"
#include "poly/kernels.h"

namespace gyre {
namespace {

/// A claim about one layer: numerator and denominator at xi.
struct LayerClaim {
  Fp4 numerator, denominator;
  std::vector<Fp4> xi;
};

LayerClaim claim_at(const GkrLayerClaims& c, const Fp4& mu, std::span<const Fp4> rho) {
  LayerClaim claim{
      .numerator = c.p0 + mu * (c.p1 - c.p0), .denominator = c.q0 + mu * (c.q1 - c.q0), .xi = {mu}};
  claim.xi.insert(claim.xi.end(), rho.begin(), rho.end());
  return claim;
}

void observe_claims(Transcript& transcript, const GkrLayerClaims& claims) {
  transcript.observe(claims.p0);
  transcript.observe(claims.q0);
  transcript.observe(claims.p1);
  transcript.observe(claims.q1);
}

LayerClaim prove_first_layer(FractionTree& tree, Transcript& transcript, GkrProof& proof) {
  proof.claims_per_layer.push_back(tree.first_layer());
  observe_claims(transcript, proof.claims_per_layer.back());
  const Fp4 mu = transcript.sample_ext();
  transcript.mark("gkr_layer_end", 0);
  return claim_at(proof.claims_per_layer.back(), mu, {});
}

/// Lets the tree finish the layer by itself. False if it wants the next round to be asked for.
bool finish_layer(const Fp4& claim, FractionTree& tree, Transcript& transcript,
                  std::vector<std::array<Fp4, 3>>& round_polynomials, std::vector<Fp4>& rho,
                  GkrProof& proof) {
  DuplexState sponge = transcript.export_state();
  const auto rest = tree.finish_layer(claim, sponge);
  if (!rest) return false;
  round_polynomials.insert(round_polynomials.end(), rest->round_polynomials.begin(),
                           rest->round_polynomials.end());
  rho.insert(rho.end(), rest->challenges.begin(), rest->challenges.end());
  proof.claims_per_layer.push_back(rest->claims);
  if (!transcript.recording()) {
    transcript.import_state(sponge);
    return true;
  }
  for (const std::array<Fp4, 3>& s : rest->round_polynomials) {
    transcript.observe(s);
    static_cast<void>(transcript.sample_ext());
  }
  observe_claims(transcript, rest->claims);
  return true;
}

LayerClaim prove_layer(unsigned layer, const LayerClaim& above, FractionTree& tree,
                       Transcript& transcript, GkrProof& proof) {
  const Fp4 lambda = transcript.sample_ext();
  tree.begin_layer(layer, above.xi, lambda);
  Fp4 claim = above.numerator + lambda * above.denominator;
  std::vector<Fp4> rho;
  auto& round_polynomials = proof.sumcheck_polys.emplace_back();
  bool finished = false;
  while (rho.size() + 1 < layer) {
    finished = finish_layer(claim, tree, transcript, round_polynomials, rho, proof);
    if (finished) break;
    const std::array<Fp4, 3> s = tree.round(claim);
    transcript.observe(s);
    round_polynomials.push_back(s);
    rho.push_back(transcript.sample_ext());
    tree.fold(rho.back());
    claim = interpolate_at(std::array{claim - s[0], s[0], s[1], s[2]}, rho.back());
  }
  if (!finished) {
    proof.claims_per_layer.push_back(tree.claims());
    observe_claims(transcript, proof.claims_per_layer.back());
  }
  const Fp4 mu = transcript.sample_ext();
  transcript.mark("gkr_layer_end", layer - 1);
  return claim_at(proof.claims_per_layer.back(), mu, rho);
}

LayerClaim prove_fraction_sum(BackendSession& backend, const Statement& statement,
                              std::span<const TraceInput> traces, const Fp4& alpha, const Fp4& beta,
                              Transcript& transcript, GkrProof& proof) {
  std::vector<FractionBlock> blocks;
  for (const InteractionBlock& block : interaction_blocks(statement)) {
    blocks.push_back({.trace = block.trace,
                      .interaction = block.interaction,
                      .offset = static_cast<std::size_t>(block.offset)});
  }
  const auto tree = backend.fraction_tree(traces, blocks, statement.num_gkr_layers, alpha, beta);
  const FractionTree::Fraction root = tree->root();
  if (!root.numerator.is_zero()) {
    throw Error(ErrorKind::kUnsatisfied, "the interaction buses do not balance");
  }
  proof.q0_claim = root.denominator;
  transcript.observe(proof.q0_claim);
  LayerClaim claim = prove_first_layer(*tree, transcript, proof);
  for (unsigned layer = 2; layer <= statement.num_gkr_layers; ++layer) {
    claim = prove_layer(layer, claim, *tree, transcript, proof);
  }
  return claim;
}

}  // namespace

GkrClaim prove_logup_gkr(BackendSession& backend, const Statement& statement,
                         std::span<const TraceInput> traces, Grinder& grinder,
                         Transcript& transcript, GkrProof& proof) {
  const Span span("prover.rap_constraints.logup_gkr");
  proof.logup_pow_witness = grinder.grind(transcript, statement.params->logup.pow_bits);
  GkrClaim claim;
  claim.alpha = transcript.sample_ext();
  claim.beta = transcript.sample_ext();
  transcript.mark("logup_alpha_beta_end");

  if (statement.num_gkr_layers == 0) {
    proof.q0_claim = Fp4::one();
    claim.denominator = claim.alpha;
  } else {
    LayerClaim leaves =
        prove_fraction_sum(backend, statement, traces, claim.alpha, claim.beta, transcript, proof);
    claim.numerator = leaves.numerator;
    claim.denominator = leaves.denominator;
    claim.xi = std::move(leaves.xi);
  }
  transcript.mark("gkr_end");

  while (claim.xi.size() < statement.l_skip() + statement.n_global) {
    claim.xi.push_back(transcript.sample_ext());
  }
  transcript.mark("xi_end");
  return claim;
}

}  // namespace gyre
