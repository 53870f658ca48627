#pragma once

#include "backend/cuda/cuda_api.h"

namespace gyre::cuda {

/// A sum of products "extension times base" whose reductions wait until its end: coefficient by
/// coefficient a 64-bit sum of products of Montgomery words, each below p^2 < 0.22 * 2^64.
struct ProductSum {
  std::uint64_t c[Fp4::kDegree] = {};

  /// At most two between one `fit` and the next, four before the first.
  __device__ __forceinline__ void add(const Fp4& weight, Fp value) {
#pragma unroll
    for (std::size_t i = 0; i < Fp4::kDegree; ++i) {
      c[i] += std::uint64_t{weight.c[i].raw()} * value.raw();
    }
  }
  /// Takes p 2^32 off what has reached it: below p 2^32 < 0.47 * 2^64 again.
  __device__ __forceinline__ void fit() {
#pragma unroll
    for (std::size_t i = 0; i < Fp4::kDegree; ++i) {
      const auto high = static_cast<std::uint32_t>(c[i] >> 32);
      const std::uint32_t wrapped = high - Fp::kModulus;
      c[i] =
          std::uint64_t{high < wrapped ? high : wrapped} << 32 | static_cast<std::uint32_t>(c[i]);
    }
  }
  __device__ __forceinline__ Fp4 value() const {
    return {Fp::reduce_sum_of_products(c[0]), Fp::reduce_sum_of_products(c[1]),
            Fp::reduce_sum_of_products(c[2]), Fp::reduce_sum_of_products(c[3])};
  }
};

/// Adds the rows `words` of a column, each to its own sum.
__device__ __forceinline__ void add_rows(ProductSum (&sums)[4], const Fp4& weight,
                                         const uint4& words) {
  sums[0].add(weight, Fp::from_raw(words.x));
  sums[1].add(weight, Fp::from_raw(words.y));
  sums[2].add(weight, Fp::from_raw(words.z));
  sums[3].add(weight, Fp::from_raw(words.w));
}
template <unsigned kCount>
__device__ __forceinline__ void fit_all(ProductSum (&sums)[kCount]) {
#pragma unroll
  for (unsigned i = 0; i < kCount; ++i) sums[i].fit();
}
/// Four rows of a column at a 16-byte aligned address.
__device__ __forceinline__ uint4 load_rows(const Fp* address) {
  return *reinterpret_cast<const uint4*>(address);
}

/// sums[i] += sum over j < count of weights[j] rows[kBlockRows j + i], i < 4. `sums` are empty.
template <std::uint32_t kBlockRows>
__device__ __forceinline__ void sum_blocks(const Fp* rows, Fp4* weights, std::uint32_t count,
                                           ProductSum (&sums)[4]) {
  constexpr unsigned kAhead = 4;  // loads that are on their way together
  std::uint32_t j = 0;
  for (; j + kAhead <= count; j += kAhead) {
    uint4 words[kAhead];
#pragma unroll
    for (unsigned a = 0; a < kAhead; ++a) words[a] = load_rows(rows + (j + a) * kBlockRows);
#pragma unroll
    for (unsigned a = 0; a < kAhead; ++a) {
      add_rows(sums, weights[j + a], words[a]);
      if (a % 2 == 1) fit_all(sums);
    }
  }
  for (; j < count; ++j) {
    add_rows(sums, weights[j], load_rows(rows + j * kBlockRows));
    fit_all(sums);
  }
}

}  // namespace gyre::cuda
