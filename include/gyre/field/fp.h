#pragma once

#include <cstdint>

#if defined(__CUDACC__)
#define GYRE_HOST_DEVICE __host__ __device__
#else
#define GYRE_HOST_DEVICE
#endif

namespace gyre {

/// An element of BabyBear, p = 15 * 2^27 + 1. Spec 01, section 1.
///
/// Held as the Montgomery word x * 2^32 mod p, always fully reduced below p, so that equality is
/// equality of words. All operations are branch-free in a form that compilers vectorise.
/// Trivially copyable, 4 bytes; thread-safe like an integer.
class Fp {
 public:
  static constexpr std::uint32_t kModulus = 0x78000001u;
  static constexpr unsigned kTwoAdicity = 27;

  constexpr Fp() = default;

  /// The field element x mod p, for any 32-bit x.
  GYRE_HOST_DEVICE static constexpr Fp from_canonical(std::uint32_t x) {
    return Fp(reduce(static_cast<std::uint64_t>(x) * kRSquared));
  }
  /// The field element x mod p, for any 64-bit x.
  GYRE_HOST_DEVICE static constexpr Fp from_uint64(std::uint64_t x) {
    return from_canonical(static_cast<std::uint32_t>(x % kModulus));
  }
  /// The element whose Montgomery word is `raw`. Requires raw < p.
  GYRE_HOST_DEVICE static constexpr Fp from_raw(std::uint32_t raw) { return Fp(raw); }

  GYRE_HOST_DEVICE static constexpr Fp zero() { return Fp(0); }
  GYRE_HOST_DEVICE static constexpr Fp one() { return Fp(0x0ffffffeu); }

  /// The integer in [0, p) that this element is.
  GYRE_HOST_DEVICE constexpr std::uint32_t canonical() const { return reduce(raw_); }
  GYRE_HOST_DEVICE constexpr std::uint32_t raw() const { return raw_; }
  GYRE_HOST_DEVICE constexpr bool is_zero() const { return raw_ == 0; }

  GYRE_HOST_DEVICE friend constexpr Fp operator+(Fp a, Fp b) {
    const std::uint32_t sum = a.raw_ + b.raw_;
    return Fp(smaller(sum, sum - kModulus));
  }
  GYRE_HOST_DEVICE friend constexpr Fp operator-(Fp a, Fp b) {
    const std::uint32_t difference = a.raw_ - b.raw_;
    return Fp(smaller(difference, difference + kModulus));
  }
  GYRE_HOST_DEVICE friend constexpr Fp operator*(Fp a, Fp b) {
    return Fp(reduce(static_cast<std::uint64_t>(a.raw_) * b.raw_));
  }
  GYRE_HOST_DEVICE constexpr Fp operator-() const { return Fp() - *this; }
  GYRE_HOST_DEVICE constexpr Fp& operator+=(Fp b) { return *this = *this + b; }
  GYRE_HOST_DEVICE constexpr Fp& operator-=(Fp b) { return *this = *this - b; }
  GYRE_HOST_DEVICE constexpr Fp& operator*=(Fp b) { return *this = *this * b; }
  GYRE_HOST_DEVICE friend constexpr bool operator==(Fp a, Fp b) { return a.raw_ == b.raw_; }

  GYRE_HOST_DEVICE constexpr Fp doubled() const { return *this + *this; }
  GYRE_HOST_DEVICE constexpr Fp squared() const { return *this * *this; }
  /// x / 2.
  GYRE_HOST_DEVICE constexpr Fp halved() const {
    return Fp((raw_ >> 1) + (raw_ & 1) * ((kModulus + 1) / 2));
  }
  GYRE_HOST_DEVICE constexpr Fp pow(std::uint64_t exponent) const {
    Fp result = one();
    for (Fp base = *this; exponent != 0; exponent >>= 1, base = base.squared()) {
      if (exponent & 1) result *= base;
    }
    return result;
  }
  /// x^(2^k).
  GYRE_HOST_DEVICE constexpr Fp pow_power_of_2(unsigned k) const {
    Fp result = *this;
    for (unsigned i = 0; i < k; ++i) result = result.squared();
    return result;
  }
  /// 1 / x; zero for x = 0.
  GYRE_HOST_DEVICE constexpr Fp inverse() const { return pow(kModulus - 2); }

  /// A product of words, or a sum of products, that is below 2^32 * p: product * 2^-32 mod p.
  GYRE_HOST_DEVICE static constexpr Fp reduce_product(std::uint64_t product) {
    return Fp(reduce(product));
  }
  /// The sum of up to four products of Montgomery words, reduced: sum * 2^-32 mod p.
  GYRE_HOST_DEVICE static constexpr Fp reduce_sum_of_products(std::uint64_t sum) {
    const std::uint32_t high = static_cast<std::uint32_t>(sum >> 32);
    const std::uint32_t wrapped = smaller(high, high - kModulus);
    const std::uint64_t low = static_cast<std::uint32_t>(sum);
    return Fp(reduce((static_cast<std::uint64_t>(wrapped) << 32) | low));
  }

 private:
  static constexpr std::uint32_t kInverse = 0x88000001u;   // p^-1 mod 2^32
  static constexpr std::uint32_t kRSquared = 0x45dddde3u;  // 2^64 mod p

  GYRE_HOST_DEVICE explicit constexpr Fp(std::uint32_t raw) : raw_(raw) {}

  GYRE_HOST_DEVICE static constexpr std::uint32_t smaller(std::uint32_t a, std::uint32_t b) {
    return a < b ? a : b;
  }
  /// x * 2^-32 mod p for x < 2^32 * p. A negative difference wraps above p, so the smaller of the
  /// two candidates is the reduced one.
  GYRE_HOST_DEVICE static constexpr std::uint32_t reduce(std::uint64_t x) {
    const std::uint32_t m = static_cast<std::uint32_t>(x) * kInverse;
    const std::uint32_t borrow =
        static_cast<std::uint32_t>((static_cast<std::uint64_t>(m) * kModulus) >> 32);
    const std::uint32_t difference = static_cast<std::uint32_t>(x >> 32) - borrow;
    return smaller(difference, difference + kModulus);
  }

  std::uint32_t raw_ = 0;
};

/// The fixed element of order exactly 2^log_order, log_order <= 27. Spec 01, section 1.1.
GYRE_HOST_DEVICE constexpr Fp two_adic_generator(unsigned log_order) {
  return Fp::from_canonical(440564289u).pow_power_of_2(Fp::kTwoAdicity - log_order);
}

/// 2^-k.
GYRE_HOST_DEVICE constexpr Fp inverse_power_of_2(unsigned k) {
  Fp result = Fp::one();
  for (unsigned i = 0; i < k; ++i) result = result.halved();
  return result;
}

/// Generator of the multiplicative group of the field; the usual coset shift.
inline constexpr Fp kMultiplicativeGenerator = Fp::from_canonical(31);

}  // namespace gyre
