#pragma once

#include "backend/cuda/constraint_tail.h"
#include "backend/cuda/device_transcript.h"

namespace gyre::cuda {

/// What the kernels of the last rounds have in common; see constraint_tail.h.

// A polynomial of low degree is held across a warp: by its values at neighbouring points, that at
// a + i in lane i, or by its differences there, (D^i f)(a) in lane i, D f (x) = f(x + 1) - f(x).
// Loops stay loops: between two of these short kernels others fill the instruction cache.

inline constexpr unsigned kMostValues = TailOutput::kMostDegree + 1;
static_assert(kMostValues + 1 <= 16 && 32 % kMostValues == 0);

__device__ __forceinline__ unsigned warp_lane() {
  return threadIdx.x % 32;
}

__device__ __forceinline__ Fp4 from_lane(const Fp4& value, unsigned lane) {
  Fp4 result;
#pragma unroll
  for (unsigned k = 0; k < Fp4::kDegree; ++k) {
    result.c[k] = Fp::from_raw(__shfl_sync(~0u, value.c[k].raw(), static_cast<int>(lane)));
  }
  return result;
}

/// f(a + x) = sum over k <= degree of C(x, k) (D^k f)(a), each lane for its own x.
__device__ __forceinline__ Fp4 value_at(const Fp4& difference, unsigned degree, unsigned x) {
  Fp4 sum;
  std::uint32_t binomial = 1;
#pragma unroll 1
  for (unsigned k = 0; k <= degree; ++k) {
    sum += from_lane(difference, k) * Fp::from_canonical(binomial);
    binomial = binomial * (x - k) / (k + 1);  // zero once x = k
  }
  return sum;
}

/// eq(xi, x) = 1 - xi - x + 2 x xi.
template <class X>
__device__ __forceinline__ Fp4 eq_at(const Fp4& xi, const X& x) {
  return Fp4::one() - xi - x + (xi * x).doubled();
}

/// The sum over the eight lanes from a multiple of eight on, in each of them.
__device__ __forceinline__ Fp4 sum_of_8(Fp4 value) {
#pragma unroll 1
  for (int mask = 1; mask < 8; mask *= 2) value += shuffle_xor(value, mask);
  return value;
}

/// The value at r of the polynomial of that degree that is 1 at x and 0 at the others of
/// 0 .. degree; zero for other x.
__device__ __forceinline__ Fp4 lagrange_at(const Fp4& r, unsigned x, const TailStart& start) {
  if (x > start.degree) return {};
  Fp4 value(start.lagrange[x]);
  unsigned k = x;
#pragma unroll 1
  for (unsigned i = 0; i < start.degree; ++i) {
    k = k == start.degree ? 0 : k + 1;
    value *= r - Fp::from_canonical(k);
  }
  return value;
}

/// The claim of the round, with the challenge of the round before bound, by two warps. With r, H
/// and E of that round, what it had `finished`, and eq = eq(xi, r), it is
///   eq H(r) + finished r,   eq_bound eq,   finished r + eq_bound eq E(r).
struct ClaimParts {
  SharedArray<Fp4, 5> values;  ///< H(r), E(r), eq, finished r, eq_bound eq

  /// One warp.
  __device__ __forceinline__ void evaluate(const TailStart& start, const TailOutput& output) {
    const RoundState& state = output.state;
    const unsigned x = warp_lane() % 8;
    const bool first_8 = warp_lane() == x;
    Fp4 sum;
    if (start.first) {
      if (first_8) sum = load(&state.claim.value) - load(&state.claim.finished);
    } else {
      const Fp4 r = load(&output.challenges[start.round - 2]);
      const Fp4 weight = lagrange_at(first_8 ? r : r - Fp::one(), x, start);
      sum = sum_of_8(weight * load((first_8 ? state.running : state.ended) + x));
    }
    if (x == 0 && warp_lane() < 16) values[first_8 ? 0 : 1] = sum;
  }
  /// Another one.
  __device__ __forceinline__ void bind(const TailStart& start, const TailOutput& output) {
    const ConstraintSumcheck::RoundClaim& claim = output.state.claim;
    Fp4 eq = Fp4::one(), finished = load(&claim.finished), bound = load(&claim.eq_bound);
    if (!start.first) {
      const Fp4 r = load(&output.challenges[start.round - 2]);
      eq = eq_at(start.xi_before, r);
      finished *= r;
      bound *= eq;
    }
    if (warp_lane() != 0) return;
    values[2] = eq;
    values[3] = finished;
    values[4] = bound;
  }
  /// After a barrier.
  __device__ __forceinline__ ConstraintSumcheck::RoundClaim claim() {
    return {values[2] * values[0] + values[3], values[4], values[3] + values[4] * values[1]};
  }
};

/// What a round leaves in a warp.
struct RoundEnd {
  Fp4 h;          ///< H at x in lane x <= degree, and zero
  Fp4 challenge;  ///< in all lanes
};

/// Ends a round of the driver by the transcript, in one warp. With H(X) the sum over the running
/// traces times eq_bound, and F the finished ones: s(X) = eq(xi, X) H(X) + F X, s(0) + s(1) =
/// claim. `h`: H at x in lane x for 1 <= x <= degree. Observes s at 1, 2, ..., which goes to
/// `polynomial`.
__device__ __forceinline__ RoundEnd end_round(Fp4 h, const ConstraintSumcheck::RoundClaim& claim,
                                              const TailStart& start,
                                              const TailCoordinate& coordinate,
                                              DeviceTranscript& transcript, Fp4* polynomial) {
  static_assert(kMostValues == 8);
  __shared__ SharedArray<Fp4, kMostValues> observed;
  const unsigned lane = warp_lane(), degree = start.degree;
  const Fp4 at_0 =
      (claim.value - coordinate.xi * from_lane(h, 1) - claim.finished) * coordinate.inverse;
  RoundEnd end;
  if (lane <= degree) end.h = lane == 0 ? at_0 : h;
  const Fp4 next = from_lane(sum_of_8(end.h * start.next[lane % kMostValues]), 0);
  if (lane >= 1 && lane <= degree + 1) {
    const Fp x = Fp::from_canonical(lane);
    const Fp4 s = eq_at(coordinate.xi, x) * (lane <= degree ? end.h : next) + claim.finished * x;
    observed[lane - 1] = s;
    store(polynomial + (lane - 1), s);
  }
  __syncwarp();
  transcript.observe(observed.data(), degree + 1);
  end.challenge = transcript.sample_ext();
  return end;
}

}  // namespace gyre::cuda
