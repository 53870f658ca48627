#pragma once

#include <span>

#include "backend/cuda/queue.h"

namespace gyre::cuda {

/// A point of the cube as an argument of a kernel, lowest variable first.
struct CubePoint {
  static constexpr unsigned kMaxVariables = 27;
  Fp4 coordinates[kMaxVariables];
  unsigned size = 0;

  CubePoint() = default;
  explicit CubePoint(std::span<const Fp4> point);
};

/// product over first <= t < end of eq1(point[t], bit t of index).
__device__ __forceinline__ Fp4 eq_at(const Fp4* point, unsigned first, unsigned end,
                                     std::size_t index) {
  Fp4 product = Fp4::one();
  for (unsigned t = first; t < end; ++t) {
    product *= (index >> t & 1) != 0 ? point[t] : Fp4::one() - point[t];
  }
  return product;
}
/// values[i] = values[0] * eq(point, bits of i), i < 2^kLogSize.
template <unsigned kLogSize>
__device__ __forceinline__ void expand_eq(const Fp4* point, Fp4 (&values)[1 << kLogSize]) {
#pragma unroll
  for (unsigned t = 0; t < kLogSize; ++t) {
#pragma unroll
    for (unsigned i = 0; i < 1u << t; ++i) {
      values[i + (1u << t)] = values[i] * point[t];
      values[i] -= values[i + (1u << t)];
    }
  }
}

/// out[i] = scale * eq(point, bits of i), i < 2^|point|.
void fill_eq_table(Queue& queue, std::span<const Fp4> point, const Fp4& scale, Fp4* out);

}  // namespace gyre::cuda
