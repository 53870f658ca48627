#include <bit>
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
  CpuWhirOpener(const Context& context, Arena& arena,
                std::span<const Commitment* const> commitments, const Fp4& mu,
                std::span<const Fp4> point)
      : scope_(arena), arena_(arena), context_(context), moments_(eq_table(point)) {
    std::size_t width = 0;
    for (const Commitment* commitment : commitments) width += commitment->layout().width();
    const std::vector<Fp4> weights = powers(mu, width);
    coefficients_ = FoldingTable(moments_.size());
    const std::size_t chunk = std::size_t{1} << context.l_skip();
    count_dispatch(moments_.size() * (width + 4) * sizeof(Fp));
    context.parallel.ranges(
        moments_.size() / chunk, kGrain / chunk + 1, [&](std::size_t begin, std::size_t end) {
          const std::span<Fp4> rows(coefficients_.data() + begin * chunk, (end - begin) * chunk);
          std::fill(rows.begin(), rows.end(), Fp4());
          const Fp4* weight = weights.data();
          for (const Commitment* commitment : commitments) {
            const MatrixView stacked = static_cast<const CpuCommitment*>(commitment)->stacked();
            for (std::size_t c = 0; c < stacked.width(); ++c, ++weight) {
              const std::span<const Fp> column = stacked.column(c).subspan(begin * chunk);
              for (std::size_t i = 0; i < rows.size(); ++i) rows[i] += *weight * column[i];
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
    const CodewordShape shape{
        .log_message = static_cast<unsigned>(std::countr_zero(coefficients_.size())),
        .log_blowup = log_domain - static_cast<unsigned>(std::countr_zero(coefficients_.size())),
        .width = Fp4::kDegree,
        .l_skip = 0,
        .k = context_.k()};
    const CoefficientColumns columns(coefficients_.data());
    oracles_.push_back(
        std::make_unique<Oracle>(context_.parallel, arena_, shape, columns, CodewordPolicy::kKeep));
    return oracles_.back()->root();
  }

  Fp4 evaluate(const Fp4& z) override { return evaluate_polynomial(final_polynomial(), z); }

  std::vector<Fp4> final_polynomial() override {
    return {coefficients_.data(), coefficients_.data() + coefficients_.size()};
  }

  std::vector<LeafOpening<Fp4>> open(unsigned round,
                                     std::span<const std::size_t> indices) override {
    const Oracle& oracle = *oracles_[round - 1];
    std::vector<LeafOpening<Fp4>> openings;
    const std::vector<std::vector<Fp>> leaves = oracle.open(indices);
    for (std::size_t i = 0; i < indices.size(); ++i) {
      auto& opening = openings.emplace_back();
      opening.path = oracle.path(indices[i]);
      const std::vector<Fp>& rows = leaves[i];
      for (std::size_t j = 0; j < rows.size(); j += Fp4::kDegree) {
        opening.rows.emplace_back(rows[j], rows[j + 1], rows[j + 2], rows[j + 3]);
      }
    }
    return openings;
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
  Arena::Scope scope_;
  Arena& arena_;
  const Context& context_;
  FoldingTable moments_, coefficients_;
  std::vector<std::unique_ptr<Oracle>> oracles_;
};

}  // namespace

std::unique_ptr<WhirOpener> make_whir_opener(const Context& context, Arena& arena,
                                             std::span<const Commitment* const> commitments,
                                             const Fp4& mu, std::span<const Fp4> point) {
  return std::make_unique<CpuWhirOpener>(context, arena, commitments, mu, point);
}

}  // namespace gyre::cpu
