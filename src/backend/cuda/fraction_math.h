#pragma once

#include "backend/cuda/cuda_api.h"

namespace gyre::cuda {

__device__ __forceinline__ std::uint64_t wide_product(Fp a, Fp b) {
  return static_cast<std::uint64_t>(a.raw()) * b.raw();
}
/// The same residue below p 2^32, for x below 2 p 2^32.
__device__ __forceinline__ std::uint64_t wrapped(std::uint64_t x) {
  const std::uint32_t high = static_cast<std::uint32_t>(x >> 32);
  const std::uint32_t other = high - Fp::kModulus;
  const std::uint64_t low = static_cast<std::uint32_t>(x);
  return static_cast<std::uint64_t>(high < other ? high : other) << 32 | low;
}

/// A sum of products in the base field that is reduced once.
struct WrappedSum {
  std::uint64_t words = 0;  ///< below p 2^32

  __device__ __forceinline__ void add(Fp a, Fp b) { words = wrapped(words + wide_product(a, b)); }
  /// a b + c d: p 2^32 + 2 p^2 < 2 p 2^32.
  __device__ __forceinline__ void add(Fp a, Fp b, Fp c, Fp d) {
    words = wrapped(words + wide_product(a, b) + wide_product(c, d));
  }
  __device__ __forceinline__ Fp reduced() const { return Fp::reduce_sum_of_products(words); }
};

/// The same with weights in the extension field.
struct WeightedSum {
  WrappedSum c[Fp4::kDegree];

  __device__ __forceinline__ void add(Fp value, const Fp4& weight) {
#pragma unroll
    for (unsigned k = 0; k < Fp4::kDegree; ++k) c[k].add(value, weight.c[k]);
  }
  __device__ __forceinline__ void add(Fp value, const Fp4& weight, Fp other,
                                      const Fp4& other_weight) {
#pragma unroll
    for (unsigned k = 0; k < Fp4::kDegree; ++k) {
      c[k].add(value, weight.c[k], other, other_weight.c[k]);
    }
  }
  __device__ __forceinline__ Fp4 reduced() const {
    return {c[0].reduced(), c[1].reduced(), c[2].reduced(), c[3].reduced()};
  }
};

/// a b + c d.
__device__ __forceinline__ Fp4 cross(const Fp4& a, const Fp4& b, const Fp4& c, const Fp4& d) {
  const auto times_11 = [](Fp x) {
    const Fp x2 = x.doubled(), x8 = x2.doubled().doubled();
    return x8 + x2 + x;
  };
  const Fp b1 = times_11(b.c[1]), b2 = times_11(b.c[2]), b3 = times_11(b.c[3]);
  const Fp d1 = times_11(d.c[1]), d2 = times_11(d.c[2]), d3 = times_11(d.c[3]);
  const auto sum = [](const Fp4& x, Fp y0, Fp y1, Fp y2, Fp y3) {
    return wide_product(x.c[0], y0) + wide_product(x.c[1], y1) + wide_product(x.c[2], y2) +
           wide_product(x.c[3], y3);
  };
  // Four products stay below 2^64 but not below 2 p 2^32, which `wrapped` brings both under: a sum
  // of four is below 4 p^2 < 2 p 2^32.
  const auto dot = [&](Fp y0, Fp y1, Fp y2, Fp y3, Fp z0, Fp z1, Fp z2, Fp z3) {
    return Fp::reduce_sum_of_products(wrapped(sum(a, y0, y1, y2, y3)) +
                                      wrapped(sum(c, z0, z1, z2, z3)));
  };
  return {dot(b.c[0], b3, b2, b1, d.c[0], d3, d2, d1),
          dot(b.c[1], b.c[0], b3, b2, d.c[1], d.c[0], d3, d2),
          dot(b.c[2], b.c[1], b.c[0], b3, d.c[2], d.c[1], d.c[0], d3),
          dot(b.c[3], b.c[2], b.c[1], b.c[0], d.c[3], d.c[2], d.c[1], d.c[0])};
}
__device__ __forceinline__ Fp4 cross(Fp a, const Fp4& b, Fp c, const Fp4& d) {
  const auto dot = [&](unsigned k) {
    return Fp::reduce_sum_of_products(wide_product(a, b.c[k]) + wide_product(c, d.c[k]));
  };
  return {dot(0), dot(1), dot(2), dot(3)};
}

}  // namespace gyre::cuda
