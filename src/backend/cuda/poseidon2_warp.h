#pragma once

#include <array>
#include <cstdint>

#include "backend/cuda/cuda_api.h"
#include "backend/cuda/poseidon2_device.h"
#include "hash/poseidon2_constants.h"

namespace gyre::cuda {

namespace poseidon2_detail {

/// What each lane of a WarpPoseidon2 needs.
struct WarpConstants {
  /// Less p, which added to a canonical word give a signed word in [-p, p).
  std::int32_t external[2 * poseidon2::kExternalRounds][poseidon2::kWidth];
  std::int32_t first_internal;
  // Of the internal rounds, see there; per lane of the warp.
  std::uint32_t inputs[poseidon2::kWidth / 2][32];
  std::uint32_t factors[32];
  std::uint32_t offsets[32];

  constexpr WarpConstants() : external{}, first_internal{}, inputs{}, factors{}, offsets{} {
    for (std::size_t i = 0; i < poseidon2::kWidth; ++i) {
      for (std::size_t round = 0; round < poseidon2::kExternalRounds; ++round) {
        external[round][i] = less_p(poseidon2::kInitialConstants[round][i]);
        external[poseidon2::kExternalRounds + round][i] =
            less_p(poseidon2::kTerminalConstants[round][i]);
      }
    }
    first_internal = less_p(poseidon2::kInternalConstants[0]);
    for (std::size_t i = 1; i < poseidon2::kWidth; ++i) {
      std::array<Fp, poseidon2::kWidth> unit{};
      unit[i] = Fp::one();
      const auto weights = rests(unit, Fp());
      constexpr std::size_t kHalf = poseidon2::kWidth / 2;
      for (std::size_t m = 0; m < weights.size(); ++m) {
        inputs[i % kHalf][i / kHalf * poseidon2::kWidth + m] = weights[m].raw();
      }
    }
    const auto weights = rests({}, Fp::one());
    for (std::size_t m = 1; m < weights.size(); ++m) factors[m] = weights[m].raw();
    for (std::size_t m = 0; m < weights.size(); ++m) offsets[m] = next_constant(m).raw();
    for (std::size_t i = 1; i < poseidon2::kWidth; ++i) {
      const Fp diagonal = poseidon2::kInternalDiagonal[i];
      Fp offset, power = diagonal.inverse();
      for (std::size_t j = 0; j < poseidon2::kInternalRounds; ++j, power *= diagonal.inverse()) {
        offset -= power * next_constant(j);
      }
      factors[poseidon2::kWidth + i] = diagonal.raw();
      offsets[poseidon2::kWidth + i] = offset.raw();
    }
  }

 private:
  static constexpr std::int32_t less_p(Fp constant) {
    return static_cast<std::int32_t>(constant.raw()) - static_cast<std::int32_t>(Fp::kModulus);
  }
  /// Of the internal round after `round`, or zero.
  static constexpr Fp next_constant(std::size_t round) {
    return round + 1 < poseidon2::kInternalRounds ? poseidon2::kInternalConstants[round + 1] : Fp();
  }
  /// R_0 to R_12 of the state s, with the given y_0 and no other.
  static constexpr std::array<Fp, poseidon2::kInternalRounds> rests(
      std::array<Fp, poseidon2::kWidth> s, Fp y) {
    std::array<Fp, poseidon2::kInternalRounds> result{};
    for (Fp& rest : result) {
      for (std::size_t i = 1; i < s.size(); ++i) rest += s[i];
      for (std::size_t i = 1; i < s.size(); ++i) {
        s[i] = rest + y + poseidon2::kInternalDiagonal[i] * s[i];
      }
      y = Fp();
    }
    return result;
  }
};
/// Not in the memory of constants, which lanes that read different words read one after another.
__device__ constexpr WarpConstants kWarpConstants;

/// x^7: five products, but only three one after another. With |x| <= p all of them are below p.
__device__ __forceinline__ Fp quick_pow7(std::int32_t x) {
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
    using poseidon2_detail::kWarpConstants;
    const unsigned warp_lane = threadIdx.x % 32;
    upper_ = warp_lane != lane_;
    const unsigned block = warp_lane / 4 * 4;
    next_ = block + (lane_ + 1) % 4;
    previous_ = block + (lane_ + 3) % 4;
#pragma unroll
    for (unsigned round = 0; round < 2 * poseidon2::kExternalRounds; ++round) {
      external_[round] = kWarpConstants.external[round][lane_];
    }
#pragma unroll
    for (unsigned k = 0; k < poseidon2::kWidth / 2; ++k) {
      inputs_[k] = Fp::from_raw(kWarpConstants.inputs[k][warp_lane]);
    }
    factor_ = Fp::from_raw(kWarpConstants.factors[warp_lane]);
    offset_ = Fp::from_raw(kWarpConstants.offsets[warp_lane]);
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
      const std::int32_t x = static_cast<std::int32_t>(element.raw()) + external_[round];
      element = external_linear_layer(poseidon2_detail::quick_pow7(x));
    }
    return element;
  }

  /// Every lane follows element 0 by itself. With y_j what the S-box makes of it in round j and R_j
  /// the sum of the other elements before that round,
  ///   s_0 <- R_j - y_j   and   s_i <- R_j + y_j + d_i s_i.
  /// R_m is linear in the elements before the first round and in y_0 to y_(m-1). Lane m gathers it,
  /// with the constant of the next round added: after y_j is known it adds the weight of y_j, which
  /// depends on m - j alone and comes from the lane before. Lane 16 + i has s_i, in which what
  /// those constants add is taken back from the start. All of it is the same step, f a + b, beside
  /// the S-box of the next round.
  __device__ __forceinline__ Fp internal_rounds(Fp element) const {
    using poseidon2_detail::shuffle;
    const Fp inputs = sum_of_inputs(element);
    Fp gathered = offset_ + (upper_ ? element : inputs);
    const unsigned factor_source = upper_ ? threadIdx.x % 32 : (lane_ + 15) % 16;
    Fp factor = factor_;
    const std::int32_t first = poseidon2_detail::kWarpConstants.first_internal;
    Fp power =
        poseidon2_detail::quick_pow7(static_cast<std::int32_t>(shuffle(element, 0).raw()) + first);
    Fp rest = shuffle(gathered, 0);
#pragma unroll 1
    for (unsigned round = 1; round < poseidon2::kInternalRounds; ++round) {
      gathered = after(gathered, factor, rest, power);
      const std::int32_t x = signed_difference(rest, power);
      rest = shuffle(gathered, round);
      factor = shuffle(factor, factor_source);
      power = poseidon2_detail::quick_pow7(x);
    }
    const Fp other = shuffle(after(gathered, factor, rest, power), 16 + lane_);
    return lane_ == 0 ? rest - power : other;
  }

  /// In lanes 0 to 12 the sum of the weighted elements.
  __device__ __forceinline__ Fp sum_of_inputs(Fp element) const {
    Fp sum;
#pragma unroll
    for (unsigned k = 0; k < poseidon2::kWidth / 2; k += 4) {
      std::uint64_t products = 0;
#pragma unroll
      for (unsigned l = k; l < k + 4; ++l) {
        const Fp input = poseidon2_detail::shuffle(element, upper_ ? poseidon2::kWidth / 2 + l : l);
        products += static_cast<std::uint64_t>(inputs_[l].raw()) * input.raw();
      }
      sum += Fp::reduce_sum_of_products(products);
    }
    return sum + shuffle_xor(sum, poseidon2::kWidth);
  }
  __device__ __forceinline__ Fp after(Fp gathered, Fp factor, Fp rest, Fp power) const {
    return factor * (upper_ ? gathered : power) + (upper_ ? rest + power : gathered);
  }
  __device__ static std::int32_t signed_difference(Fp a, Fp b) {
    return static_cast<std::int32_t>(a.raw() - b.raw());
  }

  unsigned lane_, next_, previous_;
  bool upper_;  ///< whether the lane is one of the last 16
  std::int32_t external_[2 * poseidon2::kExternalRounds];
  Fp inputs_[poseidon2::kWidth / 2];
  Fp factor_, offset_;
};

}  // namespace gyre::cuda
