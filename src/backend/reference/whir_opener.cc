#include <utility>

#include "backend/reference/reference.h"
#include "poly/kernels.h"
#include "poly/ntt.h"

namespace gyre::reference {
namespace {

/// The polynomial and its weight as tables on the hypercube. Spec 07, section 2.
class PlainWhirOpener : public WhirOpener {
 public:
  PlainWhirOpener(const SystemParams& params, std::span<const Commitment* const> commitments,
                  const Fp4& mu, std::span<const Fp4> point)
      : k_(static_cast<unsigned>(params.whir.k)),
        commitments_(commitments.begin(), commitments.end()) {
    std::vector<Fp4> message(std::size_t{1} << params.log_stacked_height());
    Fp4 power = Fp4::one();
    for (const Commitment* commitment : commitments) {
      const MatrixView stacked = static_cast<const PlainBackendCommitment*>(commitment)->stacked();
      for (std::size_t c = 0; c < stacked.width(); ++c, power *= mu) {
        const std::span<const Fp> column = stacked.column(c);
        for (std::size_t v = 0; v < message.size(); ++v) message[v] += power * column[v];
      }
    }
    evaluations_to_message(std::span(message), static_cast<unsigned>(params.l_skip));
    values_ = std::move(message);
    // F(b) = sum of the coefficients whose index is a bit-subset of b.
    for (std::size_t bit = 1; bit < values_.size(); bit <<= 1) {
      for (std::size_t b = 0; b < values_.size(); ++b) {
        if ((b & bit) != 0) values_[b] += values_[b - bit];
      }
    }
    // mob(U, b): 1 - 2 U_t where bit t is 0, U_t where it is 1.
    weight_.assign(1, Fp4::one());
    for (const Fp4& u : point) {
      const std::size_t half = weight_.size();
      for (std::size_t i = 0; i < half; ++i) weight_.push_back(weight_[i] * u);
      for (std::size_t i = 0; i < half; ++i) weight_[i] *= Fp4::one() - u.doubled();
    }
  }

  std::array<Fp4, 2> round() override {
    std::array<Fp4, 2> sums;
    for (std::size_t y = 0; y < values_.size() / 2; ++y) {
      const Fp4 f0 = values_[2 * y], f1 = values_[2 * y + 1];
      const Fp4 w0 = weight_[2 * y], w1 = weight_[2 * y + 1];
      sums[0] += f1 * w1;
      sums[1] += (f1.doubled() - f0) * (w1.doubled() - w0);
    }
    return sums;
  }

  void fold(const Fp4& challenge) override {
    bind_lowest(values_, challenge);
    bind_lowest(weight_, challenge);
  }

  std::vector<Fp4> final_polynomial() override {
    std::vector<Fp4> coefficients = values_;
    for (std::size_t bit = 1; bit < coefficients.size(); bit <<= 1) {
      for (std::size_t b = 0; b < coefficients.size(); ++b) {
        if ((b & bit) != 0) coefficients[b] -= coefficients[b - bit];
      }
    }
    return coefficients;
  }

  Digest commit_folded(unsigned log_domain) override {
    std::vector<Fp4> codeword = final_polynomial();
    codeword.resize(std::size_t{1} << log_domain);
    dft(std::span(codeword));
    std::vector<Digest> row_digests;
    for (const Fp4& value : codeword) row_digests.push_back(hash_slice(value.c));
    oracles_.push_back({std::move(codeword), plain_merkle_layers(std::move(row_digests), k_)});
    return oracles_.back().tree.root();
  }

  Fp4 evaluate(const Fp4& z) override { return evaluate_polynomial(final_polynomial(), z); }

  void open(unsigned round, std::span<const std::size_t> indices) override {
    if (round == 0) {
      for (const Commitment* commitment : commitments_) {
        openings_.commitments.push_back(
            static_cast<const PlainBackendCommitment*>(commitment)->open(indices));
      }
      return;
    }
    auto& leaves = openings_.codewords.emplace_back();
    for (const std::size_t index : indices) {
      leaves.push_back(open_leaf(oracles_[round - 1], index));
    }
  }

  WhirOpenings openings() override { return std::move(openings_); }

  void add_weight(std::span<const WeightTerm> terms) override {
    std::size_t num_variables = 0;
    while (std::size_t{1} << num_variables < weight_.size()) ++num_variables;
    for (const WeightTerm& term : terms) {
      const std::vector<Fp4> table = eq_table(squarings(term.z, num_variables), term.factor);
      for (std::size_t b = 0; b < weight_.size(); ++b) weight_[b] += table[b];
    }
  }

 private:
  struct Oracle {
    std::vector<Fp4> codeword;
    MerkleLayers tree;
  };

  LeafOpening<Fp4> open_leaf(const Oracle& oracle, std::size_t index) const {
    LeafOpening<Fp4> opening{.rows = {}, .path = oracle.tree.path(index)};
    const std::size_t leaves = oracle.tree.layers.front().size();
    for (std::size_t t = 0; t < std::size_t{1} << k_; ++t) {
      opening.rows.push_back(oracle.codeword[index + t * leaves]);
    }
    return opening;
  }

  unsigned k_;
  std::vector<Fp4> values_, weight_;
  std::vector<const Commitment*> commitments_;
  std::vector<Oracle> oracles_;
  WhirOpenings openings_;
};

}  // namespace

std::unique_ptr<WhirOpener> make_whir_opener(const SystemParams& params,
                                             std::span<const Commitment* const> commitments,
                                             const Fp4& mu, std::span<const Fp4> point) {
  return std::make_unique<PlainWhirOpener>(params, commitments, mu, point);
}

}  // namespace gyre::reference
