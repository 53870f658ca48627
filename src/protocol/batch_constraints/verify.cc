#include "protocol/batch_constraints/verify.h"

#include <utility>

#include "air/dag_evaluate.h"
#include "poly/kernels.h"

namespace gyre {
namespace {

using Code = VerifyErrorCode;

/// The running claim of the sumcheck and its point.
struct SumcheckClaim {
  Fp4 sum;
  std::vector<Fp4> r;
};

/// The LogUp claim at xi is the sum of what each trace contributes.
std::optional<VerifyError> verify_logup_terms(const GkrClaim& gkr_claim,
                                              const BatchConstraintProof& proof,
                                              Transcript& transcript) {
  Fp4 numerator = gkr_claim.numerator, denominator = gkr_claim.denominator;
  for (std::size_t t = 0; t < proof.numerator_term_per_air.size(); ++t) {
    transcript.observe(proof.numerator_term_per_air[t]);
    transcript.observe(proof.denominator_term_per_air[t]);
    numerator -= proof.numerator_term_per_air[t];
    denominator -= proof.denominator_term_per_air[t];
  }
  if (!numerator.is_zero()) {
    return VerifyError{.code = Code::kGkrNumeratorMismatch, .elements = {numerator}};
  }
  if (denominator != gkr_claim.alpha) {
    return VerifyError{.code = Code::kGkrDenominatorMismatch, .elements = {denominator}};
  }
  return std::nullopt;
}

/// The univariate round over the skip domain. `mu_powers` batches the traces.
std::optional<VerifyError> verify_round0(const Statement& statement,
                                         const BatchConstraintProof& proof,
                                         std::span<const Fp4> mu_powers, Transcript& transcript,
                                         SumcheckClaim& claim) {
  Fp4 sum = Fp4::zero();
  for (std::size_t t = 0; t < statement.traces.size(); ++t) {
    sum += mu_powers[2 * t] * proof.numerator_term_per_air[t] +
           mu_powers[2 * t + 1] * proof.denominator_term_per_air[t];
  }
  const std::span<const Fp4> s_0 = proof.univariate_round_coeffs;
  transcript.observe(s_0);
  claim.r.push_back(transcript.sample_ext());
  transcript.mark("round0_end");
  const Fp4 domain_sum = sum_over_group(statement.l_skip(), s_0);
  if (sum != domain_sum) {
    return VerifyError{.code = Code::kSumClaimMismatch, .elements = {sum, domain_sum}};
  }
  claim.sum = evaluate_polynomial(s_0, claim.r[0]);
  return std::nullopt;
}

/// The multilinear rounds.
void verify_sumcheck_rounds(const BatchConstraintProof& proof, Transcript& transcript,
                            SumcheckClaim& claim) {
  std::vector<Fp4> values;
  for (const std::vector<Fp4>& round_polynomial : proof.sumcheck_round_polys) {
    transcript.observe(round_polynomial);
    claim.r.push_back(transcript.sample_ext());
    values.assign(1, claim.sum - round_polynomial[0]);
    values.insert(values.end(), round_polynomial.begin(), round_polynomial.end());
    claim.sum = interpolate_at(values, claim.r.back());
  }
  transcript.mark("batch_sumcheck_end");
}

/// Factors that depend on the number of a trace's variables n alone, for all n up to n_max.
struct PointFactors {
  std::vector<Fp4> eq;     ///< zerocheck: eq_D(xi_0, r_0) * eq(xi[l .. l + n), r[1 .. n])
  std::vector<Fp4> sharp;  ///< LogUp: the same with eq_sharp in the first factor
  std::vector<Fp4> tail;   ///< r_(n + 1) * ... * r_n_max
};

PointFactors point_factors(const Statement& statement, std::span<const Fp4> xi,
                           std::span<const Fp4> r) {
  const unsigned l_skip = statement.l_skip(), n_max = statement.n_max;
  PointFactors factors;
  // With l_skip = 0 the group is trivial and xi may be empty.
  factors.eq.push_back(l_skip == 0 ? Fp4::one() : eq_univariate(l_skip, xi[0], r[0]));
  factors.sharp.push_back(eq_sharp(xi.first(l_skip), r[0]));
  for (unsigned j = 1; j <= n_max; ++j) {
    const Fp4 factor = eq1(xi[l_skip + j - 1], r[j]);
    factors.eq.push_back(factors.eq.back() * factor);
    factors.sharp.push_back(factors.sharp.back() * factor);
  }
  factors.tail.assign(n_max + 1, Fp4::one());
  for (unsigned j = n_max; j > 0; --j) factors.tail[j - 1] = factors.tail[j] * r[j];
  return factors;
}

/// The selector columns at a trace's point. Spec 05, section 1.
Selectors<Fp4> selectors_at(const TracePoint& point) {
  const Fp4& y = point.coordinates[0];
  Selectors<Fp4> selectors;
  selectors.is_first = eq_univariate_one(point.log_order, y);
  selectors.is_last = eq_univariate_one(point.log_order, two_adic_generator(point.log_order) * y);
  for (std::size_t j = 1; j < point.coordinates.size(); ++j) {
    selectors.is_first *= Fp4::one() - point.coordinates[j];
    selectors.is_last *= point.coordinates[j];
  }
  selectors.is_transition = Fp4::one() - selectors.is_last;
  return selectors;
}

/// The values of all nodes of the trace's AIR at its point.
std::vector<Fp4> evaluate_air(const SortedTrace& trace, const Selectors<Fp4>& selectors,
                              const std::vector<std::vector<Fp4>>& openings,
                              std::span<const Fp> public_values) {
  const std::size_t step = trace.air->openings_per_column();
  const std::size_t num_cached = trace.air->num_cached_mains();
  const std::size_t first_cached = trace.num_parts() - num_cached;
  return evaluate_nodes<Fp4>(
      trace.air->symbolic.nodes, selectors, [&](const Variable& variable) -> Fp4 {
        if (variable.source == VariableSource::kPublic) return public_values[variable.index];
        if (variable.source == VariableSource::kChallenge || variable.offset >= step) {
          return Fp4::zero();
        }
        // Main parts count the cached ones first, openings the common one.
        std::size_t part = 1;
        if (variable.source == VariableSource::kMain) {
          part = variable.part == num_cached ? 0 : first_cached + variable.part;
        }
        return openings[part][variable.index * step + variable.offset];
      });
}

/// sum over q of lambda^q * (value of constraint q).
Fp4 batch_constraint_values(const SymbolicConstraints& symbolic, std::span<const Fp4> node_values,
                            const Fp4& lambda) {
  Fp4 sum = Fp4::zero();
  for (auto node = symbolic.constraint_nodes.rbegin(); node != symbolic.constraint_nodes.rend();
       ++node) {
    sum = sum * lambda + node_values[*node];
  }
  return sum;
}

/// sum over f of beta^f * message_f + beta^|message| * (bus_index + 1).
Fp4 fingerprint(const Interaction& interaction, std::span<const Fp4> node_values, const Fp4& beta) {
  Fp4 sum = Fp::from_canonical(std::uint32_t{interaction.bus_index} + 1);
  for (auto node = interaction.message.rbegin(); node != interaction.message.rend(); ++node) {
    sum = sum * beta + node_values[*node];
  }
  return sum;
}

/// What the sumcheck polynomial is at r, computed from the openings. Spec 05, section 5, item 6.
Fp4 evaluate_claims(const Statement& statement, const GkrClaim& gkr_claim,
                    const BatchConstraintProof& proof,
                    std::span<const std::vector<Fp>> public_values, const Fp4& lambda,
                    std::span<const Fp4> mu_powers, std::span<const Fp4> r) {
  const std::size_t num_traces = statement.traces.size();
  const PointFactors factors = point_factors(statement, gkr_claim.xi, r);
  const std::vector<InteractionBlock> blocks = interaction_blocks(statement);
  auto block = blocks.begin();
  Selectors<Fp4> selectors;
  Fp4 sum = Fp4::zero();
  for (std::size_t t = 0; t < num_traces; ++t) {
    const SortedTrace& trace = statement.traces[t];
    if (t == 0 || trace.log_height != statement.traces[t - 1].log_height) {
      selectors = selectors_at(trace_point(statement.l_skip(), trace.n, r));
    }
    const std::vector<Fp4> node_values =
        evaluate_air(trace, selectors, proof.column_openings[t], public_values[trace.air_index]);

    Fp4 numerator = Fp4::zero(), denominator = Fp4::zero();
    for (const Interaction& interaction : trace.air->symbolic.interactions) {
      const Fp4 weight = interaction_weight(statement, *block++, gkr_claim.xi);
      numerator += weight * node_values[interaction.count];
      denominator += weight * fingerprint(interaction, node_values, gkr_claim.beta);
    }
    // A trace below 2^l_skip is repeated among the leaves with its counts divided.
    if (trace.n < 0) numerator *= inverse_power_of_2(static_cast<unsigned>(-trace.n));

    const Fp4 constraints = batch_constraint_values(trace.air->symbolic, node_values, lambda);
    const unsigned n = trace.n_lifted;
    sum += factors.tail[n] *
           (factors.sharp[n] * (mu_powers[2 * t] * numerator + mu_powers[2 * t + 1] * denominator) +
            factors.eq[n] * mu_powers[2 * num_traces + t] * constraints);
  }
  return sum;
}

}  // namespace

Result<OpeningClaims, VerifyError> verify_batch_constraints(
    const Statement& statement, const GkrClaim& gkr_claim, const BatchConstraintProof& proof,
    std::span<const std::vector<Fp>> public_values, Transcript& transcript) {
  const Fp4 lambda = transcript.sample_ext();
  if (auto failure = verify_logup_terms(gkr_claim, proof, transcript)) return *failure;
  transcript.mark("logup_terms_end");

  const Fp4 mu = transcript.sample_ext();
  const std::vector<Fp4> mu_powers = powers(mu, 3 * statement.traces.size());
  SumcheckClaim claim;
  if (auto failure = verify_round0(statement, proof, mu_powers, transcript, claim)) {
    return *failure;
  }
  verify_sumcheck_rounds(proof, transcript, claim);

  OpeningClaims openings{.columns = column_claims(statement, proof.column_openings)};
  observe_column_claims(transcript, openings.columns);
  transcript.mark("column_openings_end");
  if (claim.sum !=
      evaluate_claims(statement, gkr_claim, proof, public_values, lambda, mu_powers, claim.r)) {
    return VerifyError{.code = Code::kInconsistentClaims};
  }
  openings.r = std::move(claim.r);
  return openings;
}

}  // namespace gyre
