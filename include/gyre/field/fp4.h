#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "gyre/field/fp.h"

namespace gyre {

/// An element c[0] + c[1] X + c[2] X^2 + c[3] X^3 of F[X] / (X^4 - 11). Spec 01, section 2.
/// Every challenge is one of these. 16 bytes, trivially copyable.
struct Fp4 {
  static constexpr std::size_t kDegree = 4;

  Fp c[kDegree];

  constexpr Fp4() = default;
  GYRE_HOST_DEVICE constexpr Fp4(Fp c0) : c{c0, Fp(), Fp(), Fp()} {}
  GYRE_HOST_DEVICE constexpr Fp4(Fp c0, Fp c1, Fp c2, Fp c3) : c{c0, c1, c2, c3} {}

  GYRE_HOST_DEVICE static constexpr Fp4 zero() { return Fp4(); }
  GYRE_HOST_DEVICE static constexpr Fp4 one() { return Fp4(Fp::one()); }
  GYRE_HOST_DEVICE constexpr bool is_zero() const {
    return c[0].is_zero() && c[1].is_zero() && c[2].is_zero() && c[3].is_zero();
  }

  GYRE_HOST_DEVICE friend constexpr Fp4 operator+(const Fp4& a, const Fp4& b) {
    return {a.c[0] + b.c[0], a.c[1] + b.c[1], a.c[2] + b.c[2], a.c[3] + b.c[3]};
  }
  GYRE_HOST_DEVICE friend constexpr Fp4 operator-(const Fp4& a, const Fp4& b) {
    return {a.c[0] - b.c[0], a.c[1] - b.c[1], a.c[2] - b.c[2], a.c[3] - b.c[3]};
  }
  GYRE_HOST_DEVICE friend constexpr Fp4 operator+(const Fp4& a, Fp b) {
    return {a.c[0] + b, a.c[1], a.c[2], a.c[3]};
  }
  GYRE_HOST_DEVICE friend constexpr Fp4 operator-(const Fp4& a, Fp b) {
    return {a.c[0] - b, a.c[1], a.c[2], a.c[3]};
  }
  GYRE_HOST_DEVICE friend constexpr Fp4 operator*(const Fp4& a, Fp b) {
    return {a.c[0] * b, a.c[1] * b, a.c[2] * b, a.c[3] * b};
  }
  GYRE_HOST_DEVICE friend constexpr Fp4 operator*(Fp a, const Fp4& b) { return b * a; }
  GYRE_HOST_DEVICE friend constexpr Fp4 operator*(const Fp4& a, const Fp4& b) {
    const Fp w1 = times_11(b.c[1]), w2 = times_11(b.c[2]), w3 = times_11(b.c[3]);
    return {dot(a, b.c[0], w3, w2, w1), dot(a, b.c[1], b.c[0], w3, w2),
            dot(a, b.c[2], b.c[1], b.c[0], w3), dot(a, b.c[3], b.c[2], b.c[1], b.c[0])};
  }
  GYRE_HOST_DEVICE constexpr Fp4 operator-() const { return {-c[0], -c[1], -c[2], -c[3]}; }
  GYRE_HOST_DEVICE constexpr Fp4& operator+=(const Fp4& b) { return *this = *this + b; }
  GYRE_HOST_DEVICE constexpr Fp4& operator-=(const Fp4& b) { return *this = *this - b; }
  GYRE_HOST_DEVICE constexpr Fp4& operator*=(const Fp4& b) { return *this = *this * b; }
  GYRE_HOST_DEVICE constexpr Fp4& operator*=(Fp b) { return *this = *this * b; }
  GYRE_HOST_DEVICE friend constexpr bool operator==(const Fp4& a, const Fp4& b) {
    return a.c[0] == b.c[0] && a.c[1] == b.c[1] && a.c[2] == b.c[2] && a.c[3] == b.c[3];
  }

  GYRE_HOST_DEVICE constexpr Fp4 doubled() const { return *this + *this; }
  GYRE_HOST_DEVICE constexpr Fp4 halved() const {
    return {c[0].halved(), c[1].halved(), c[2].halved(), c[3].halved()};
  }
  GYRE_HOST_DEVICE constexpr Fp4 squared() const { return *this * *this; }
  GYRE_HOST_DEVICE constexpr Fp4 pow(std::uint64_t exponent) const {
    Fp4 result = one();
    for (Fp4 base = *this; exponent != 0; exponent >>= 1, base = base.squared()) {
      if (exponent & 1) result *= base;
    }
    return result;
  }
  /// x^(2^k).
  GYRE_HOST_DEVICE constexpr Fp4 pow_power_of_2(unsigned k) const {
    Fp4 result = *this;
    for (unsigned i = 0; i < k; ++i) result = result.squared();
    return result;
  }
  /// 1 / x through the norm to F[Y] / (Y^2 - 11), Y = X^2; zero for x = 0.
  GYRE_HOST_DEVICE constexpr Fp4 inverse() const {
    const Fp w = Fp::from_canonical(11);
    const Fp n0 = c[0] * c[0] + w * (c[2] * c[2]) - w * (c[1] * c[3]).doubled();
    const Fp n1 = (c[0] * c[2]).doubled() - c[1] * c[1] - w * (c[3] * c[3]);
    const Fp s = (n0 * n0 - w * (n1 * n1)).inverse();
    const Fp m0 = n0 * s, m1 = -(n1 * s);
    return {c[0] * m0 + w * (c[2] * m1), -(c[1] * m0 + w * (c[3] * m1)), c[0] * m1 + c[2] * m0,
            -(c[1] * m1 + c[3] * m0)};
  }

 private:
  GYRE_HOST_DEVICE static constexpr Fp times_11(Fp x) {
    const Fp x2 = x.doubled(), x8 = x2.doubled().doubled();
    return x8 + x2 + x;
  }
  /// a.c[0] x0 + a.c[1] x1 + a.c[2] x2 + a.c[3] x3 with one reduction: four products of words
  /// below p stay below 2^64.
  GYRE_HOST_DEVICE static constexpr Fp dot(const Fp4& a, Fp x0, Fp x1, Fp x2, Fp x3) {
    const auto product = [](Fp x, Fp y) { return static_cast<std::uint64_t>(x.raw()) * y.raw(); };
    return Fp::reduce_sum_of_products(product(a.c[0], x0) + product(a.c[1], x1) +
                                      product(a.c[2], x2) + product(a.c[3], x3));
  }
};

static_assert(sizeof(Fp) == 4 && sizeof(Fp4) == 16);

}  // namespace gyre
