#include "protocol/proof_shape.h"

#include <optional>

namespace gyre {
namespace {

using Code = VerifyErrorCode;
using Failure = std::optional<VerifyError>;

/// An error about a list of `actual` entries instead of `expected`, found at `indices`.
template <class... Indices>
Failure check_length(Code code, std::uint64_t expected, std::uint64_t actual, Indices... indices) {
  if (expected == actual) return std::nullopt;
  return VerifyError{.code = code, .integers = {std::uint64_t{indices}..., expected, actual}};
}

/// Rows 1 to 7 of the table in spec 08, section 5.
Failure check_vdata(const VerifyingKey& key, const Proof& proof) {
  const std::size_t num_airs = key.per_air.size();
  if (proof.trace_vdata.size() != num_airs) {
    return VerifyError{.code = Code::kInvalidVDataLength,
                       .integers = {proof.trace_vdata.size(), num_airs}};
  }
  if (proof.public_values.size() != num_airs) {
    return VerifyError{.code = Code::kInvalidPublicValuesLength,
                       .integers = {proof.public_values.size(), num_airs}};
  }
  for (std::size_t a = 0; a < num_airs; ++a) {
    const AirVerifyingKey& air = key.per_air[a];
    const std::optional<TraceVerifierData>& trace = proof.trace_vdata[a];
    const std::size_t num_public_values = proof.public_values[a].size();
    if (!trace) {
      if (air.is_required) return VerifyError{.code = Code::kRequiredAirNoVData, .integers = {a}};
      if (num_public_values != 0) {
        return VerifyError{.code = Code::kPublicValuesNoVData, .integers = {a}};
      }
      continue;
    }
    if (auto failure = check_length(Code::kInvalidCachedCommitments, air.num_cached_mains(),
                                    trace->cached_commitments.size(), a)) {
      return failure;
    }
    if (trace->log_height > key.params.l_skip + key.params.n_stack) {
      return VerifyError{.code = Code::kLogHeightOutOfBounds,
                         .integers = {a, key.params.l_skip, key.params.n_stack, trace->log_height}};
    }
    if (auto failure =
            check_length(Code::kInvalidPublicValues, air.num_public_values, num_public_values, a)) {
      return failure;
    }
  }
  return std::nullopt;
}

/// Rows 8 to 10.
Failure check_gkr(const Statement& statement, const GkrProof& gkr) {
  const unsigned num_layers = statement.num_gkr_layers;
  if (auto failure =
          check_length(Code::kInvalidClaimsPerLayer, num_layers, gkr.claims_per_layer.size())) {
    return failure;
  }
  if (auto failure =
          check_length(Code::kGkrInvalidSumcheckPolys, num_layers == 0 ? 0 : num_layers - 1,
                       gkr.sumcheck_polys.size())) {
    return failure;
  }
  for (std::size_t i = 0; i < gkr.sumcheck_polys.size(); ++i) {
    if (auto failure = check_length(Code::kInvalidSumcheckPolyEvals, i + 1,
                                    gkr.sumcheck_polys[i].size(), i + 1)) {
      return failure;
    }
  }
  return std::nullopt;
}

/// Rows 17 to 20, of one trace. The reference reports widths without the factor 2 of rotations.
Failure check_column_openings(const SortedTrace& trace,
                              const std::vector<std::vector<Fp4>>& openings) {
  const std::size_t air = trace.air_index;
  if (auto failure = check_length(Code::kInvalidColumnOpeningsPerAir, trace.num_parts(),
                                  openings.size(), air)) {
    return failure;
  }
  const std::size_t first_cached = trace.num_parts() - trace.air->num_cached_mains();
  for (std::size_t part = 0; part < openings.size(); ++part) {
    const std::uint64_t width = trace.part_width(part);
    const std::uint64_t actual = openings[part].size();
    if (width * trace.air->openings_per_column() == actual) continue;
    if (part == 0) {
      return VerifyError{.code = Code::kInvalidColumnOpeningsPerAirMain,
                         .integers = {air, width, actual}};
    }
    if (part < first_cached) {
      return VerifyError{.code = Code::kInvalidColumnOpeningsPerAirPreprocessed,
                         .integers = {air, width, actual}};
    }
    return VerifyError{.code = Code::kInvalidColumnOpeningsPerAirCached,
                       .integers = {air, part - first_cached, width, actual}};
  }
  return std::nullopt;
}

/// Rows 11 to 20.
Failure check_batch_constraints(const Statement& statement, const BatchConstraintProof& batch) {
  const std::size_t num_traces = statement.traces.size();
  if (auto failure = check_length(Code::kInvalidNumeratorTerms, num_traces,
                                  batch.numerator_term_per_air.size())) {
    return failure;
  }
  if (auto failure = check_length(Code::kInvalidDenominatorTerms, num_traces,
                                  batch.denominator_term_per_air.size())) {
    return failure;
  }
  if (auto failure = check_length(Code::kBatchInvalidUnivariateRoundCoeffs,
                                  statement.num_batch_univariate_coefficients(),
                                  batch.univariate_round_coeffs.size())) {
    return failure;
  }
  if (auto failure = check_length(Code::kBatchInvalidSumcheckRoundPolys, statement.n_max,
                                  batch.sumcheck_round_polys.size())) {
    return failure;
  }
  if (auto failure = check_length(Code::kInvalidColumnOpeningsAirs, num_traces,
                                  batch.column_openings.size())) {
    return failure;
  }
  for (std::size_t j = 0; j < batch.sumcheck_round_polys.size(); ++j) {
    if (auto failure = check_length(Code::kInvalidSumcheckRoundPolyEvals,
                                    std::uint64_t{statement.max_constraint_degree()} + 1,
                                    batch.sumcheck_round_polys[j].size(), j)) {
      return failure;
    }
  }
  for (std::size_t t = 0; t < num_traces; ++t) {
    if (auto failure = check_column_openings(statement.traces[t], batch.column_openings[t])) {
      return failure;
    }
  }
  return std::nullopt;
}

/// Rows 21 to 25.
Failure check_stacking(const Statement& statement, std::span<const StackedCommitment> commitments,
                       const StackingProof& stacking) {
  if (auto failure = check_length(Code::kStackingInvalidUnivariateRoundCoeffs,
                                  statement.num_stacking_univariate_coefficients(),
                                  stacking.univariate_round_coeffs.size())) {
    return failure;
  }
  if (auto failure = check_length(Code::kStackingInvalidSumcheckRoundPolys, statement.n_stack(),
                                  stacking.sumcheck_round_polys.size())) {
    return failure;
  }
  std::uint64_t total_width = 0;
  for (const StackedCommitment& commitment : commitments) total_width += commitment.layout.width();
  if (total_width > statement.params->w_stack) {
    return VerifyError{.code = Code::kTotalStackedWidthOutOfBounds,
                       .integers = {statement.params->w_stack, total_width}};
  }
  if (auto failure = check_length(Code::kInvalidStackOpenings, commitments.size(),
                                  stacking.stacking_openings.size())) {
    return failure;
  }
  for (std::size_t c = 0; c < commitments.size(); ++c) {
    if (auto failure =
            check_length(Code::kInvalidStackOpeningsPerMatrix, commitments[c].layout.width(),
                         stacking.stacking_openings[c].size(), c)) {
      return failure;
    }
  }
  return std::nullopt;
}

/// Rows 26 to 35.
Failure check_whir_lists(const SystemParams& params, std::size_t num_commitments,
                         const WhirProof& whir) {
  const std::uint64_t num_rounds = params.num_whir_rounds();
  const std::uint64_t num_sumcheck_rounds = params.num_whir_sumcheck_rounds();
  struct Length {
    Code code;
    std::uint64_t expected, actual;
  };
  const Length lengths[] = {
      {Code::kWhirInvalidSumcheckPolys, num_sumcheck_rounds, whir.whir_sumcheck_polys.size()},
      {Code::kInvalidCodewordCommits, num_rounds - 1, whir.codeword_commits.size()},
      {Code::kInvalidOodValues, num_rounds - 1, whir.ood_values.size()},
      {Code::kInvalidFoldingPowWitnesses, num_sumcheck_rounds, whir.folding_pow_witnesses.size()},
      {Code::kInvalidQueryPhasePowWitnesses, num_rounds, whir.query_phase_pow_witnesses.size()},
      {Code::kInvalidInitialRoundOpenedRows, num_commitments,
       whir.initial_round_opened_rows.size()},
      {Code::kInvalidInitialRoundMerkleProofs, num_commitments,
       whir.initial_round_merkle_proofs.size()},
      {Code::kInvalidCodewordOpenedRows, num_rounds - 1, whir.codeword_opened_values.size()},
      {Code::kInvalidCodewordMerkleProofs, num_rounds - 1, whir.codeword_merkle_proofs.size()},
      {Code::kInvalidFinalPolyLen, std::uint64_t{1} << params.log_final_poly_length(),
       whir.final_poly.size()},
  };
  for (const Length& length : lengths) {
    if (auto failure = check_length(length.code, length.expected, length.actual)) return failure;
  }
  return std::nullopt;
}

/// Rows 36 to 40, of commitment `c` with `width` stacked columns.
Failure check_initial_openings(const SystemParams& params, std::size_t c, std::size_t width,
                               const WhirProof& whir) {
  const std::uint64_t num_queries = params.whir.num_queries.front();
  const auto& opened_rows = whir.initial_round_opened_rows[c];
  const std::vector<MerklePath>& paths = whir.initial_round_merkle_proofs[c];
  if (auto failure = check_length(Code::kInvalidInitialRoundOpenedRowsQueries, num_queries,
                                  opened_rows.size(), c)) {
    return failure;
  }
  if (auto failure = check_length(Code::kInvalidInitialRoundMerkleProofsQueries, num_queries,
                                  paths.size(), c)) {
    return failure;
  }
  for (std::size_t q = 0; q < num_queries; ++q) {
    if (auto failure =
            check_length(Code::kInvalidInitialRoundOpenedRowK, std::uint64_t{1} << params.whir.k,
                         opened_rows[q].size(), q, c)) {
      return failure;
    }
    for (std::size_t row = 0; row < opened_rows[q].size(); ++row) {
      if (auto failure = check_length(Code::kInvalidInitialRoundOpenedRowWidth, width,
                                      opened_rows[q][row].size(), row, c)) {
        return failure;
      }
    }
  }
  const std::uint64_t depth = params.log_stacked_height() + params.log_blowup - params.whir.k;
  for (std::size_t q = 0; q < num_queries; ++q) {
    if (auto failure = check_length(Code::kInvalidInitialRoundMerkleProofDepth, depth,
                                    paths[q].size(), q, c)) {
      return failure;
    }
  }
  return std::nullopt;
}

/// Rows 41 to 44, of round `r` >= 1.
Failure check_codeword_openings(const SystemParams& params, std::size_t r, const WhirProof& whir) {
  const std::uint64_t num_queries = params.whir.num_queries[r];
  const std::vector<std::vector<Fp4>>& opened_values = whir.codeword_opened_values[r - 1];
  const std::vector<MerklePath>& paths = whir.codeword_merkle_proofs[r - 1];
  if (auto failure = check_length(Code::kInvalidCodewordOpenedRowsQueries, num_queries,
                                  opened_values.size(), r)) {
    return failure;
  }
  if (auto failure =
          check_length(Code::kInvalidCodewordMerkleProofsQueries, num_queries, paths.size(), r)) {
    return failure;
  }
  for (std::size_t q = 0; q < num_queries; ++q) {
    if (auto failure =
            check_length(Code::kInvalidCodewordOpenedValues, std::uint64_t{1} << params.whir.k,
                         opened_values[q].size(), r, q)) {
      return failure;
    }
  }
  const std::uint64_t depth = params.log_stacked_height() + params.log_blowup - params.whir.k - r;
  for (std::size_t q = 0; q < num_queries; ++q) {
    if (auto failure =
            check_length(Code::kInvalidCodewordMerkleProofDepth, depth, paths[q].size(), r, q)) {
      return failure;
    }
  }
  return std::nullopt;
}

/// Rows 26 to 44.
Failure check_whir(const SystemParams& params, std::span<const StackedCommitment> commitments,
                   const WhirProof& whir) {
  if (auto failure = check_whir_lists(params, commitments.size(), whir)) return failure;
  for (std::size_t c = 0; c < commitments.size(); ++c) {
    if (auto failure = check_initial_openings(params, c, commitments[c].layout.width(), whir)) {
      return failure;
    }
  }
  for (std::size_t r = 1; r < params.num_whir_rounds(); ++r) {
    if (auto failure = check_codeword_openings(params, r, whir)) return failure;
  }
  return std::nullopt;
}

}  // namespace

Result<ProofShape, VerifyError> check_proof_shape(const VerifyingKey& key, const Proof& proof) {
  if (auto failure = check_vdata(key, proof)) return *failure;
  Statement statement(key, proof.trace_vdata);
  if (auto failure = check_gkr(statement, proof.gkr)) return *failure;
  if (auto failure = check_batch_constraints(statement, proof.batch_constraints)) return *failure;
  // The proof holds an opening for every column by now, so that the layouts are no larger than it.
  std::vector<StackedCommitment> commitments = stacked_commitments(statement);
  if (auto failure = check_stacking(statement, commitments, proof.stacking)) return *failure;
  if (auto failure = check_whir(key.params, commitments, proof.whir)) return *failure;
  return ProofShape{.statement = std::move(statement), .commitments = std::move(commitments)};
}

}  // namespace gyre
