#include <fmt/format.h>

#include "inspect.h"
#include "report.h"

namespace gyre::cli {
namespace {

/// Lengths of the lists of the proof, by name.
Json structure(const Proof& proof) {
  const auto size = [](const auto& list) { return list.size(); };
  const auto sizes = [&](const auto& lists) {
    Json result = Json::array();
    for (const auto& list : lists) result.push_back(size(list));
    return result;
  };
  const WhirProof& whir = proof.whir;
  const auto& rows = whir.initial_round_opened_rows;
  const auto& paths = whir.initial_round_merkle_proofs;
  const bool queried = !rows.empty() && !rows[0].empty();
  Json queries = Json::array({rows.empty() ? 0 : rows[0].size()});
  for (const auto& round : whir.codeword_opened_values) queries.push_back(round.size());
  Json depths = Json::array({queried ? paths[0][0].size() : 0});
  for (const auto& round : whir.codeword_merkle_proofs) {
    depths.push_back(round.empty() ? 0 : round[0].size());
  }
  return {{"commitments", proof.stacking.stacking_openings.size()},
          {"stacked_widths", sizes(proof.stacking.stacking_openings)},
          {"gkr_layers", proof.gkr.claims_per_layer.size()},
          {"batch_univariate_coefficients", proof.batch_constraints.univariate_round_coeffs.size()},
          {"batch_sumcheck_rounds", proof.batch_constraints.sumcheck_round_polys.size()},
          {"stacking_univariate_coefficients", proof.stacking.univariate_round_coeffs.size()},
          {"stacking_sumcheck_rounds", proof.stacking.sumcheck_round_polys.size()},
          {"whir_rounds", whir.codeword_commits.size() + 1},
          {"whir_sumcheck_rounds", whir.whir_sumcheck_polys.size()},
          {"whir_rows_per_query", queried ? rows[0][0].size() : 0},
          {"whir_queries", std::move(queries)},
          {"whir_merkle_depths", std::move(depths)},
          {"final_polynomial_length", whir.final_poly.size()}};
}

/// A proof that decodes may have any number of lists; only verification compares it with the key.
Json public_values_json(const Proof& proof, std::size_t air) {
  if (air >= proof.public_values.size()) return Json::array();
  return canonical_json(proof.public_values[air]);
}

Json airs_json(const Proof& proof) {
  Json airs = Json::array();
  for (std::size_t i = 0; i < proof.trace_vdata.size(); ++i) {
    const auto& air = proof.trace_vdata[i];
    if (!air) {
      airs.push_back({{"present", false}});
      continue;
    }
    Json cached = Json::array();
    for (const Digest& digest : air->cached_commitments) cached.push_back(canonical_json(digest));
    airs.push_back({{"present", true},
                    {"log_height", air->log_height},
                    {"public_values", public_values_json(proof, i)},
                    {"cached_commitments", std::move(cached)}});
  }
  return airs;
}

void print_text(const Proof& proof, std::size_t bytes, const Json& lists) {
  std::size_t present = 0;
  for (const auto& air : proof.trace_vdata) present += air.has_value();
  fmt::print("proof: {} bytes, codec version {}, {} of {} AIRs present\n", grouped(bytes),
             kProofCodecVersion, present, proof.trace_vdata.size());
  fmt::print("common main commitment: {}\n\n", canonical_json(proof.common_main_commit).dump());
  fmt::print("{:>5}  {:>10}  {:>6}  public values\n", "AIR", "log height", "cached");
  for (std::size_t i = 0; i < proof.trace_vdata.size(); ++i) {
    if (const auto& air = proof.trace_vdata[i]) {
      fmt::print("{:>5}  {:>10}  {:>6}  {}\n", i, air->log_height, air->cached_commitments.size(),
                 public_values_json(proof, i).dump());
    } else {
      fmt::print("{:>5}  {:>10}\n", i, "absent");
    }
  }
  fmt::print("\n");
  for (const auto& [name, value] : lists.items()) fmt::print("{:<34}{}\n", name, value.dump());
  fmt::print("\n{}", part_sizes_table(proof_part_sizes(proof)));
}

}  // namespace

int inspect_proof(const Proof& proof, std::size_t bytes, const Format& format) {
  Json lists = structure(proof);
  if (format.json) {
    print_json({{"kind", "proof"},
                {"bytes", bytes},
                {"codec_version", kProofCodecVersion},
                {"common_main_commit", canonical_json(proof.common_main_commit)},
                {"airs", airs_json(proof)},
                {"structure", std::move(lists)},
                {"part_bytes", part_sizes_json(proof_part_sizes(proof))}});
  } else {
    print_text(proof, bytes, lists);
  }
  return kDone;
}

}  // namespace gyre::cli
