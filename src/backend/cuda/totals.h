#pragma once

#include <cstdint>

#include "backend/cuda/cuda_api.h"

namespace gyre::cuda {

/// Totals are kept as the four sums of Montgomery words, unreduced, so that blocks add to them in
/// any order with the same result.
using Total = unsigned long long;
inline constexpr unsigned kTotalWords = 4;

/// The element that four words make.
GYRE_HOST_DEVICE inline Fp4 reduced(const Total* words) {
  Fp4 value;
  for (unsigned k = 0; k < kTotalWords; ++k) {
    value.c[k] = Fp::from_raw(static_cast<std::uint32_t>(words[k] % Fp::kModulus));
  }
  return value;
}

/// Adds the lanes' values to the totals of their planes, [plane][4]; point j is in plane
/// j >> log_plane. All lanes of the warp take part, each with a point of its own whose number ends
/// in the low log_lanes bits of the lane's, log_lanes <= 5; those that are not `active` with the
/// value zero. A plane has active points alone or none.
__device__ __forceinline__ void add_to_totals(Fp4 value, std::uint32_t j, bool active,
                                              unsigned log_plane, unsigned log_lanes,
                                              Total* totals) {
  const unsigned log_segment = log_plane < log_lanes ? log_plane : log_lanes;
#pragma unroll 1
  for (unsigned k = 0; k < log_segment; ++k) value += shuffle_xor(value, 1 << k);
  if (!active) return;
  Total* const total = totals + std::size_t{j >> log_plane} * kTotalWords;
  const unsigned segment = 1u << log_segment;
  for (unsigned k = j & (segment - 1); k < kTotalWords; k += segment) {
    const Fp word = k < 2 ? (k == 0 ? value.c[0] : value.c[1]) : (k == 2 ? value.c[2] : value.c[3]);
    atomicAdd(total + k, Total{word.raw()});
  }
}

}  // namespace gyre::cuda
