#pragma once

#include <span>
#include <vector>

#include "gyre/field/fp4.h"

namespace gyre {

/// Equality and rotation kernels, and the small-polynomial arithmetic that both sides of the
/// protocol share. Spec 04 to 07; the collected list is spec 08, section 3.1.
/// Points are given lowest variable first: x[j] belongs to bit j of a table index.

/// 1 - x - y + 2xy: 1 on equal bits, 0 on different ones.
inline Fp4 eq1(const Fp4& x, const Fp4& y) {
  return Fp4::one() - x - y + (x * y).doubled();
}

/// Product of eq1 over the coordinates; 1 for empty points. Requires equal lengths.
Fp4 eq(std::span<const Fp4> x, std::span<const Fp4> y);

/// eq(x, bits of index), lowest first.
Fp4 eq_bits(std::span<const Fp4> x, std::uint64_t index);

/// The table of eq(x, bits(i)) for i in [0, 2^|x|), times `scale`.
std::vector<Fp4> eq_table(std::span<const Fp4> x, const Fp4& scale = Fp4::one());

/// sum over i < count of eq(x, bits(i)).
Fp4 eq_prefix_sum(std::span<const Fp4> x, std::size_t count);

/// product over j of (1 - 2 u_j)(1 - x_j) + u_j x_j: the Moebius-adjusted eq. Spec 07, section 2.
Fp4 mobius_eq(std::span<const Fp4> u, std::span<const Fp4> x);

/// Univariate eq over the group of order 2^log_order: 1 / 0 on equal / different points of it,
/// degree below 2^log_order in each argument. Spec 05, section 2.
Fp4 eq_univariate(unsigned log_order, Fp4 x, Fp4 y);
/// eq_univariate(log_order, x, 1).
Fp4 eq_univariate_one(unsigned log_order, Fp4 x);
/// Coefficients in Z of eq_univariate(log_order, y, Z), ascending.
std::vector<Fp4> eq_univariate_coefficients(unsigned log_order, const Fp4& y);

/// Value at z of the polynomial of degree < 2^l that equals eq(xi, bits(i)) at w^i, l = |xi|.
Fp4 eq_sharp(std::span<const Fp4> xi, const Fp4& z);
/// Its coefficients, ascending.
std::vector<Fp4> eq_sharp_coefficients(std::span<const Fp4> xi);

/// 1 on the subgroup of order 2^(l_skip + n) of the domain of order 2^l_skip and 0 elsewhere on it
/// (n < 0); the constant 1 for n >= 0. Spec 06, section 1.
Fp4 in_subgroup(unsigned l_skip, int n, const Fp4& z);

/// eq over the prism: first coordinate univariate over the group of order 2^log_order, the rest
/// multilinear.
Fp4 eq_prism(unsigned log_order, std::span<const Fp4> x, std::span<const Fp4> y);

/// On the cube: `equal` is eq(x, y) and `successor` is 1 iff index(x) = index(y) + 1 cyclically.
struct CubeRotation {
  Fp4 equal, successor;
};
CubeRotation cube_rotation(std::span<const Fp4> x, std::span<const Fp4> y);

/// On points of the prism 1 iff row(x) = row(y) + 1 cyclically. Spec 06, section 1.
Fp4 rotation_prism(unsigned log_order, std::span<const Fp4> x, std::span<const Fp4> y);

/// Table of cube_rotation(bits(i), y).successor for i in [0, 2^|y|).
std::vector<Fp4> successor_table(std::span<const Fp4> y);

/// sum of coefficients[i] x^i.
Fp4 evaluate_polynomial(std::span<const Fp4> coefficients, const Fp4& x);

/// Value at x of the polynomial of degree < |values| with value values[i] at i.
Fp4 interpolate_at(std::span<const Fp4> values, const Fp4& x);

/// Value at x of the quadratic through (0, e0), (1, e1), (2, e2).
Fp4 interpolate_quadratic(const Fp4& e0, const Fp4& e1, const Fp4& e2, const Fp4& x);

/// Multilinear extension of a table of 2^|x| values at x.
Fp4 evaluate_multilinear(std::span<const Fp4> table, std::span<const Fp4> x);

/// sum over coefficient indices divisible by 2^log_order, times 2^log_order: the sum of the
/// polynomial over the group of that order.
Fp4 sum_over_group(unsigned log_order, std::span<const Fp4> coefficients);

/// Product of two polynomials given by coefficients; |a| + |b| - 1 of them.
std::vector<Fp4> multiply_polynomials(std::span<const Fp4> a, std::span<const Fp4> b);

/// (z, z^2, z^4, ..., z^(2^(count-1))).
std::vector<Fp4> squarings(Fp4 z, std::size_t count);

/// 1, x, x^2, ..., count of them.
std::vector<Fp4> powers(const Fp4& x, std::size_t count);

/// WHIR's binary fold of the values at x * w_k^t (t < 2^k, k = |alphas|) of a codeword: binds the
/// k lowest variables of its message to `alphas`. Spec 07, section 5.
Fp4 fold_coset(std::vector<Fp4> values, std::span<const Fp4> alphas, Fp x);

}  // namespace gyre
