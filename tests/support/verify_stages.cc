#include "support/verify_stages.h"

#include "poly/kernels.h"
#include "protocol/batch_constraints/verify.h"
#include "protocol/logup_gkr/verify.h"
#include "protocol/proof_shape.h"
#include "protocol/stacked_reduction/verify.h"
#include "protocol/whir/verify.h"

namespace gyre {

namespace {

std::string name_of(const std::optional<VerifyError>& failure) {
  return failure ? failure->name() : "accepted";
}

/// Makes the sum of `coefficients` over the group `sum`.
void fit_domain_sum(unsigned log_order, const Fp4& sum, std::vector<Fp4>& coefficients) {
  coefficients[0] +=
      (sum - sum_over_group(log_order, coefficients)) * inverse_power_of_2(log_order);
}

/// Claims that pass the comparison with the sums per trace, and a first univariate that fits them.
GkrClaim fit_batch_constraints(const Statement& statement, const Transcript& transcript,
                               BatchConstraintProof& batch) {
  Transcript fork(transcript);
  GkrClaim claim{.alpha = fork.sample_ext(), .beta = fork.sample_ext()};
  for (unsigned i = 0; i < statement.l_skip() + statement.n_global; ++i) {
    claim.xi.push_back(fork.sample_ext());
  }
  claim.denominator = claim.alpha;
  Transcript stage(transcript);
  (void)stage.sample_ext();  // lambda
  for (std::size_t t = 0; t < statement.traces.size(); ++t) {
    claim.numerator += batch.numerator_term_per_air[t];
    claim.denominator += batch.denominator_term_per_air[t];
    stage.observe(batch.numerator_term_per_air[t]);
    stage.observe(batch.denominator_term_per_air[t]);
  }
  const std::vector<Fp4> mu_powers = powers(stage.sample_ext(), 2 * statement.traces.size());
  Fp4 sum;
  for (std::size_t t = 0; t < statement.traces.size(); ++t) {
    sum += mu_powers[2 * t] * batch.numerator_term_per_air[t] +
           mu_powers[2 * t + 1] * batch.denominator_term_per_air[t];
  }
  fit_domain_sum(statement.l_skip(), sum, batch.univariate_round_coeffs);
  return claim;
}

OpeningClaims fit_stacked_reduction(const Statement& statement, const Transcript& transcript,
                                    const BatchConstraintProof& batch, StackingProof& stacking) {
  Transcript fork(transcript);
  OpeningClaims claims{.columns = column_claims(statement, batch.column_openings)};
  for (unsigned i = 0; i <= statement.n_max; ++i) claims.r.push_back(fork.sample_ext());
  const Fp4 lambda = Transcript(transcript).sample_ext();
  Fp4 sum, power = Fp4::one();
  for (const ColumnClaim& column : claims.columns) {
    sum += power * (column.value + lambda * column.rotated);
    power *= lambda.squared();
  }
  fit_domain_sum(statement.l_skip(), sum, stacking.univariate_round_coeffs);
  return claims;
}

/// Paths of the tree whose leaves are all made of `row`; its root. Any index opens it.
Digest fit_tree(std::span<const Fp> row, std::size_t k, std::vector<MerklePath>& paths) {
  Digest node = hash_slice(row);
  for (std::size_t i = 0; i < k; ++i) node = compress(node, node);
  MerklePath path(paths.front().size());
  for (Digest& sibling : path) {
    sibling = node;
    node = compress(node, node);
  }
  for (MerklePath& each : paths) each = path;
  return node;
}

std::vector<Digest> fit_whir(const SystemParams& params, WhirProof& whir) {
  std::vector<Digest> roots;
  for (std::size_t c = 0; c < whir.initial_round_opened_rows.size(); ++c) {
    const std::vector<Fp> row = whir.initial_round_opened_rows[c][0][0];
    for (auto& rows : whir.initial_round_opened_rows[c]) std::fill(rows.begin(), rows.end(), row);
    roots.push_back(fit_tree(row, params.whir.k, whir.initial_round_merkle_proofs[c]));
  }
  for (std::size_t r = 0; r < whir.codeword_opened_values.size(); ++r) {
    const Fp4 value = whir.codeword_opened_values[r][0][0];
    for (auto& values : whir.codeword_opened_values[r]) {
      std::fill(values.begin(), values.end(), value);
    }
    whir.codeword_commits[r] = fit_tree(value.c, params.whir.k, whir.codeword_merkle_proofs[r]);
  }
  return roots;
}

}  // namespace

StageVerdicts verify_stages(const VerifyingKey& key, Proof proof) {
  StageVerdicts verdicts;
  const auto shape = check_proof_shape(key, proof);
  if (!shape) return verdicts;
  verdicts.has_shape = true;
  const Statement& statement = shape->statement;
  Transcript transcript;
  observe_preamble(transcript, key, proof.common_main_commit, proof.trace_vdata,
                   proof.public_values);
  (void)verify_logup_gkr(statement, proof.gkr, transcript);

  const GkrClaim gkr_claim = fit_batch_constraints(statement, transcript, proof.batch_constraints);
  const auto batch = verify_batch_constraints(statement, gkr_claim, proof.batch_constraints,
                                              proof.public_values, transcript);
  verdicts.batch_constraints = batch ? "accepted" : batch.error().name();

  const OpeningClaims claims =
      fit_stacked_reduction(statement, transcript, proof.batch_constraints, proof.stacking);
  const auto u =
      verify_stacked_reduction(statement, shape->commitments, claims, proof.stacking, transcript);
  verdicts.stacked_reduction = u ? "accepted" : u.error().name();

  SystemParams params = key.params;
  params.whir.mu_pow_bits = params.whir.folding_pow_bits = params.whir.query_phase_pow_bits = 0;
  const std::vector<Digest> roots = fit_whir(params, proof.whir);
  std::vector<Fp4> point(params.log_stacked_height());
  for (Fp4& coordinate : point) coordinate = transcript.sample_ext();
  verdicts.whir = name_of(
      verify_whir(params, roots, proof.stacking.stacking_openings, point, proof.whir, transcript));
  return verdicts;
}

}  // namespace gyre
