#include "poly/kernels.h"

#include <gtest/gtest.h>

#include "poly/ntt.h"
#include "support/random_elements.h"

namespace gyre {
namespace {

Fp4 number(std::uint32_t value) {
  return Fp4(Fp::from_canonical(value));
}
Fp4 minus(std::uint32_t value) {
  return -number(value);
}

/// Spec 05, section 2, the check values.
TEST(Kernels, CheckValues) {
  const std::vector<Fp4> xi = {number(3), number(4)};
  EXPECT_TRUE(eq_univariate(2, number(5), number(7)) == number(954));
  EXPECT_TRUE(eq_univariate_one(2, number(5)) == number(39));
  const std::vector<Fp4> on_domain = {number(6), minus(9), minus(8), number(12)};
  for (std::size_t z = 0; z < 4; ++z) {
    EXPECT_TRUE(eq_sharp(xi, Fp4(two_adic_generator(2).pow(z))) == on_domain[z]);
  }
  EXPECT_TRUE(eq_sharp(xi, number(7)) == number(1192310547));
  EXPECT_TRUE(rotation_prism(2, std::vector{number(5), number(6)},
                             std::vector{number(7), number(8)}) == number(39321678));
}

TEST(Kernels, EqTableIsEqOnBits) {
  RandomElements random(1);
  for (std::size_t n = 0; n <= 5; ++n) {
    const std::vector<Fp4> point = random.extension(n);
    const std::vector<Fp4> table = eq_table(point);
    ASSERT_EQ(table.size(), std::size_t{1} << n);
    for (std::size_t i = 0; i < table.size(); ++i) {
      std::vector<Fp4> bits;
      for (std::size_t j = 0; j < n; ++j) bits.push_back(number((i >> j) & 1));
      EXPECT_TRUE(table[i] == eq(point, bits));
      EXPECT_TRUE(table[i] == eq_bits(point, i));
    }
  }
}

TEST(Kernels, UnivariateEqIsTheIndicatorOnTheGroup) {
  for (unsigned l = 0; l <= 4; ++l) {
    const Fp omega = two_adic_generator(l);
    for (std::size_t x = 0; x < std::size_t{1} << l; ++x) {
      for (std::size_t y = 0; y < std::size_t{1} << l; ++y) {
        const Fp4 value = eq_univariate(l, Fp4(omega.pow(x)), Fp4(omega.pow(y)));
        EXPECT_TRUE(value == number(x == y ? 1 : 0));
      }
    }
  }
}

TEST(Kernels, UnivariateEqCoefficientsEvaluateToIt) {
  RandomElements random(2);
  for (unsigned l = 0; l <= 5; ++l) {
    const Fp4 y = random.element(), z = random.element();
    EXPECT_TRUE(evaluate_polynomial(eq_univariate_coefficients(l, y), z) == eq_univariate(l, y, z));
    EXPECT_TRUE(eq_univariate(l, y, Fp4::one()) == eq_univariate_one(l, y));
  }
}

/// On points of the prism the rotation kernel is 1 iff row(x) = row(y) + 1 cyclically.
TEST(Kernels, RotationIsTheCyclicSuccessorOnRows) {
  const auto point = [](unsigned l, unsigned n, std::size_t row) {
    std::vector<Fp4> coordinates = {Fp4(two_adic_generator(l).pow(row & ((1u << l) - 1)))};
    for (unsigned j = 0; j < n; ++j) coordinates.push_back(number((row >> (l + j)) & 1));
    return coordinates;
  };
  for (const auto& [l, n] : {std::pair{0u, 0u}, {0u, 3u}, {2u, 0u}, {1u, 2u}, {2u, 2u}}) {
    const std::size_t rows = std::size_t{1} << (l + n);
    for (std::size_t x = 0; x < rows; ++x) {
      for (std::size_t y = 0; y < rows; ++y) {
        const Fp4 value = rotation_prism(l, point(l, n, x), point(l, n, y));
        EXPECT_TRUE(value == number(x == (y + 1) % rows ? 1 : 0)) << l << " " << n;
      }
    }
  }
}

TEST(Kernels, SuccessorTableIsTheKernelOnBits) {
  RandomElements random(3);
  for (std::size_t n = 0; n <= 4; ++n) {
    const std::vector<Fp4> y = random.extension(n);
    const std::vector<Fp4> table = successor_table(y);
    for (std::size_t i = 0; i < table.size(); ++i) {
      std::vector<Fp4> bits;
      for (std::size_t j = 0; j < n; ++j) bits.push_back(number((i >> j) & 1));
      EXPECT_TRUE(table[i] == cube_rotation(bits, y).successor);
    }
  }
}

TEST(Kernels, SubgroupIndicator) {
  const unsigned l = 4;
  for (int n = -4; n <= 1; ++n) {
    for (std::size_t z = 0; z < 16; ++z) {
      const bool inside = n >= 0 || z % (std::size_t{1} << -n) == 0;
      EXPECT_TRUE(in_subgroup(l, n, Fp4(two_adic_generator(l).pow(z))) == number(inside ? 1 : 0));
    }
  }
}

TEST(Kernels, InterpolationAgreesWithEvaluation) {
  RandomElements random(4);
  for (std::size_t size = 1; size <= 7; ++size) {
    const std::vector<Fp4> coefficients = random.extension(size);
    std::vector<Fp4> values;
    for (std::uint32_t i = 0; i < size; ++i) {
      values.push_back(evaluate_polynomial(coefficients, number(i)));
    }
    const Fp4 x = random.element();
    EXPECT_TRUE(interpolate_at(values, x) == evaluate_polynomial(coefficients, x));
    EXPECT_TRUE(interpolate_at(values, number(0)) == values[0]);
    if (size == 3) {
      EXPECT_TRUE(interpolate_quadratic(values[0], values[1], values[2], x) ==
                  interpolate_at(values, x));
    }
  }
}

/// Folding the values of a codeword on a coset binds the lowest variables of its message.
TEST(Kernels, FoldOfACosetIsTheFoldedMessage) {
  RandomElements random(5);
  const unsigned log_message = 5;
  for (unsigned k = 0; k <= 4; ++k) {
    std::vector<Fp4> message = random.extension(std::size_t{1} << log_message);
    const std::vector<Fp4> alphas = random.extension(k);
    const Fp x = random.base(1)[0];
    std::vector<Fp4> values;
    for (std::size_t t = 0; t < std::size_t{1} << k; ++t) {
      values.push_back(evaluate_polynomial(message, Fp4(x * two_adic_generator(k).pow(t))));
    }
    for (const Fp4& alpha : alphas) {
      for (std::size_t i = 0; i < message.size() / 2; ++i) {
        message[i] = message[2 * i] + alpha * message[2 * i + 1];
      }
      message.resize(message.size() / 2);
    }
    EXPECT_TRUE(fold_coset(values, alphas, x) ==
                evaluate_polynomial(message, Fp4(x.pow_power_of_2(k))));
  }
}

TEST(Kernels, MobiusEqWeighsTheCubeSums) {
  // sum_b F(b) mob(U, b) = sum_v m[v] eq(U, v) with F(b) the sum of m over the bit-subsets of b.
  RandomElements random(6);
  const std::vector<Fp4> message = random.extension(8), point = random.extension(3);
  Fp4 left;
  for (std::size_t b = 0; b < 8; ++b) {
    Fp4 value;
    for (std::size_t v = 0; v < 8; ++v) {
      if ((v & b) == v) value += message[v];
    }
    std::vector<Fp4> bits;
    for (std::size_t j = 0; j < 3; ++j) bits.push_back(number((b >> j) & 1));
    left += value * mobius_eq(point, bits);
  }
  EXPECT_TRUE(left == evaluate_multilinear(message, point));
}

}  // namespace
}  // namespace gyre
