#pragma once

#include "gyre/proof/proof.h"

namespace gyre {

/// Calls `visit` with every member of a proof that holds field elements, in encoding order.
template <class ProofType, class Visit>
void for_each_member(ProofType& proof, Visit&& visit) {
  visit(proof.common_main_commit);
  for (auto& trace : proof.trace_vdata) {
    if (trace) visit(trace->cached_commitments);
  }
  visit(proof.public_values);
  visit(proof.gkr.logup_pow_witness);
  visit(proof.gkr.q0_claim);
  visit(proof.gkr.claims_per_layer);
  visit(proof.gkr.sumcheck_polys);
  visit(proof.batch_constraints.numerator_term_per_air);
  visit(proof.batch_constraints.denominator_term_per_air);
  visit(proof.batch_constraints.univariate_round_coeffs);
  visit(proof.batch_constraints.sumcheck_round_polys);
  visit(proof.batch_constraints.column_openings);
  visit(proof.stacking.univariate_round_coeffs);
  visit(proof.stacking.sumcheck_round_polys);
  visit(proof.stacking.stacking_openings);
  visit(proof.whir.mu_pow_witness);
  visit(proof.whir.whir_sumcheck_polys);
  visit(proof.whir.codeword_commits);
  visit(proof.whir.ood_values);
  visit(proof.whir.folding_pow_witnesses);
  visit(proof.whir.query_phase_pow_witnesses);
  visit(proof.whir.initial_round_opened_rows);
  visit(proof.whir.initial_round_merkle_proofs);
  visit(proof.whir.codeword_opened_values);
  visit(proof.whir.codeword_merkle_proofs);
  visit(proof.whir.final_poly);
}

/// Calls `visit` with every field element of `value`, in encoding order.
template <class Visit>
void for_each_fp(Fp& value, Visit& visit) {
  visit(value);
}
template <class Visit>
void for_each_fp(Fp4& value, Visit& visit) {
  for (Fp& c : value.c) visit(c);
}
template <class Visit>
void for_each_fp(GkrLayerClaims& claims, Visit& visit) {
  for (Fp4* claim : {&claims.p0, &claims.p1, &claims.q0, &claims.q1}) for_each_fp(*claim, visit);
}
template <class List, class Visit>
void for_each_fp(List& items, Visit& visit) {
  for (auto& item : items) for_each_fp(item, visit);
}

template <class Visit>
void for_each_fp(Proof& proof, Visit& visit) {
  for_each_member(proof, [&](auto& member) { for_each_fp(member, visit); });
}

}  // namespace gyre
