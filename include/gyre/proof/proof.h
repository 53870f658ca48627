#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "gyre/field/fp4.h"
#include "gyre/hash/scheme.h"

namespace gyre {

/// The proof object: shapes as in spec 08, section 2. "Per trace" lists are in sorted trace order
/// (height descending, AIR index ascending), "per commitment" lists in commitment order (common
/// main, then per trace: preprocessed, cached mains).

/// Per present AIR.
struct TraceVerifierData {
  std::uint32_t log_height = 0;
  std::vector<Digest> cached_commitments;
  friend bool operator==(const TraceVerifierData&, const TraceVerifierData&) = default;
};

/// Claims about the two children halves of a layer. Encoded p0, p1, q0, q1; observed p0, q0, p1,
/// q1.
struct GkrLayerClaims {
  Fp4 p0, q0, p1, q1;
  friend bool operator==(const GkrLayerClaims&, const GkrLayerClaims&) = default;
};

/// Spec 04.
struct GkrProof {
  Fp logup_pow_witness;
  Fp4 q0_claim;  ///< root denominator
  std::vector<GkrLayerClaims> claims_per_layer;
  std::vector<std::vector<std::array<Fp4, 3>>> sumcheck_polys;  ///< entry a: a + 1 polys at 1, 2, 3
  friend bool operator==(const GkrProof&, const GkrProof&) = default;
};

/// Spec 05.
struct BatchConstraintProof {
  std::vector<Fp4> numerator_term_per_air;                     ///< per trace
  std::vector<Fp4> denominator_term_per_air;                   ///< per trace
  std::vector<Fp4> univariate_round_coeffs;                    ///< ascending degree
  std::vector<std::vector<Fp4>> sumcheck_round_polys;          ///< values at 1..d+1
  std::vector<std::vector<std::vector<Fp4>>> column_openings;  ///< [trace][part][column, rotation]
  friend bool operator==(const BatchConstraintProof&, const BatchConstraintProof&) = default;
};

/// Spec 06.
struct StackingProof {
  std::vector<Fp4> univariate_round_coeffs;              ///< ascending degree
  std::vector<std::array<Fp4, 2>> sumcheck_round_polys;  ///< values at 1, 2
  std::vector<std::vector<Fp4>> stacking_openings;       ///< [commitment][stacked column]
  friend bool operator==(const StackingProof&, const StackingProof&) = default;
};

/// Spec 07.
struct WhirProof {
  Fp mu_pow_witness;
  std::vector<std::array<Fp4, 2>> whir_sumcheck_polys;  ///< values at 1, 2; flat over rounds
  std::vector<Digest> codeword_commits;                 ///< rounds - 1
  std::vector<Fp4> ood_values;                          ///< rounds - 1
  std::vector<Fp> folding_pow_witnesses;
  std::vector<Fp> query_phase_pow_witnesses;
  /// [commitment][query][row of the leaf][column]
  std::vector<std::vector<std::vector<std::vector<Fp>>>> initial_round_opened_rows;
  std::vector<std::vector<MerklePath>> initial_round_merkle_proofs;   ///< [commitment][query]
  std::vector<std::vector<std::vector<Fp4>>> codeword_opened_values;  ///< [round - 1][query][row]
  std::vector<std::vector<MerklePath>> codeword_merkle_proofs;        ///< [round - 1][query]
  std::vector<Fp4> final_poly;                                        ///< ascending degree
  friend bool operator==(const WhirProof&, const WhirProof&) = default;
};

struct Proof {
  Digest common_main_commit{};
  std::vector<std::optional<TraceVerifierData>> trace_vdata;  ///< per AIR; absent: not in the proof
  std::vector<std::vector<Fp>> public_values;                 ///< per AIR; empty if absent
  GkrProof gkr;
  BatchConstraintProof batch_constraints;
  StackingProof stacking;
  WhirProof whir;
  friend bool operator==(const Proof&, const Proof&) = default;
};

}  // namespace gyre
