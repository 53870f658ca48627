#include "backend/expressions/round0_polynomials.h"

#include <algorithm>

#include "poly/kernels.h"
#include "poly/ntt.h"

namespace gyre {
namespace {

/// From values on cosets of D, N = 2^l_skip points each, to coefficients.
class CosetInterpolation {
 public:
  CosetInterpolation(unsigned l_skip, std::size_t cosets) : size_(std::size_t{1} << l_skip) {
    for (std::size_t c = 0; c < cosets; ++c) {
      shifts_.push_back(kMultiplicativeGenerator.pow(c));
      points_.push_back(shifts_.back().pow(size_));
    }
  }

  /// From the values on the cosets first, first + 1, ...
  std::vector<Fp4> polynomial(std::vector<std::vector<Fp4>> values, std::size_t first) const {
    for (std::size_t c = 0; c < values.size(); ++c) to_remainder(values[c], first + c);
    return combine(values, std::span(points_).subspan(first, values.size()));
  }

  /// (Z^N - 1) W from its values on the cosets 1, 2, ...
  std::vector<Fp4> vanishing_on_d(std::vector<std::vector<Fp4>> values) const {
    for (std::size_t c = 0; c < values.size(); ++c) {
      const Fp vanishing = (points_[c + 1] - Fp::one()).inverse();
      for (Fp4& value : values[c]) value *= vanishing;
    }
    const std::vector<Fp4> quotient = polynomial(std::move(values), 1);
    std::vector<Fp4> result(quotient.size() + size_);
    for (std::size_t i = 0; i < quotient.size(); ++i) {
      result[i + size_] += quotient[i];
      result[i] -= quotient[i];
    }
    return result;
  }

 private:
  /// Values on a coset to the coefficients of the remainder modulo Z^N - shift^N.
  void to_remainder(std::vector<Fp4>& values, std::size_t coset) const {
    inverse_dft(std::span(values));
    const Fp inverse_shift = shifts_[coset].inverse();
    Fp power = Fp::one();
    for (Fp4& value : values) {
      value *= power;
      power *= inverse_shift;
    }
  }

  /// From the remainders modulo Z^N - y_c, y_c = shift_c^N: for each residue j of the exponent, the
  /// coefficients j, j + N, j + 2N, ... are a polynomial in y interpolated at the y_c.
  std::vector<Fp4> combine(const std::vector<std::vector<Fp4>>& remainders,
                           std::span<const Fp> points) const {
    const std::size_t count = remainders.size();
    std::vector<Fp4> coefficients(count * size_);
    for (std::size_t c = 0; c < count; ++c) {
      const std::vector<Fp> basis = lagrange_polynomial(points, c);
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < size_; ++j) {
          coefficients[i * size_ + j] += remainders[c][j] * basis[i];
        }
      }
    }
    return coefficients;
  }

  /// Coefficients of the polynomial that is 1 at point c and 0 at the others.
  static std::vector<Fp> lagrange_polynomial(std::span<const Fp> points, std::size_t c) {
    std::vector<Fp> basis = {Fp::one()};
    Fp denominator = Fp::one();
    for (std::size_t other = 0; other < points.size(); ++other) {
      if (other == c) continue;
      denominator *= points[c] - points[other];
      basis.push_back(Fp());
      for (std::size_t i = basis.size() - 1; i > 0; --i) {
        basis[i] = basis[i - 1] - points[other] * basis[i];
      }
      basis[0] = -points[other] * basis[0];
    }
    const Fp scale = denominator.inverse();
    for (Fp& coefficient : basis) coefficient *= scale;
    return basis;
  }

  std::size_t size_;
  std::vector<Fp> shifts_, points_;  ///< 31^c and its N-th power
};

}  // namespace

Round0Cosets::Round0Cosets(const AirExpressions& air, const AirVerifyingKey& key)
    : degree(std::max<std::size_t>(key.max_constraint_degree, 1)),
      constraints(std::min(air.constraint_degree, degree)),
      interactions(key.symbolic.interactions.empty()
                       ? 0
                       : std::clamp<std::size_t>(air.interaction_degree, 1, degree)),
      first(interactions > 0 ? 0 : 1),
      count(std::max({constraints, interactions, first})) {}

TraceRoundPolynomials round0_polynomials(unsigned l_skip, const Round0Cosets& cosets,
                                         Round0Sums sums) {
  const CosetInterpolation interpolation(l_skip, cosets.count);
  const std::size_t size = cosets.degree * ((std::size_t{1} << l_skip) - 1) + 1;
  TraceRoundPolynomials result;
  if (cosets.interactions > 0) {
    result.numerator = interpolation.polynomial(std::move(sums.counts), 0);
    result.numerator.resize(size);
    result.denominator = interpolation.polynomial(std::move(sums.fields), 0);
    result.denominator.resize(size);
    result.denominator[0] += sums.constant;
  }
  if (cosets.constraints > 1) {
    result.zerocheck = interpolation.vanishing_on_d(std::move(sums.constraints));
    result.zerocheck.resize(size);
  }
  return result;
}

Round0Weights::Round0Weights(const AirExpressions& air, const SymbolicConstraints& symbolic,
                             std::span<const Fp4> interaction_weights, const Fp4& beta,
                             const Fp4& lambda)
    : constraints(powers(lambda, air.constraints.nodes.size())),
      interactions(air.counts.nodes.size() + air.fields.nodes.size()) {
  for (std::size_t i = 0; i < symbolic.interactions.size(); ++i) {
    const Interaction& interaction = symbolic.interactions[i];
    Fp4 weight = interaction_weights[i];
    interactions[air.counts.output_of_node[interaction.count]] += weight;
    for (const std::uint32_t field : interaction.message) {
      interactions[air.counts.nodes.size() + air.fields.output_of_node[field]] += weight;
      weight *= beta;
    }
    constant += weight * Fp::from_canonical(interaction.bus_index + 1u);
  }
}

RoundWeights::RoundWeights(const AirExpressions& air, const SymbolicConstraints& symbolic,
                           const TraceWeights& weights, std::span<const Fp4> interaction_weights,
                           const Fp4& beta, const Fp4& lambda)
    : outputs(air.all.nodes.size()) {
  const auto at = [&](std::uint32_t node) -> Fp4& { return outputs[air.all.output_of_node[node]]; };
  Fp4 weight = weights.zerocheck;
  for (const std::uint32_t node : air.constraints.nodes) {
    at(node) += weight;
    weight *= lambda;
  }
  for (std::size_t i = 0; i < symbolic.interactions.size(); ++i) {
    const Interaction& interaction = symbolic.interactions[i];
    at(interaction.count) += weights.numerator * interaction_weights[i];
    Fp4 field_weight = weights.denominator * interaction_weights[i];
    for (const std::uint32_t field : interaction.message) {
      at(field) += field_weight;
      field_weight *= beta;
    }
    constant += field_weight * Fp::from_canonical(interaction.bus_index + 1u);
  }
}

}  // namespace gyre
