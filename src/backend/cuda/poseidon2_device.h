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

/// a / 2^k = (a >> k) - step (a mod 2^k) for k <= 27, since 15 * 2^27 = -1; step = 15 * 2^(27 - k).
constexpr std::uint32_t shift_step(unsigned bits) {
  return 15u << (27 - bits);
}

/// How the internal linear layer multiplies by an entry of its diagonal: V = 2^-bits or -2^-bits;
/// bits = 0: another one.
struct DiagonalShift {
  unsigned bits;
  bool negative;
  /// What `internal_linear_layer` adds to V s.
  constexpr Fp surplus() const {
    if (bits == 0) return Fp::zero();
    const Fp step = Fp::from_raw(shift_step(bits));
    return negative ? step : -(step + Fp::from_raw(1));
  }
};
inline constexpr DiagonalShift kDiagonalShifts[poseidon2::kWidth] = {
    {0, false}, {0, false}, {0, false}, {1, false}, {0, false},  {0, false}, {1, true}, {0, false},
    {0, false}, {8, false}, {2, false}, {3, false}, {27, false}, {8, true},  {4, true}, {27, true}};

/// Round constants less p, which added to a canonical word give a signed word in [-p, p). With
/// surpluses, they take back those that internal_linear_layer leaves in the elements.
struct RoundConstants {
  std::int32_t external[2 * poseidon2::kExternalRounds][poseidon2::kWidth];
  std::int32_t internal[poseidon2::kInternalRounds];

  constexpr explicit RoundConstants(bool surpluses) : external{}, internal{} {
    Fp surplus[poseidon2::kWidth] = {};
    for (std::size_t round = 0; round < poseidon2::kInternalRounds; ++round) {
      internal[round] = less_modulus(poseidon2::kInternalConstants[round] - surplus[0]);
      surplus[0] = Fp::zero();  // The S-box has none.
      Fp sum;
      for (const Fp each : surplus) sum = sum + each;
      for (std::size_t i = 0; i < poseidon2::kWidth; ++i) {
        surplus[i] = sum + surplus[i] * poseidon2::kInternalDiagonal[i] +
                     (surpluses ? kDiagonalShifts[i].surplus() : Fp::zero());
      }
    }
    for (std::size_t round = 0; round < poseidon2::kExternalRounds; ++round) {
      for (std::size_t i = 0; i < poseidon2::kWidth; ++i) {
        external[round][i] = less_modulus(poseidon2::kInitialConstants[round][i]);
        external[poseidon2::kExternalRounds + round][i] = less_modulus(
            poseidon2::kTerminalConstants[round][i] - (round == 0 ? surplus[i] : Fp::zero()));
      }
    }
  }
  static constexpr std::int32_t less_modulus(Fp constant) {
    return static_cast<std::int32_t>(constant.raw()) - static_cast<std::int32_t>(Fp::kModulus);
  }
};
__constant__ constexpr RoundConstants kRoundConstants(true);

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

/// The canonical one of v and v - p, v < 2 p.
__device__ __forceinline__ Fp lowered(std::uint32_t v) {
  return Fp::from_raw(min(v, v - Fp::kModulus));
}

/// sum + V a + surplus for V = 2^-bits or -2^-bits. With step = 15 * 2^(27 - bits), h = a >> bits
/// and l = a mod 2^bits, the surplus makes of sum + h - step l, respectively sum - h + step l, a
/// word in [0, 2p), as h <= step and step * 2^bits = p - 1.
template <unsigned kIndex>
__device__ __forceinline__ Fp add_shifted(Fp sum, Fp a) {
  constexpr DiagonalShift kShift = kDiagonalShifts[kIndex];
  constexpr std::uint32_t kStep = shift_step(kShift.bits), kMask = (1u << kShift.bits) - 1;
  const std::uint32_t high = a.raw() >> kShift.bits;
  return kShift.negative ? lowered(sum.raw() - high + kStep + kStep * (a.raw() & kMask))
                         : lowered(sum.raw() + high + kStep * (~a.raw() & kMask));
}

/// The sum of s[1] to s[15]: v < 15 p in 64 bits; v less floor(v / 2^31) p is below 2^31 +
/// 14 (2^31 - p) < 2 p.
__device__ __forceinline__ Fp sum_of_rest(const Fp (&s)[poseidon2::kWidth]) {
  std::uint64_t sum = 0;
#pragma unroll
  for (unsigned i = 1; i < poseidon2::kWidth; ++i) sum += s[i].raw();
  return lowered(static_cast<std::uint32_t>(sum) -
                 static_cast<std::uint32_t>(sum >> 31) * Fp::kModulus);
}

/// s <- circ(2, 3, 1, 1) s for a block of four.
__device__ __forceinline__ void block_linear_layer(Fp* s) {
  const Fp x01 = s[0] + s[1], x23 = s[2] + s[3];
  const Fp sum = x01 + x23;
  const Fp sum_x1 = sum + s[1], sum_x3 = sum + s[3];
  const Fp y3 = sum_x3 + s[0].doubled(), y1 = sum_x1 + s[2].doubled();
  s[0] = sum_x1 + x01;
  s[1] = y1;
  s[2] = sum_x3 + x23;
  s[3] = y3;
}

/// s <- M_E(s): each block of four, then the sum over the blocks added to each.
__device__ __forceinline__ void external_linear_layer(Fp (&s)[poseidon2::kWidth]) {
#pragma unroll
  for (unsigned b = 0; b < poseidon2::kWidth; b += 4) block_linear_layer(s + b);
#pragma unroll
  for (unsigned i = 0; i < 4; ++i) {
    const Fp column = (s[i] + s[i + 4]) + (s[i + 8] + s[i + 12]);
#pragma unroll
    for (unsigned b = 0; b < poseidon2::kWidth; b += 4) s[b + i] = s[b + i] + column;
  }
}

/// s <- (J + diag(V)) s with s[0] given apart, plus the surpluses of kDiagonalShifts;
/// V = -2, 1, 2, 1/2, 3, 4, -1/2, -3, -4, 2^-8, 1/4, 1/8, 2^-27, -2^-8, -1/16, -2^-27.
__device__ __forceinline__ void internal_linear_layer(Fp (&s)[poseidon2::kWidth], Fp s0) {
  const Fp rest = sum_of_rest(s), sum = rest + s0;
  s[0] = rest - s0;
  s[1] = sum + s[1];
  s[2] = sum + s[2].doubled();
  s[3] = add_shifted<3>(sum, s[3]);
  s[4] = sum + (s[4].doubled() + s[4]);
  s[5] = sum + s[5].doubled().doubled();
  s[6] = add_shifted<6>(sum, s[6]);
  s[7] = sum - (s[7].doubled() + s[7]);
  s[8] = sum - s[8].doubled().doubled();
  s[9] = add_shifted<9>(sum, s[9]);
  s[10] = add_shifted<10>(sum, s[10]);
  s[11] = add_shifted<11>(sum, s[11]);
  s[12] = add_shifted<12>(sum, s[12]);
  s[13] = add_shifted<13>(sum, s[13]);
  s[14] = add_shifted<14>(sum, s[14]);
  s[15] = add_shifted<15>(sum, s[15]);
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
