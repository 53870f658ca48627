#include "protocol/whir/prove.h"

#include "gyre/support/telemetry.h"

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

  void prove(std::span<const Fp4> point) {
    proof_.mu_pow_witness = grinder_.grind(transcript_, params_.whir.mu_pow_bits);
    const Fp4 mu = transcript_.sample_ext();
    transcript_.mark("whir_mu_end");
    opener_ = backend_.whir_opener(committed_, mu, point);
    for (unsigned r = 0; r < params_.num_whir_rounds(); ++r) prove_round(r);
    take_openings();
  }

 private:
  void prove_round(unsigned r) {
    const auto k = static_cast<unsigned>(params_.whir.k);
    const bool last = r + 1 == params_.num_whir_rounds();
    const unsigned log_domain =
        params_.log_stacked_height() + static_cast<unsigned>(params_.log_blowup) - r;

    for (unsigned s = 0; s < k; ++s) {
      if (finish_folds(k - s)) break;
      fold_once();
    }
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
    opener_->open(r, indices);

    const Fp4 gamma = transcript_.sample_ext();
    transcript_.mark("whir_round_end", r);
    if (!last) update_weight(indices, z0, gamma, log_domain - k);
  }

  void fold_once() {
    const std::array<Fp4, 2> s = opener_->round();
    proof_.whir_sumcheck_polys.push_back(s);
    transcript_.observe(s[0]);
    transcript_.observe(s[1]);
    proof_.folding_pow_witnesses.push_back(
        grinder_.grind(transcript_, params_.whir.folding_pow_bits));
    opener_->fold(transcript_.sample_ext());
  }

  /// Lets the backend do `count` folds by itself. False if it wants the next one to be asked for.
  bool finish_folds(unsigned count) {
    if (!grinder_.searches()) return false;
    DuplexState sponge = transcript_.export_state();
    const auto pow_bits = static_cast<unsigned>(params_.whir.folding_pow_bits);
    const auto rest = opener_->finish_folds(count, pow_bits, sponge);
    if (!rest) return false;
    proof_.whir_sumcheck_polys.insert(proof_.whir_sumcheck_polys.end(),
                                      rest->round_polynomials.begin(),
                                      rest->round_polynomials.end());
    proof_.folding_pow_witnesses.insert(proof_.folding_pow_witnesses.end(), rest->witnesses.begin(),
                                        rest->witnesses.end());
    take_over(transcript_, *rest, pow_bits, sponge);
    return true;
  }

  void take_openings() {
    const auto take = [](auto& leaves, auto& rows, auto& paths) {
      for (auto& leaf : leaves) {
        rows.push_back(std::move(leaf.rows));
        paths.push_back(std::move(leaf.path));
      }
    };
    WhirOpenings openings = opener_->openings();
    for (auto& leaves : openings.commitments) {
      take(leaves, proof_.initial_round_opened_rows.emplace_back(),
           proof_.initial_round_merkle_proofs.emplace_back());
    }
    for (auto& leaves : openings.codewords) {
      take(leaves, proof_.codeword_opened_values.emplace_back(),
           proof_.codeword_merkle_proofs.emplace_back());
    }
  }

  /// The claim, which the prover does without, becomes
  /// claim + gamma ood + sum over q of gamma^(q+2) F(z_q), and the weight alike.
  void update_weight(std::span<const std::size_t> indices, const Fp4& z0, const Fp4& gamma,
                     unsigned log_leaves) {
    const Fp root = two_adic_generator(log_leaves);
    Fp4 power = gamma;
    std::vector<WhirOpener::WeightTerm> terms = {{.z = z0, .factor = power}};
    for (const std::size_t index : indices) {
      power *= gamma;
      terms.push_back({.z = Fp4(root.pow(index)), .factor = power});
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
};

}  // namespace

void prove_whir(BackendSession& backend, const SystemParams& params,
                std::span<const Commitment* const> committed, std::span<const Fp4> point,
                Grinder& grinder, Transcript& transcript, WhirProof& proof) {
  const Span span("prover.openings.whir");
  WhirProver(backend, params, committed, grinder, transcript, proof).prove(point);
}

}  // namespace gyre
