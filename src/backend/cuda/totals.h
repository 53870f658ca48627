#pragma once

#include <cstdint>

#include "backend/cuda/cuda_api.h"

namespace gyre::cuda {

/// Totals are kept as the four sums of Montgomery words, unreduced, so that blocks add to them in
/// any order with the same result.
using Total = unsigned long long;
inline constexpr unsigned kTotalWords = 4;

/// The element that four words below 2^32 p make.
GYRE_HOST_DEVICE inline Fp4 reduced(const Total* words) {
  constexpr std::uint64_t kTwoTo64 = (~std::uint64_t{0} % Fp::kModulus + 1) % Fp::kModulus;
  Fp4 value;
  for (unsigned k = 0; k < kTotalWords; ++k) {
    // The word times 2^-32, and that times 2^64 2^-32.
    value.c[k] = Fp::reduce_product(Fp::reduce_product(words[k]).raw() * kTwoTo64);
  }
  return value;
}

/// Adds the sum of the values of each aligned segment of 2^log_segment lanes, log_segment <= 5, to
/// the segment's total of four words. Of a segment all lanes are `active` or none; where it has
/// more than one lane, all lanes of the warp take part.
__device__ __forceinline__ void add_to_total(Fp4 value, bool active, unsigned log_segment,
                                             Total* total) {
#pragma unroll 1
  for (unsigned k = 0; k < log_segment; ++k) value += shuffle_xor(value, 1 << k);
  if (!active) return;
  const unsigned segment = 1u << log_segment;
  for (unsigned k = threadIdx.x & (segment - 1); k < kTotalWords; k += segment) {
    const Fp word = k < 2 ? (k == 0 ? value.c[0] : value.c[1]) : (k == 2 ? value.c[2] : value.c[3]);
    atomicAdd(total + k, Total{word.raw()});
  }
}

}  // namespace gyre::cuda
