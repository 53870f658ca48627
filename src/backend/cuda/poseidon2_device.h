#pragma once

#include <cstdint>

#include "backend/cuda/cuda_api.h"
#include "hash/poseidon2_constants.h"

namespace gyre::cuda {

/// Poseidon2-16, one state in the registers of a thread. Spec 01, section 3; hash/poseidon2.h is
/// the plain version. Elements are canonical words between the layers; inside x^7 they are signed
/// words, which saves the corrections of all products but the last.

namespace poseidon2_detail {

inline constexpr std::uint32_t kNegativeInverse = 0x77ffffffu;  // -1 / p mod 2^32

/// Round constants less p: added to a canonical word they give a signed word in [-p, p).
struct RoundConstants {
  std::int32_t external[2 * poseidon2::kExternalRounds][poseidon2::kWidth];
  std::int32_t internal[poseidon2::kInternalRounds];

  constexpr RoundConstants() : external{}, internal{} {
    for (std::size_t round = 0; round < poseidon2::kExternalRounds; ++round) {
      for (std::size_t i = 0; i < poseidon2::kWidth; ++i) {
        external[round][i] = less_modulus(poseidon2::kInitialConstants[round][i]);
        external[poseidon2::kExternalRounds + round][i] =
            less_modulus(poseidon2::kTerminalConstants[round][i]);
      }
    }
    for (std::size_t round = 0; round < poseidon2::kInternalRounds; ++round) {
      internal[round] = less_modulus(poseidon2::kInternalConstants[round]);
    }
  }
  static constexpr std::int32_t less_modulus(Fp constant) {
    return static_cast<std::int32_t>(constant.raw()) - static_cast<std::int32_t>(Fp::kModulus);
  }
};
__constant__ constexpr RoundConstants kRoundConstants;

/// A word v = a b 2^-32 mod p with |v| <= |a b| / 2^32 + p / 2, which is below 2^31 for all words a
/// and b: the upper half of the product and of the multiple of p that makes the lower half zero.
__device__ __forceinline__ std::int32_t signed_product(std::int32_t a, std::int32_t b) {
#if defined(__CUDA_ARCH__)
  // The compiler makes unsigned products with corrections of signed ones; and the last two lines
  // are one instruction, a product's upper half with a 64-bit addend.
  std::int32_t result;
  asm("{\n\t"
      ".reg .b64 product;\n\t"
      ".reg .b32 low, high, factor;\n\t"
      "mul.wide.s32 product, %1, %2;\n\t"
      "mov.b64 {low, high}, product;\n\t"
      "mul.lo.s32 factor, low, %3;\n\t"
      "mad.lo.cc.u32 low, factor, %4, low;\n\t"
      "madc.hi.s32 %0, factor, %4, high;\n\t"
      "}"
      : "=r"(result)
      : "r"(a), "r"(b), "n"(kNegativeInverse), "n"(Fp::kModulus));
  return result;
#else
  const std::int64_t product = static_cast<std::int64_t>(a) * b;
  const auto factor =
      static_cast<std::int32_t>(static_cast<std::uint32_t>(product) * kNegativeInverse);
  const std::int64_t multiple =
      static_cast<std::int64_t>(factor) * static_cast<std::int32_t>(Fp::kModulus);
  return static_cast<std::int32_t>((product + multiple) >> 32);
#endif
}

/// The canonical one of v and v + p, -p <= v < p given modulo 2^32.
__device__ __forceinline__ Fp lifted(std::uint32_t v) {
  return Fp::from_raw(min(v, v + Fp::kModulus));
}

/// (a + constant)^7, the constant given less p. With |x| <= p all four products are below p.
__device__ __forceinline__ Fp sbox(Fp a, std::int32_t constant) {
  const std::int32_t x = static_cast<std::int32_t>(a.raw()) + constant;
  const std::int32_t x3 = signed_product(signed_product(x, x), x);
  return lifted(static_cast<std::uint32_t>(signed_product(signed_product(x3, x3), x)));
}

/// a / 2^k for 0 < k <= 27, without a wide product: with a = 2^k h + l and 15 * 2^27 = -1 it is
/// h - 15 * 2^(27 - k) l, and both terms are below p.
template <unsigned kBits>
__device__ __forceinline__ Fp shifted_down(Fp a) {
  const std::uint32_t low = a.raw() & ((1u << kBits) - 1);
  return lifted((a.raw() >> kBits) - low * (15u << (27 - kBits)));
}

/// s <- M_E(s): circ(2, 3, 1, 1) on each block of four, then the sum over the blocks added.
__device__ __forceinline__ void external_linear_layer(Fp (&s)[poseidon2::kWidth]) {
#pragma unroll
  for (unsigned b = 0; b < poseidon2::kWidth; b += 4) {
    const Fp x01 = s[b] + s[b + 1], x23 = s[b + 2] + s[b + 3];
    const Fp sum = x01 + x23;
    const Fp sum_x1 = sum + s[b + 1], sum_x3 = sum + s[b + 3];
    const Fp y3 = sum_x3 + s[b].doubled(), y1 = sum_x1 + s[b + 2].doubled();
    s[b] = sum_x1 + x01;
    s[b + 1] = y1;
    s[b + 2] = sum_x3 + x23;
    s[b + 3] = y3;
  }
#pragma unroll
  for (unsigned i = 0; i < 4; ++i) {
    const Fp column = (s[i] + s[i + 4]) + (s[i + 8] + s[i + 12]);
#pragma unroll
    for (unsigned b = 0; b < poseidon2::kWidth; b += 4) s[b + i] = s[b + i] + column;
  }
}

/// s <- (J + diag(V)) s with s[0] given apart;
/// V = -2, 1, 2, 1/2, 3, 4, -1/2, -3, -4, 2^-8, 1/4, 1/8, 2^-27, -2^-8, -1/16, -2^-27.
__device__ __forceinline__ void internal_linear_layer(Fp (&s)[poseidon2::kWidth], Fp s0) {
  const Fp rest = (((s[1] + s[2]) + (s[3] + s[4])) + ((s[5] + s[6]) + (s[7] + s[8]))) +
                  (((s[9] + s[10]) + (s[11] + s[12])) + ((s[13] + s[14]) + s[15]));
  const Fp sum = rest + s0;
  s[0] = rest - s0;
  s[1] = sum + s[1];
  s[2] = sum + s[2].doubled();
  s[3] = sum + s[3].halved();
  s[4] = sum + (s[4].doubled() + s[4]);
  s[5] = sum + s[5].doubled().doubled();
  s[6] = sum - s[6].halved();
  s[7] = sum - (s[7].doubled() + s[7]);
  s[8] = sum - s[8].doubled().doubled();
  s[9] = sum + shifted_down<8>(s[9]);
  s[10] = sum + shifted_down<2>(s[10]);
  s[11] = sum + shifted_down<3>(s[11]);
  s[12] = sum + shifted_down<27>(s[12]);
  s[13] = sum - shifted_down<8>(s[13]);
  s[14] = sum - shifted_down<4>(s[14]);
  s[15] = sum - shifted_down<27>(s[15]);
}

/// Rounds are loops: unrolled, the code would not fit the instruction cache.
__device__ __forceinline__ void external_rounds(Fp (&s)[poseidon2::kWidth], unsigned first) {
#pragma unroll 1
  for (unsigned round = first; round < first + poseidon2::kExternalRounds; ++round) {
#pragma unroll
    for (unsigned i = 0; i < poseidon2::kWidth; ++i) {
      s[i] = sbox(s[i], kRoundConstants.external[round][i]);
    }
    external_linear_layer(s);
  }
}

}  // namespace poseidon2_detail

/// One application of the permutation, in place.
__device__ __forceinline__ void permute(Fp (&s)[poseidon2::kWidth]) {
  poseidon2_detail::external_linear_layer(s);
  poseidon2_detail::external_rounds(s, 0);
#pragma unroll 1
  for (unsigned round = 0; round < poseidon2::kInternalRounds; ++round) {
    poseidon2_detail::internal_linear_layer(
        s, poseidon2_detail::sbox(s[0], poseidon2_detail::kRoundConstants.internal[round]));
  }
  poseidon2_detail::external_rounds(s, poseidon2::kExternalRounds);
}

}  // namespace gyre::cuda
