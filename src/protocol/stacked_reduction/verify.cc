#include "protocol/stacked_reduction/verify.h"

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "poly/kernels.h"

namespace gyre {
namespace {

using Code = VerifyErrorCode;

/// sum over columns x of lambda^(2x) * (value + lambda * rotated value).
Fp4 batch_column_claims(std::span<const ColumnClaim> columns, const Fp4& lambda) {
  Fp4 sum = Fp4::zero();
  for (auto column = columns.rbegin(); column != columns.rend(); ++column) {
    sum = (sum * lambda + column->rotated) * lambda + column->value;
  }
  return sum;
}

/// eq(u[n + 1 .. n_stack], bits of a slice's number), for slices visited in layout order. Keeps
/// the products of the high bits that neighbouring slices share: amortised O(1) products a slice.
class SliceWeights {
 public:
  /// `point`: u_1, ..., u_n_stack.
  explicit SliceWeights(std::span<const Fp4> point)
      : point_(point), products_(point.size() + 1, Fp4::one()), valid_from_(point.size()) {}

  /// `bits`: the slice's first row without its l_skip low bits; the lowest `n` bits are zero.
  const Fp4& weight(std::size_t bits, std::size_t n) {
    const auto changed = static_cast<std::size_t>(std::bit_width(bits ^ bits_));
    for (std::size_t j = std::max(changed, valid_from_); j > n; --j) {
      const Fp4& u = point_[j - 1];
      products_[j - 1] = products_[j] * ((bits >> (j - 1) & 1) != 0 ? u : Fp4::one() - u);
    }
    bits_ = bits;
    valid_from_ = n;
    return products_[n];
  }

 private:
  std::span<const Fp4> point_;
  std::vector<Fp4> products_;  ///< [j]: over the bits j and above
  std::size_t valid_from_;     ///< products_[j] belongs to bits_ from here on
  std::size_t bits_ = 0;
};

/// in_subgroup * eq_prism and in_subgroup * rotation_prism between u and r, for the columns of one
/// height.
struct HeightWeights {
  Fp4 value, rotated;
};

HeightWeights height_weights(unsigned l_skip, int n, std::span<const Fp4> u,
                             std::span<const Fp4> r) {
  const TracePoint y = trace_point(l_skip, n, r);
  // A short column sits on the subgroup; there u_0 itself is its univariate coordinate.
  const std::span<const Fp4> x = u.first(y.coordinates.size());
  const Fp4 in = in_subgroup(l_skip, n, u[0]);
  return {.value = in * eq_prism(y.log_order, x, y.coordinates),
          .rotated = in * rotation_prism(y.log_order, x, y.coordinates)};
}

/// sum over columns x of (opening of its stacked column) * w_x, w_x as in spec 08, V7.4.
Fp4 weighted_openings(const Statement& statement, std::span<const StackedCommitment> commitments,
                      std::span<const std::vector<Fp4>> stacking_openings, const Fp4& lambda,
                      std::span<const Fp4> u, std::span<const Fp4> r) {
  const unsigned l_skip = statement.l_skip();
  const Fp4 lambda_squared = lambda.squared();
  Fp4 lambda_power = Fp4::one();
  std::map<unsigned, HeightWeights> by_height;
  Fp4 sum = Fp4::zero();
  for (std::size_t c = 0; c < commitments.size(); ++c) {
    SliceWeights slices(u.subspan(1));
    for (const StackedColumn& column : commitments[c].layout.columns()) {
      const SortedTrace& trace = statement.traces[commitments[c].parts[column.matrix].trace];
      auto [height, is_new] = by_height.try_emplace(trace.log_height);
      if (is_new) height->second = height_weights(l_skip, trace.n, u, r);
      Fp4 weight = height->second.value;
      if (trace.air->need_rot) weight += lambda * height->second.rotated;
      sum += stacking_openings[c][column.stacked_column] *
             (weight * lambda_power * slices.weight(column.row >> l_skip, trace.n_lifted));
      lambda_power *= lambda_squared;
    }
  }
  return sum;
}

}  // namespace

Result<std::vector<Fp4>, VerifyError> verify_stacked_reduction(
    const Statement& statement, std::span<const StackedCommitment> commitments,
    const OpeningClaims& claims, const StackingProof& proof, Transcript& transcript) {
  const Fp4 lambda = transcript.sample_ext();
  const std::span<const Fp4> s_0 = proof.univariate_round_coeffs;
  const Fp4 claimed = batch_column_claims(claims.columns, lambda);
  const Fp4 domain_sum = sum_over_group(statement.l_skip(), s_0);
  if (claimed != domain_sum) {
    return VerifyError{.code = Code::kS0Mismatch, .elements = {claimed, domain_sum}};
  }
  transcript.observe(s_0);
  std::vector<Fp4> u{transcript.sample_ext()};
  Fp4 sum = evaluate_polynomial(s_0, u[0]);
  transcript.mark("stacked_round0_end");

  for (const auto& [at_1, at_2] : proof.sumcheck_round_polys) {
    transcript.observe(at_1);
    transcript.observe(at_2);
    u.push_back(transcript.sample_ext());
    sum = interpolate_quadratic(sum - at_1, at_1, at_2, u.back());
  }
  transcript.mark("stacked_sumcheck_end");

  for (const std::vector<Fp4>& openings : proof.stacking_openings) transcript.observe(openings);
  transcript.mark("stacked_reduction_end");
  const Fp4 final_sum =
      weighted_openings(statement, commitments, proof.stacking_openings, lambda, u, claims.r);
  if (sum != final_sum) {
    return VerifyError{.code = Code::kFinalSumMismatch, .elements = {sum, final_sum}};
  }
  return u;
}

}  // namespace gyre
