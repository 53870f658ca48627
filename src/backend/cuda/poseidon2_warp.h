#pragma once

#include <cstdint>

#include "backend/cuda/cuda_api.h"
#include "backend/cuda/poseidon2_device.h"
#include "hash/poseidon2_constants.h"

namespace gyre::cuda {

namespace poseidon2_detail {

/// Round constants less p, which added to a canonical word give a signed word in [-p, p), and the
/// words of the diagonal.
struct WarpConstants {
  std::int32_t external[2 * poseidon2::kExternalRounds][poseidon2::kWidth];
  std::int32_t internal[poseidon2::kInternalRounds];
  std::uint32_t diagonal[poseidon2::kWidth];

  constexpr WarpConstants() : external{}, internal{}, diagonal{} {
    for (std::size_t i = 0; i < poseidon2::kWidth; ++i) {
      for (std::size_t round = 0; round < poseidon2::kExternalRounds; ++round) {
        external[round][i] = less_p(poseidon2::kInitialConstants[round][i]);
        external[poseidon2::kExternalRounds + round][i] =
            less_p(poseidon2::kTerminalConstants[round][i]);
      }
      diagonal[i] = poseidon2::kInternalDiagonal[i].raw();
    }
    for (std::size_t round = 0; round < poseidon2::kInternalRounds; ++round) {
      internal[round] = less_p(poseidon2::kInternalConstants[round]);
    }
  }
  static constexpr std::int32_t less_p(Fp constant) {
    return static_cast<std::int32_t>(constant.raw()) - static_cast<std::int32_t>(Fp::kModulus);
  }
};
__constant__ constexpr WarpConstants kWarpConstants;

/// (a + constant)^7, the constant given less p: five products, but only three one after another.
/// With |x| <= p all of them are below p.
__device__ __forceinline__ Fp quick_sbox(Fp a, std::int32_t constant) {
  const std::int32_t x = static_cast<std::int32_t>(a.raw()) + constant;
  const std::int32_t x2 = signed_product(x, x);
  const std::int32_t x7 = signed_product(signed_product(x2, x), signed_product(x2, x2));
  return lifted(static_cast<std::uint32_t>(x7));
}

__device__ __forceinline__ Fp shuffle(Fp value, unsigned source) {
  return Fp::from_raw(__shfl_sync(~0u, value.raw(), static_cast<int>(source)));
}

/// The sum over the four lanes whose numbers differ in the bits of 3 * kStride, in each of them.
template <int kStride>
__device__ __forceinline__ Fp sum_of_4(Fp value) {
  const Fp a = shuffle_xor(value, kStride), b = shuffle_xor(value, 2 * kStride),
           c = shuffle_xor(value, 3 * kStride);
  return (value + a) + (b + c);
}

}  // namespace poseidon2_detail

/// Poseidon2-16 on one state by a warp, for permutations that wait for one another: about a quarter
/// of the latency of one thread's. Lanes i and i + 16 hold element i, both doing the same. All 32
/// lanes take part in every call; blocks are one-dimensional.
class WarpPoseidon2 {
 public:
  /// Fetches the constants of the calling lane.
  __device__ __forceinline__ WarpPoseidon2() : lane_(threadIdx.x % poseidon2::kWidth) {
    const unsigned warp = threadIdx.x % 32 - lane_;
    const unsigned block = warp + lane_ / 4 * 4;
    next_ = block + (lane_ + 1) % 4;
    previous_ = block + (lane_ + 3) % 4;
#pragma unroll
    for (unsigned round = 0; round < 2 * poseidon2::kExternalRounds; ++round) {
      external_[round] = poseidon2_detail::kWarpConstants.external[round][lane_];
    }
    diagonal_ = Fp::from_raw(poseidon2_detail::kWarpConstants.diagonal[lane_]);
  }

  /// The number of the lane's element.
  __device__ unsigned lane() const {
    return lane_;
  }

  /// The lane's element after the permutation.
  __device__ __forceinline__ Fp permute(Fp element) const {
    element = external_rounds<0>(external_linear_layer(element));
    return external_rounds<poseidon2::kExternalRounds>(internal_rounds(element));
  }

 private:
  /// The sum over the blocks of four added, then circ(2, 3, 1, 1) on each block:
  /// y_i = 2 x_i + 3 x_(i + 1) + x_(i + 2) + x_(i + 3). The two commute.
  __device__ __forceinline__ Fp external_linear_layer(Fp element) const {
    const Fp x = element + poseidon2_detail::sum_of_4<4>(element);
    const Fp next = poseidon2_detail::shuffle(x, next_), opposite = shuffle_xor(x, 2),
             previous = poseidon2_detail::shuffle(x, previous_);
    return (x + next).doubled() + (next + (opposite + previous));
  }

  template <unsigned kFirst>
  __device__ __forceinline__ Fp external_rounds(Fp element) const {
#pragma unroll
    for (unsigned round = kFirst; round < kFirst + poseidon2::kExternalRounds; ++round) {
      element = external_linear_layer(poseidon2_detail::quick_sbox(element, external_[round]));
    }
    return element;
  }

  /// Every lane follows element 0 by itself, s0 <- rest - x^7 with the sum of the others `rest`,
  /// which is summed up while the next x^7 is computed.
  __device__ __forceinline__ Fp internal_rounds(Fp element) const {
    const bool first = lane_ == 0;
    Fp s0 = Fp::from_raw(__shfl_sync(~0u, element.raw(), 0));
    Fp other = first ? Fp() : element;
    Fp rest = poseidon2_detail::sum_of_4<4>(poseidon2_detail::sum_of_4<1>(other));
#pragma unroll 1
    for (unsigned round = 0; round < poseidon2::kInternalRounds; ++round) {
      const Fp power =
          poseidon2_detail::quick_sbox(s0, poseidon2_detail::kWarpConstants.internal[round]);
      const Fp scaled = diagonal_ * other;
      s0 = rest - power;
      other = first ? Fp() : (rest + power) + scaled;
      rest = poseidon2_detail::sum_of_4<4>(poseidon2_detail::sum_of_4<1>(other));
    }
    return first ? s0 : other;
  }

  unsigned lane_, next_, previous_;
  std::int32_t external_[2 * poseidon2::kExternalRounds];
  Fp diagonal_;
};

}  // namespace gyre::cuda
