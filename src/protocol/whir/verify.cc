#include "protocol/whir/verify.h"

#include <utility>

#include "poly/kernels.h"
#include "protocol/whir/verify_openings.h"

namespace gyre {
namespace {

using Code = VerifyErrorCode;
using Failure = std::optional<VerifyError>;

/// "The message has the value that entered the claim at (z, z^2, z^4, ...)", with its weight. For
/// the final identity.
struct PointTerm {
  Fp4 z, weight;
};
struct BasePointTerm {
  Fp z;
  Fp4 weight;
};

/// What a round adds to the weight of the sumcheck.
struct RoundTerms {
  std::optional<PointTerm> out_of_domain;  ///< none in the last round
  std::vector<BasePointTerm> queries;
};

class WhirVerifier {
 public:
  WhirVerifier(const SystemParams& params, std::span<const Digest> roots,
               std::span<const std::vector<Fp4>> stacking_openings, const WhirProof& proof,
               Transcript& transcript)
      : params_(params),
        k_(static_cast<unsigned>(params.whir.k)),
        roots_(roots),
        stacking_openings_(stacking_openings),
        proof_(proof),
        transcript_(transcript) {}

  Failure verify(std::span<const Fp4> point) {
    if (auto failure = batch_openings()) return failure;
    for (unsigned r = 0; r < params_.num_whir_rounds(); ++r) {
      if (auto failure = verify_round(r)) return failure;
      transcript_.mark("whir_round_end", r);
    }
    if (proof_.final_poly.size() != std::size_t{1} << params_.log_final_poly_length()) {
      return VerifyError{.code = Code::kFinalPolyDegree};
    }
    if (final_sum(point) != sum_) return VerifyError{.code = Code::kFinalPolyConstraint};
    return std::nullopt;
  }

 private:
  /// One codeword for all stacked columns: column y has weight mu^y.
  Failure batch_openings() {
    if (!transcript_.check_witness(static_cast<unsigned>(params_.whir.mu_pow_bits),
                                   proof_.mu_pow_witness)) {
      return VerifyError{.code = Code::kMuPoWInvalid};
    }
    const Fp4 mu = transcript_.sample_ext();
    transcript_.mark("whir_mu_end");
    std::size_t width = 0;
    for (const std::vector<Fp4>& openings : stacking_openings_) width += openings.size();
    mu_powers_ = powers(mu, width);
    std::size_t y = 0;
    for (const std::vector<Fp4>& openings : stacking_openings_) {
      for (const Fp4& opening : openings) sum_ += mu_powers_[y++] * opening;
    }
    return std::nullopt;
  }

  bool is_last(unsigned r) const { return r + 1 == params_.num_whir_rounds(); }

  Failure verify_round(unsigned r) {
    if (auto failure = verify_sumcheck(r)) return failure;
    transcript_.mark("whir_round_sumcheck_end", r);

    RoundTerms terms;
    if (is_last(r)) {
      transcript_.observe(proof_.final_poly);
    } else {
      transcript_.observe(proof_.codeword_commits[r]);
      terms.out_of_domain.emplace().z = transcript_.sample_ext();
      transcript_.observe(proof_.ood_values[r]);
    }
    transcript_.mark("whir_round_commit_end", r);

    if (!transcript_.check_witness(static_cast<unsigned>(params_.whir.query_phase_pow_bits),
                                   proof_.query_phase_pow_witnesses[r])) {
      return VerifyError{.code = Code::kQueryPhasePoWInvalid};
    }
    const unsigned log_domain =
        params_.log_stacked_height() + static_cast<unsigned>(params_.log_blowup) - r;
    std::vector<std::uint32_t> indices(params_.whir.num_queries[r]);
    for (std::uint32_t& index : indices) index = transcript_.sample_bits(log_domain - k_);
    transcript_.mark("whir_round_queries_end", r);

    const Fp generator = two_adic_generator(log_domain);
    const std::span<const Fp4> round_alphas = std::span<const Fp4>(alphas_).last(k_);
    const auto opened = r == 0 ? open_initial(indices) : open_codeword(r, indices);
    if (!opened) return VerifyError{.code = Code::kMerkleVerify};
    std::vector<Fp4> answers;
    for (std::size_t q = 0; q < indices.size(); ++q) {
      const Fp x = generator.pow(indices[q]);
      answers.push_back(fold_coset((*opened)[q], round_alphas, x));
      terms.queries.push_back({.z = x.pow_power_of_2(k_), .weight = Fp4::zero()});
    }

    // gamma^0 carries the claim, gamma^1 the out-of-domain value, gamma^(q + 2) query q.
    const Fp4 gamma = transcript_.sample_ext();
    if (terms.out_of_domain) {
      terms.out_of_domain->weight = gamma;
      sum_ += gamma * proof_.ood_values[r];
    }
    Fp4 weight = gamma.squared();
    for (std::size_t q = 0; q < answers.size(); ++q, weight *= gamma) {
      terms.queries[q].weight = weight;
      sum_ += weight * answers[q];
    }
    terms_.push_back(std::move(terms));
    return std::nullopt;
  }

  /// k rounds; the challenges are those of the fold.
  Failure verify_sumcheck(unsigned r) {
    for (std::size_t s = std::size_t{k_} * r; s < std::size_t{k_} * (r + 1); ++s) {
      const auto& [at_1, at_2] = proof_.whir_sumcheck_polys[s];
      transcript_.observe(at_1);
      transcript_.observe(at_2);
      if (!transcript_.check_witness(static_cast<unsigned>(params_.whir.folding_pow_bits),
                                     proof_.folding_pow_witnesses[s])) {
        return VerifyError{.code = Code::kFoldingPoWInvalid};
      }
      alphas_.push_back(transcript_.sample_ext());
      sum_ = interpolate_quadratic(sum_ - at_1, at_1, at_2, alphas_.back());
    }
    return std::nullopt;
  }

  /// [query][row of the leaf]: values on the query's coset.
  using OpenedValues = std::vector<std::vector<Fp4>>;

  /// The batched codeword's values, from the rows of all commitments; nothing if they are not
  /// those of the roots.
  std::optional<OpenedValues> open_initial(std::span<const std::uint32_t> indices) const {
    const std::size_t leaf_size = std::size_t{1} << k_;
    OpenedValues values(indices.size(), std::vector<Fp4>(leaf_size));
    std::span<const Fp4> weights = mu_powers_;
    for (std::size_t c = 0; c < roots_.size(); ++c) {
      const auto& opened_rows = proof_.initial_round_opened_rows[c];
      const std::size_t width = stacking_openings_[c].size();
      const auto row = [&](std::size_t i) -> std::span<const Fp> {
        return opened_rows[i / leaf_size][i % leaf_size];
      };
      if (!openings_match_root(roots_[c], leaf_size, width, row, indices,
                               proof_.initial_round_merkle_proofs[c])) {
        return std::nullopt;
      }
      for (std::size_t i = 0; i < indices.size() * leaf_size; ++i) {
        Fp4& value = values[i / leaf_size][i % leaf_size];
        for (std::size_t column = 0; column < width; ++column) {
          value += weights[column] * row(i)[column];
        }
      }
      weights = weights.subspan(width);
    }
    return values;
  }

  /// The values of the codeword of round r - 1.
  std::optional<OpenedValues> open_codeword(unsigned r,
                                            std::span<const std::uint32_t> indices) const {
    const std::size_t leaf_size = std::size_t{1} << k_;
    const OpenedValues& values = proof_.codeword_opened_values[r - 1];
    const auto row = [&](std::size_t i) -> std::span<const Fp> {
      return values[i / leaf_size][i % leaf_size].c;
    };
    if (!openings_match_root(proof_.codeword_commits[r - 1], leaf_size, Fp4::kDegree, row, indices,
                             proof_.codeword_merkle_proofs[r - 1])) {
      return std::nullopt;
    }
    return values;
  }

  /// What the carried claim has to be, given the final polynomial f. Spec 07, section 6.
  Fp4 final_sum(std::span<const Fp4> point) const {
    const std::size_t num_bound = alphas_.size();
    const std::span<const Fp4> alphas = alphas_;
    Fp4 sum = mobius_eq(point.first(num_bound), alphas) *
              evaluate_multilinear(proof_.final_poly, point.subspan(num_bound));
    for (std::size_t r = 0; r < terms_.size(); ++r) {
      // The term entered after k (r + 1) variables; those bound since weigh it with an eq.
      const std::span<const Fp4> later = alphas.subspan(k_ * (r + 1));
      if (terms_[r].out_of_domain) sum += bound_term(later, *terms_[r].out_of_domain);
      for (const BasePointTerm& term : terms_[r].queries) sum += bound_term(later, term);
    }
    return sum;
  }

  /// weight * eq(later, (z, z^2, z^4, ...)) * f(z^(2^|later|)).
  template <class Term>
  Fp4 bound_term(std::span<const Fp4> later, const Term& term) const {
    auto z = term.z;
    Fp4 result = term.weight;
    for (const Fp4& alpha : later) {
      // 1 - alpha - z + 2 alpha z
      result *= Fp4::one() - alpha + (alpha.doubled() - Fp4::one()) * z;
      z = z.squared();
    }
    Fp4 value = Fp4::zero();
    for (auto coefficient = proof_.final_poly.rbegin(); coefficient != proof_.final_poly.rend();
         ++coefficient) {
      value = value * z + *coefficient;
    }
    return result * value;
  }

  const SystemParams& params_;
  const unsigned k_;
  std::span<const Digest> roots_;
  std::span<const std::vector<Fp4>> stacking_openings_;
  const WhirProof& proof_;
  Transcript& transcript_;

  Fp4 sum_;                     ///< the running claim
  std::vector<Fp4> mu_powers_;  ///< one per stacked column
  std::vector<Fp4> alphas_;     ///< folding challenges so far
  std::vector<RoundTerms> terms_;
};

}  // namespace

std::optional<VerifyError> verify_whir(const SystemParams& params, std::span<const Digest> roots,
                                       std::span<const std::vector<Fp4>> stacking_openings,
                                       std::span<const Fp4> point, const WhirProof& proof,
                                       Transcript& transcript) {
  return WhirVerifier(params, roots, stacking_openings, proof, transcript).verify(point);
}

}  // namespace gyre
