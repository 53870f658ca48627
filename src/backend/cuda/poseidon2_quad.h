#pragma once

#include "backend/cuda/poseidon2_device.h"

namespace gyre::cuda {

/// Poseidon2-16 on four adjacent lanes of a warp, elements 4q to 4q + 3 in lane q of them: for
/// chains of few permutations, where it takes half the time of one in one thread, but more
/// instructions.

namespace poseidon2_detail {

__constant__ constexpr RoundConstants kPlainRoundConstants(false);
__constant__ constexpr std::array<Fp, poseidon2::kWidth> kDiagonal = poseidon2::kInternalDiagonal;

/// The sum over the four lanes.
__device__ __forceinline__ Fp quad_sum(Fp value) {
  value = value + shuffle_xor(value, 1);
  return value + shuffle_xor(value, 2);
}

__device__ __forceinline__ void external_linear_layer(Fp (&s)[4]) {
  block_linear_layer(s);
#pragma unroll
  for (unsigned i = 0; i < 4; ++i) s[i] = s[i] + quad_sum(s[i]);
}

__device__ __forceinline__ void external_rounds(Fp (&s)[4], unsigned first, unsigned place) {
#pragma unroll
  for (unsigned round = first; round < first + poseidon2::kExternalRounds; ++round) {
#pragma unroll
    for (unsigned i = 0; i < 4; ++i) {
      s[i] = sbox(s[i], kPlainRoundConstants.external[round][place + i]);
    }
    external_linear_layer(s);
  }
}

}  // namespace poseidon2_detail

/// One application of the permutation, in place, by all lanes of a warp.
__device__ __forceinline__ void permute_quad(Fp (&s)[4]) {
  const unsigned place = 4 * (threadIdx.x % 4);  // of s[0] in the state
  Fp diagonal[4];
#pragma unroll
  for (unsigned i = 0; i < 4; ++i) diagonal[i] = poseidon2_detail::kDiagonal[place + i];
  poseidon2_detail::external_linear_layer(s);
  poseidon2_detail::external_rounds(s, 0, place);
#pragma unroll 1
  for (unsigned round = 0; round < poseidon2::kInternalRounds; ++round) {
    // All but the first element meanwhile: neither their products nor their sum wait for its x^7.
    const Fp first =
        poseidon2_detail::sbox(s[0], poseidon2_detail::kPlainRoundConstants.internal[round]);
    const Fp rest =
        poseidon2_detail::quad_sum((s[1] + s[2]) + (s[3] + (place == 0 ? Fp::zero() : s[0])));
    const Fp sum =
        rest + Fp::from_raw(__shfl_sync(~0u, first.raw(), static_cast<int>(threadIdx.x & 28)));
    s[0] = place == 0 ? first : s[0];
#pragma unroll
    for (unsigned i = 0; i < 4; ++i) s[i] = sum + s[i] * diagonal[i];
  }
  poseidon2_detail::external_rounds(s, poseidon2::kExternalRounds, place);
}

}  // namespace gyre::cuda
