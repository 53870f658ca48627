#include "protocol/batch_constraints/prove.h"

#include <optional>

#include "gyre/support/telemetry.h"
#include "poly/kernels.h"

namespace gyre {
namespace {

/// Sum over the skip domain of a polynomial times eq_sharp: one LogUp sum claim of a trace.
Fp4 sum_claim(const Statement& statement, std::span<const Fp4> eq_sharp_polynomial,
              std::span<const Fp4> polynomial) {
  if (polynomial.empty()) return Fp4::zero();
  return sum_over_group(statement.l_skip(), multiply_polynomials(eq_sharp_polynomial, polynomial));
}

/// nu_t: a trace below the skip domain is repeated, its counts divided by the repetition.
Fp norm_factor(const SortedTrace& trace) {
  return inverse_power_of_2(trace.log_lifted_height - trace.log_height);
}

void add_scaled(std::vector<Fp4>& sum, const Fp4& factor, std::span<const Fp4> polynomial) {
  for (std::size_t i = 0; i < polynomial.size(); ++i) sum[i] += factor * polynomial[i];
}

/// s_0 = eq_sharp * sum (mu^2t P_t + mu^(2t+1) Q_t) + eq_D * sum mu^(2T+t) V_t.
std::vector<Fp4> univariate_round_polynomial(const Statement& statement, const GkrClaim& claim,
                                             std::span<const TraceRoundPolynomials> polynomials,
                                             std::span<const Fp4> mu_powers) {
  const std::size_t chunk = std::size_t{1} << statement.l_skip();
  const std::size_t inner = statement.max_constraint_degree() * (chunk - 1) + 1;
  const std::size_t num_traces = statement.traces.size();
  std::vector<Fp4> logup(inner), zerocheck(inner);
  for (std::size_t t = 0; t < num_traces; ++t) {
    add_scaled(logup, mu_powers[2 * t], polynomials[t].numerator);
    add_scaled(logup, mu_powers[2 * t + 1], polynomials[t].denominator);
    add_scaled(zerocheck, mu_powers[2 * num_traces + t], polynomials[t].zerocheck);
  }
  const std::vector<Fp4> sharp =
      eq_sharp_coefficients(std::span(claim.xi).first(statement.l_skip()));
  const std::vector<Fp4> plain = eq_univariate_coefficients(
      statement.l_skip(), statement.l_skip() == 0 ? Fp4::zero() : claim.xi[0]);
  std::vector<Fp4> s_0 = multiply_polynomials(sharp, logup);
  const std::vector<Fp4> zerocheck_part = multiply_polynomials(plain, zerocheck);
  for (std::size_t i = 0; i < s_0.size(); ++i) s_0[i] += zerocheck_part[i];
  return s_0;
}

/// The driver of rounds 1 to n_max: adds the eq factor, the finished traces and s_j(0).
class MultilinearRounds {
 public:
  MultilinearRounds(const Statement& statement, const GkrClaim& claim, ConstraintSumcheck& sumcheck)
      : statement_(statement), claim_(claim), sumcheck_(sumcheck) {
    finish_traces(0);
  }

  /// s_j at 1 .. d + 1. Spec 05, section 7: H has degree d, H(0) follows from the running claim.
  std::vector<Fp4> round(unsigned j, const Fp4& running) {
    const Fp4 xi = claim_.xi[statement_.l_skip() + j - 1];
    const bool derive = !(xi == Fp4::one());
    std::vector<Fp4> h = sumcheck_.round(derive ? 1 : 0);
    for (Fp4& value : h) value *= eq_product_;
    if (derive) {
      const Fp4 at_1 = h.front();
      h.insert(h.begin(), (running - xi * at_1 - tail_) * (Fp4::one() - xi).inverse());
    }
    const unsigned degree = statement_.max_constraint_degree();
    h.push_back(interpolate_at(h, Fp4(Fp::from_canonical(degree + 1))));
    std::vector<Fp4> s;
    for (unsigned x = 1; x <= degree + 1; ++x) {
      const Fp at = Fp::from_canonical(x);
      s.push_back(eq1(xi, Fp4(at)) * h[x] + tail_ * at);
    }
    return s;
  }

  ConstraintSumcheck::RoundClaim claim(const Fp4& running) const {
    return {.value = running, .eq_bound = eq_product_, .finished = tail_};
  }

  void fold(unsigned j, const Fp4& challenge) {
    sumcheck_.fold(challenge);
    eq_product_ *= eq1(claim_.xi[statement_.l_skip() + j - 1], challenge);
    tail_ *= challenge;
    finish_traces(j);
  }

 private:
  void finish_traces(unsigned j) {
    for (std::size_t t = 0; t < statement_.traces.size(); ++t) {
      if (statement_.traces[t].n_lifted == j) tail_ += eq_product_ * sumcheck_.finished_value(t);
    }
  }

  const Statement& statement_;
  const GkrClaim& claim_;
  ConstraintSumcheck& sumcheck_;
  Fp4 eq_product_ = Fp4::one();  ///< prod eq(xi, r) over the bound row bits
  Fp4 tail_;                     ///< finished traces, each times the challenges since
};

std::vector<TraceWeights> trace_weights(const Statement& statement, const GkrClaim& claim,
                                        const Fp4& r0, std::span<const Fp4> mu_powers) {
  const std::size_t num_traces = statement.traces.size();
  const unsigned l_skip = statement.l_skip();
  const Fp4 sharp = eq_sharp(std::span(claim.xi).first(l_skip), r0);
  const Fp4 plain = l_skip == 0 ? Fp4::one() : eq_univariate(l_skip, claim.xi[0], r0);
  std::vector<TraceWeights> weights;
  for (std::size_t t = 0; t < num_traces; ++t) {
    weights.push_back({.numerator = sharp * mu_powers[2 * t] * norm_factor(statement.traces[t]),
                       .denominator = sharp * mu_powers[2 * t + 1],
                       .zerocheck = plain * mu_powers[2 * num_traces + t]});
  }
  return weights;
}

std::unique_ptr<ConstraintSumcheck> make_sumcheck(BackendSession& backend,
                                                  const Statement& statement,
                                                  std::span<const TraceInput> traces,
                                                  const GkrClaim& claim, const Fp4& lambda) {
  std::vector<std::vector<Fp4>> weights(traces.size());
  for (const InteractionBlock& block : interaction_blocks(statement)) {
    weights[block.trace].push_back(interaction_weight(statement, block, claim.xi));
  }
  return backend.constraint_sumcheck({.traces = traces,
                                      .interaction_weights = std::move(weights),
                                      .xi = claim.xi,
                                      .beta = claim.beta,
                                      .lambda = lambda});
}

/// Lets the backend do the rounds that are left by itself. False if it wants the next one to be
/// asked for.
bool finish_rounds(ConstraintSumcheck& sumcheck, const ConstraintSumcheck::RoundClaim& claim,
                   Transcript& transcript, std::vector<Fp4>& r, BatchConstraintProof& proof) {
  DuplexState sponge = transcript.export_state();
  auto rest = sumcheck.finish_rounds(claim, sponge);
  if (!rest) return false;
  r.insert(r.end(), rest->challenges.begin(), rest->challenges.end());
  if (transcript.recording()) {
    for (const std::vector<Fp4>& s : rest->round_polynomials) {
      transcript.observe(s);
      static_cast<void>(transcript.sample_ext());
    }
  } else {
    transcript.import_state(sponge);
  }
  for (std::vector<Fp4>& s : rest->round_polynomials) {
    proof.sumcheck_round_polys.push_back(std::move(s));
  }
  return true;
}

/// Observes the openings as they come, in the order of column_claims.
std::vector<ColumnClaim> open_columns(const Statement& statement, ConstraintSumcheck& sumcheck,
                                      Transcript& transcript, BatchConstraintProof& proof) {
  std::size_t num_columns = 0;
  for (const SortedTrace& trace : statement.traces) {
    std::vector<std::vector<Fp4>>& parts = proof.column_openings.emplace_back(trace.num_parts());
    for (std::size_t part = 0; part < parts.size(); ++part) {
      const std::size_t width = trace.part_width(part);
      parts[part].reserve(width * trace.air->openings_per_column());
      num_columns += width;
    }
  }
  std::vector<ColumnClaim> claims;
  claims.reserve(num_columns);
  sumcheck.openings([&](std::size_t t, std::size_t part, std::span<const Fp4> values) {
    const std::size_t step = statement.traces[t].air->openings_per_column(), first = claims.size();
    for (std::size_t i = 0; i < values.size(); i += step) {
      claims.push_back({values[i], step == 2 ? values[i + 1] : Fp4::zero()});
    }
    observe_column_claims(transcript, std::span(claims).subspan(first));
    std::vector<Fp4>& opened = proof.column_openings[t][part];
    opened.insert(opened.end(), values.begin(), values.end());
  });
  return claims;
}

}  // namespace

OpeningClaims prove_batch_constraints(BackendSession& backend, const Statement& statement,
                                      std::span<const TraceInput> traces, const GkrClaim& gkr_claim,
                                      Transcript& transcript, BatchConstraintProof& proof) {
  const Fp4 lambda = transcript.sample_ext();
  const auto sumcheck = make_sumcheck(backend, statement, traces, gkr_claim, lambda);
  std::optional<Span> span(std::in_place, "prover.rap_constraints.round0");
  std::vector<TraceRoundPolynomials> polynomials = sumcheck->round0();
  const std::vector<Fp4> sharp =
      eq_sharp_coefficients(std::span(gkr_claim.xi).first(statement.l_skip()));
  for (std::size_t t = 0; t < traces.size(); ++t) {
    for (Fp4& c : polynomials[t].numerator) c *= norm_factor(statement.traces[t]);
    proof.numerator_term_per_air.push_back(sum_claim(statement, sharp, polynomials[t].numerator));
    proof.denominator_term_per_air.push_back(
        sum_claim(statement, sharp, polynomials[t].denominator));
    transcript.observe(proof.numerator_term_per_air[t]);
    transcript.observe(proof.denominator_term_per_air[t]);
  }
  transcript.mark("logup_terms_end");

  const std::vector<Fp4> mu_powers = powers(transcript.sample_ext(), 3 * traces.size());
  proof.univariate_round_coeffs =
      univariate_round_polynomial(statement, gkr_claim, polynomials, mu_powers);
  transcript.observe(proof.univariate_round_coeffs);
  OpeningClaims claims;
  claims.r.push_back(transcript.sample_ext());
  transcript.mark("round0_end");

  span.emplace("prover.rap_constraints.mle_rounds");
  Fp4 running = evaluate_polynomial(proof.univariate_round_coeffs, claims.r[0]);
  sumcheck->fold_prism(claims.r[0], trace_weights(statement, gkr_claim, claims.r[0], mu_powers));
  MultilinearRounds rounds(statement, gkr_claim, *sumcheck);
  for (unsigned j = 1; j <= statement.n_max; ++j) {
    if (finish_rounds(*sumcheck, rounds.claim(running), transcript, claims.r, proof)) break;
    std::vector<Fp4> s = rounds.round(j, running);
    transcript.observe(s);
    claims.r.push_back(transcript.sample_ext());
    rounds.fold(j, claims.r.back());
    proof.sumcheck_round_polys.push_back(s);
    s.insert(s.begin(), running - s.front());
    running = interpolate_at(s, claims.r.back());
  }
  transcript.mark("batch_sumcheck_end");

  claims.columns = open_columns(statement, *sumcheck, transcript, proof);
  transcript.mark("column_openings_end");
  return claims;
}

}  // namespace gyre
