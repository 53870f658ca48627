#include "support/shaped_proof.h"

#include <algorithm>

#include "protocol/statement.h"
#include "support/proof_members.h"

namespace gyre {

namespace {

/// Elements of everything but the WHIR part, and of the parts of WHIR that do not depend on the
/// number of stacked columns. Sums of products below 2^64: all factors are checked or from memory.
bool is_small(const Statement& statement, std::size_t max_elements) {
  const SystemParams& params = *statement.params;
  std::uint64_t elements = statement.num_batch_univariate_coefficients() +
                           statement.num_stacking_univariate_coefficients();
  elements += statement.n_max * (params.max_constraint_degree + 1);
  elements += std::uint64_t{1} << params.log_final_poly_length();
  for (const SortedTrace& trace : statement.traces) {
    elements += trace.air->num_public_values;
    for (std::size_t part = 0; part < trace.num_parts(); ++part) {
      elements += 2 * std::uint64_t{trace.part_width(part)};
    }
  }
  for (const std::uint64_t queries : params.whir.num_queries) {
    if (queries > max_elements || params.whir.k > 20) return false;
    elements += queries << params.whir.k;
  }
  return elements <= max_elements;
}

void shape_whir(const SystemParams& params, std::span<const StackedCommitment> commitments,
                WhirProof& whir) {
  const std::size_t rounds = params.num_whir_rounds(), leaf = std::size_t{1} << params.whir.k;
  const std::size_t depth = params.log_stacked_height() + params.log_blowup - params.whir.k;
  whir.whir_sumcheck_polys.resize(params.num_whir_sumcheck_rounds());
  whir.codeword_commits.resize(rounds - 1);
  whir.ood_values.resize(rounds - 1);
  whir.folding_pow_witnesses.resize(params.num_whir_sumcheck_rounds());
  whir.query_phase_pow_witnesses.resize(rounds);
  for (const StackedCommitment& commitment : commitments) {
    const std::vector<Fp> row(commitment.layout.width());
    whir.initial_round_opened_rows.emplace_back(params.whir.num_queries[0],
                                                std::vector<std::vector<Fp>>(leaf, row));
    whir.initial_round_merkle_proofs.emplace_back(params.whir.num_queries[0], MerklePath(depth));
  }
  for (std::size_t r = 1; r < rounds; ++r) {
    whir.codeword_opened_values.emplace_back(params.whir.num_queries[r], std::vector<Fp4>(leaf));
    whir.codeword_merkle_proofs.emplace_back(params.whir.num_queries[r], MerklePath(depth - r));
  }
  whir.final_poly.resize(std::size_t{1} << params.log_final_poly_length());
}

void shape_sumchecks(const Statement& statement, Proof& proof) {
  const std::size_t layers = statement.num_gkr_layers;
  proof.gkr.claims_per_layer.resize(layers);
  for (std::size_t j = 1; j < layers; ++j) proof.gkr.sumcheck_polys.emplace_back(j);

  BatchConstraintProof& batch = proof.batch_constraints;
  batch.numerator_term_per_air.resize(statement.traces.size());
  batch.denominator_term_per_air.resize(statement.traces.size());
  batch.univariate_round_coeffs.resize(statement.num_batch_univariate_coefficients());
  batch.sumcheck_round_polys.assign(statement.n_max,
                                    std::vector<Fp4>(statement.max_constraint_degree() + 1));
  for (const SortedTrace& trace : statement.traces) {
    auto& parts = batch.column_openings.emplace_back();
    for (std::size_t part = 0; part < trace.num_parts(); ++part) {
      parts.emplace_back(trace.part_width(part) * trace.air->openings_per_column());
    }
  }
  proof.stacking.univariate_round_coeffs.resize(statement.num_stacking_univariate_coefficients());
  proof.stacking.sumcheck_round_polys.resize(statement.n_stack());
}

}  // namespace

std::optional<Proof> shaped_proof(const VerifyingKey& key,
                                  const std::vector<std::optional<unsigned>>& log_heights,
                                  std::mt19937_64& random, std::size_t max_elements) {
  Proof proof;
  for (const std::optional<unsigned>& log_height : log_heights) {
    auto& trace = proof.trace_vdata.emplace_back();
    if (log_height) trace.emplace().log_height = *log_height;
  }
  const Statement statement(key, proof.trace_vdata);
  if (statement.traces.empty() || !is_small(statement, max_elements)) return std::nullopt;
  const std::vector<StackedCommitment> commitments = stacked_commitments(statement);
  std::size_t width = 0;
  for (const StackedCommitment& commitment : commitments) width += commitment.layout.width();
  const std::size_t leaf = std::size_t{1} << key.params.whir.k;
  if (width * key.params.whir.num_queries[0] > max_elements / leaf) return std::nullopt;

  proof.public_values.resize(key.per_air.size());
  for (const SortedTrace& trace : statement.traces) {
    proof.public_values[trace.air_index].resize(trace.air->num_public_values);
    proof.trace_vdata[trace.air_index]->cached_commitments.resize(trace.air->num_cached_mains());
  }
  shape_sumchecks(statement, proof);
  for (const StackedCommitment& commitment : commitments) {
    proof.stacking.stacking_openings.emplace_back(commitment.layout.width());
  }
  shape_whir(key.params, commitments, proof.whir);
  const auto fill = [&](Fp& value) { value = Fp::from_uint64(random()); };
  for_each_fp(proof, fill);
  return proof;
}

std::vector<std::optional<unsigned>> random_log_heights(const VerifyingKey& key,
                                                        std::mt19937_64& random) {
  std::vector<std::optional<unsigned>> log_heights(key.per_air.size());
  for (std::size_t a = 0; a < key.per_air.size(); ++a) {
    const AirVerifyingKey& air = key.per_air[a];
    if (!air.is_required && random() % 4 == 0) continue;
    log_heights[a] = static_cast<unsigned>(random() % (key.params.log_stacked_height() + 1));
    if (!air.preprocessed) continue;
    log_heights[a] = static_cast<unsigned>(air.preprocessed->hypercube_dim +
                                           static_cast<std::int64_t>(key.params.l_skip));
  }
  return log_heights;
}

}  // namespace gyre
