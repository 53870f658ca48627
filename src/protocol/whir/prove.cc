#include "protocol/whir/prove.h"

#include "gyre/support/telemetry.h"
#include "poly/kernels.h"

namespace gyre {
namespace {

class WhirProver {
 public:
  WhirProver(BackendSession& backend, const SystemParams& params,
             std::span<const Commitment* const> committed, Grinder& grinder, Transcript& transcript,
             WhirProof& proof)
      : backend_(backend),
        params_(params),
        committed_(committed),
        grinder_(grinder),
        transcript_(transcript),
        proof_(proof) {}

  void prove(std::span<const std::vector<Fp4>> stacking_openings, std::span<const Fp4> point) {
    proof_.mu_pow_witness = grinder_.grind(transcript_, params_.whir.mu_pow_bits);
    const Fp4 mu = transcript_.sample_ext();
    transcript_.mark("whir_mu_end");
    Fp4 power = Fp4::one();
    for (const std::vector<Fp4>& openings : stacking_openings) {
      for (const Fp4& opening : openings) {
        claim_ += power * opening;
        mu_powers_.push_back(power);
        power *= mu;
      }
    }
    opener_ = backend_.whir_opener(committed_, mu, point);
    for (unsigned r = 0; r < params_.num_whir_rounds(); ++r) prove_round(r);
  }

 private:
  void prove_round(unsigned r) {
    const auto k = static_cast<unsigned>(params_.whir.k);
    const bool last = r + 1 == params_.num_whir_rounds();
    const unsigned log_domain =
        params_.log_stacked_height() + static_cast<unsigned>(params_.log_blowup) - r;

    std::vector<Fp4> alphas;
    for (unsigned s = 0; s < k; ++s) alphas.push_back(fold_once());
    transcript_.mark("whir_round_sumcheck_end", r);

    Fp4 z0;
    if (last) {
      proof_.final_poly = opener_->final_polynomial();
      transcript_.observe(proof_.final_poly);
    } else {
      proof_.codeword_commits.push_back(opener_->commit_folded(log_domain - 1));
      transcript_.observe(proof_.codeword_commits.back());
      z0 = transcript_.sample_ext();
      proof_.ood_values.push_back(opener_->evaluate(z0));
      transcript_.observe(proof_.ood_values.back());
    }
    transcript_.mark("whir_round_commit_end", r);

    proof_.query_phase_pow_witnesses.push_back(
        grinder_.grind(transcript_, params_.whir.query_phase_pow_bits));
    std::vector<std::size_t> indices;
    for (std::uint64_t q = 0; q < params_.whir.num_queries[r]; ++q) {
      indices.push_back(transcript_.sample_bits(log_domain - k));
    }
    transcript_.mark("whir_round_queries_end", r);
    const std::vector<Fp4> answers = open(r, indices, alphas, log_domain);

    const Fp4 gamma = transcript_.sample_ext();
    transcript_.mark("whir_round_end", r);
    if (!last) update_weight(indices, answers, z0, gamma, log_domain - k);
  }

  Fp4 fold_once() {
    const std::array<Fp4, 2> s = opener_->round(claim_);
    proof_.whir_sumcheck_polys.push_back(s);
    transcript_.observe(s[0]);
    transcript_.observe(s[1]);
    proof_.folding_pow_witnesses.push_back(
        grinder_.grind(transcript_, params_.whir.folding_pow_bits));
    const Fp4 alpha = transcript_.sample_ext();
    claim_ = interpolate_quadratic(claim_ - s[0], s[0], s[1], alpha);
    opener_->fold(alpha);
    return alpha;
  }

  /// Opens the oracles of round r at the indices; the folded polynomial's values there, which the
  /// running claim of the next round needs.
  std::vector<Fp4> open(unsigned r, std::span<const std::size_t> indices,
                        std::span<const Fp4> alphas, unsigned log_domain) {
    std::vector<std::vector<Fp4>> leaves =
        r == 0 ? open_commitments(indices) : open_codeword(r, indices);
    std::vector<Fp4> answers;
    const Fp root = two_adic_generator(log_domain);
    for (std::size_t q = 0; q < indices.size(); ++q) {
      answers.push_back(fold_coset(std::move(leaves[q]), alphas, root.pow(indices[q])));
    }
    return answers;
  }

  /// The rows of each query, batched over all columns with powers of mu.
  std::vector<std::vector<Fp4>> open_commitments(std::span<const std::size_t> indices) {
    std::vector<std::vector<Fp4>> leaves(indices.size(),
                                         std::vector<Fp4>(std::size_t{1} << params_.whir.k));
    std::size_t first_column = 0;
    for (const Commitment* commitment : committed_) {
      auto& rows = proof_.initial_round_opened_rows.emplace_back();
      auto& paths = proof_.initial_round_merkle_proofs.emplace_back();
      auto openings = commitment->open(indices);
      for (std::size_t q = 0; q < indices.size(); ++q) {
        auto& opening = openings[q];
        for (std::size_t t = 0; t < opening.rows.size(); ++t) {
          for (std::size_t c = 0; c < opening.rows[t].size(); ++c) {
            leaves[q][t] += mu_powers_[first_column + c] * opening.rows[t][c];
          }
        }
        rows.push_back(std::move(opening.rows));
        paths.push_back(std::move(opening.path));
      }
      first_column += commitment->layout().width();
    }
    return leaves;
  }

  std::vector<std::vector<Fp4>> open_codeword(unsigned r, std::span<const std::size_t> indices) {
    auto& values = proof_.codeword_opened_values.emplace_back();
    auto& paths = proof_.codeword_merkle_proofs.emplace_back();
    for (auto& opening : opener_->open(r, indices)) {
      values.push_back(std::move(opening.rows));
      paths.push_back(std::move(opening.path));
    }
    return values;
  }

  /// claim += gamma ood + sum_q gamma^(q+2) F(z_q), and the weight alike.
  void update_weight(std::span<const std::size_t> indices, std::span<const Fp4> answers,
                     const Fp4& z0, const Fp4& gamma, unsigned log_leaves) {
    const Fp root = two_adic_generator(log_leaves);
    Fp4 power = gamma;
    std::vector<WhirOpener::WeightTerm> terms = {{.z = z0, .factor = power}};
    claim_ += power * proof_.ood_values.back();
    for (std::size_t q = 0; q < indices.size(); ++q) {
      power *= gamma;
      terms.push_back({.z = Fp4(root.pow(indices[q])), .factor = power});
      claim_ += power * answers[q];
    }
    opener_->add_weight(terms);
  }

  BackendSession& backend_;
  const SystemParams& params_;
  std::span<const Commitment* const> committed_;
  Grinder& grinder_;
  Transcript& transcript_;
  WhirProof& proof_;
  std::unique_ptr<WhirOpener> opener_;
  std::vector<Fp4> mu_powers_;  ///< per stacked column
  Fp4 claim_;
};

}  // namespace

void prove_whir(BackendSession& backend, const SystemParams& params,
                std::span<const Commitment* const> committed,
                std::span<const std::vector<Fp4>> stacking_openings, std::span<const Fp4> point,
                Grinder& grinder, Transcript& transcript, WhirProof& proof) {
  const Span span("prover.openings.whir");
  WhirProver(backend, params, committed, grinder, transcript, proof)
      .prove(stacking_openings, point);
}

}  // namespace gyre
