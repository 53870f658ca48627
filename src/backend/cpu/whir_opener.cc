#include <algorithm>
#include <utility>

#include "backend/cpu/cpu.h"
#include "gyre/support/telemetry.h"
#include "poly/kernels.h"
#include "poly/ntt.h"

namespace gyre::cpu {
namespace {

/// Coefficients c of the polynomial and moments A[v] = sum of the weight over the cube points above
/// v: their inner product is the claim. Spec 07, section 9.
class CpuWhirOpener : public WhirOpener {
 public:
  CpuWhirOpener(const Context& context, std::span<const Commitment* const> commitments,
                const Fp4& mu, std::span<const Fp4> point)
      : context_(context), moments_(eq_table(point)) {
    std::size_t width = 0;
    for (const Commitment* commitment : commitments) width += commitment->layout().width();
    const std::vector<Fp4> weights = powers(mu, width);
    coefficients_ = FoldingTable(moments_.size());
    const std::size_t block = std::min<std::size_t>(moments_.size(), kGrain);
    count_dispatch(moments_.size() * (width + 4) * sizeof(Fp));
    context.parallel.each(moments_.size() / block, [&](std::size_t i) {
      const std::span<Fp4> rows(coefficients_.data() + i * block, block);
      std::fill(rows.begin(), rows.end(), Fp4());
      std::vector<Fp> scratch(block);
      const Fp4* weight = weights.data();
      for (const Commitment* commitment : commitments) {
        const StackedView& view = static_cast<const CpuCommitment*>(commitment)->view();
        for (std::size_t c = 0; c < view.width(); ++c, ++weight) {
          const Fp* column = view.read(c, i * block, block, scratch.data());
          for (std::size_t j = 0; j < block; ++j) rows[j] += *weight * column[j];
        }
      }
      evaluations_to_message(rows, context.l_skip());
    });
  }

  std::array<Fp4, 2> round(const Fp4&) override {
    count_dispatch(2 * moments_.size() * sizeof(Fp4));
    const auto sums = context_.parallel.sum<RoundSums>(
        moments_.size() / 2, kGrain, [&](std::size_t begin, std::size_t end) {
          RoundSums partial;
          for (std::size_t y = begin; y < end; ++y) {
            const Fp4 c0 = coefficients_[2 * y], c1 = coefficients_[2 * y + 1];
            const Fp4 a0 = moments_[2 * y], a1 = moments_[2 * y + 1];
            partial.at_1 += (c0 + c1) * a1;
            partial.at_2 += (c0 + c1.doubled()) * (a1.doubled() + a1 - a0);
          }
          return partial;
        });
    return {sums.at_1, sums.at_2};
  }

  void fold(const Fp4& challenge) override {
    // c' = c0 + alpha c1,  a' = a0 - a1 + alpha (2 a1 - a0).
    const std::size_t half = moments_.size() / 2;
    FoldingTable coefficients(half), moments(half);
    count_dispatch(3 * moments_.size() * sizeof(Fp4));
    context_.parallel.ranges(half, kGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t y = begin; y < end; ++y) {
        const Fp4 a0 = moments_[2 * y], a1 = moments_[2 * y + 1];
        coefficients[y] = coefficients_[2 * y] + challenge * coefficients_[2 * y + 1];
        moments[y] = a0 - a1 + challenge * (a1.doubled() - a0);
      }
    });
    coefficients_ = std::move(coefficients);
    moments_ = std::move(moments);
  }

  Digest commit_folded(unsigned log_domain) override {
    const std::size_t size = std::size_t{1} << log_domain;
    Oracle oracle{.codeword = Buffer<Fp>(Fp4::kDegree * size), .tree = {}};
    const auto twiddles = shared_twiddles(log_domain);
    count_dispatch(3 * Fp4::kDegree * size * sizeof(Fp));
    context_.parallel.each(Fp4::kDegree, [&](std::size_t j) {
      const std::span<Fp> column = oracle.codeword.span().subspan(j * size, size);
      for (std::size_t v = 0; v < coefficients_.size(); ++v) column[v] = coefficients_[v].c[j];
      std::fill(column.begin() + coefficients_.size(), column.end(), Fp());
      dft_to_bit_reversed(column, *twiddles);
      bit_reverse(column);
    });
    oracle.tree =
        merkle_layers(context_.parallel, oracle.codeword.span(), size, Fp4::kDegree, context_.k());
    oracles_.push_back(std::move(oracle));
    return oracles_.back().tree.root();
  }

  Fp4 evaluate(const Fp4& z) override { return evaluate_polynomial(final_polynomial(), z); }

  std::vector<Fp4> final_polynomial() override {
    return {coefficients_.data(), coefficients_.data() + coefficients_.size()};
  }

  std::vector<LeafOpening<Fp4>> open(unsigned round,
                                     std::span<const std::size_t> indices) override {
    std::vector<LeafOpening<Fp4>> openings;
    for (const std::size_t index : indices) openings.push_back(open_leaf(round, index));
    return openings;
  }

  LeafOpening<Fp4> open_leaf(unsigned round, std::size_t index) const {
    const Oracle& oracle = oracles_[round - 1];
    LeafOpening<Fp4> opening{.rows = {}, .path = oracle.tree.path(index)};
    const std::size_t leaves = oracle.tree.layers.front().size(), size = leaves << context_.k();
    for (std::size_t t = 0; t < std::size_t{1} << context_.k(); ++t) {
      Fp4& row = opening.rows.emplace_back();
      for (std::size_t j = 0; j < Fp4::kDegree; ++j) {
        row.c[j] = oracle.codeword[j * size + index + t * leaves];
      }
    }
    return opening;
  }

  /// factor * eq(., pow(z)) has the moments factor * z^v.
  void add_weight(std::span<const WeightTerm> terms) override {
    count_dispatch(2 * moments_.size() * sizeof(Fp4));
    context_.parallel.ranges(moments_.size(), kGrain, [&](std::size_t begin, std::size_t end) {
      for (const WeightTerm& term : terms) {
        Fp4 value = term.factor * term.z.pow(begin);
        const bool in_base_field = term.z == Fp4(term.z.c[0]);
        for (std::size_t v = begin; v < end; ++v) {
          moments_[v] += value;
          value = in_base_field ? value * term.z.c[0] : value * term.z;
        }
      }
    });
  }

 private:
  struct Oracle {
    Buffer<Fp> codeword;  ///< four columns, one per coefficient
    MerkleLayers tree;
  };

  const Context& context_;
  FoldingTable moments_, coefficients_;
  std::vector<Oracle> oracles_;
};

}  // namespace

std::unique_ptr<WhirOpener> make_whir_opener(const Context& context, Arena&,
                                             std::span<const Commitment* const> commitments,
                                             const Fp4& mu, std::span<const Fp4> point) {
  return std::make_unique<CpuWhirOpener>(context, commitments, mu, point);
}

}  // namespace gyre::cpu
