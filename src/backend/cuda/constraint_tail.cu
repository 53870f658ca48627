#include "backend/cuda/constraint_tail.h"

#include "backend/cuda/device_transcript.h"

namespace gyre::cuda {
namespace {

/// Polynomials have at most that many values at neighbouring points. Those that are not there are
/// zero, as differences of higher order than the degree are.
constexpr unsigned kMostValues = TailOutput::kMostDegree + 2;

/// f(a), f(a + 1), ... to f(a), (D f)(a), (D^2 f)(a), ..., D f (x) = f(x + 1) - f(x), of the first
/// `count` values.
__device__ __forceinline__ void to_differences(Fp4 (&values)[kMostValues], unsigned count) {
#pragma unroll
  for (unsigned k = 1; k < kMostValues; ++k) {
#pragma unroll
    for (unsigned i = kMostValues - 1; i >= k; --i) {
      if (i < count) values[i] -= values[i - 1];
    }
  }
}
/// The inverse, of as many values as there is room for.
__device__ __forceinline__ void to_values(Fp4 (&differences)[kMostValues]) {
#pragma unroll
  for (unsigned k = kMostValues - 1; k >= 1; --k) {
#pragma unroll
    for (unsigned i = k; i < kMostValues; ++i) differences[i] += differences[i - 1];
  }
}
/// f(a + x) = sum of C(x, k) (D^k f)(a).
__device__ __forceinline__ Fp4 value_at(const Fp4 (&differences)[kMostValues], unsigned degree,
                                        const Fp4& x, const TailRound& input) {
  Fp4 binomial = Fp4::one(), sum = differences[0];
#pragma unroll
  for (unsigned k = 1; k < kMostValues; ++k) {
    if (k > degree) break;
    binomial *= (x - Fp::from_canonical(k - 1)) * input.inverses[k];
    sum += binomial * differences[k];
  }
  return sum;
}

/// Differences at X = 1 of the sum over the running traces, and of the sum over those of them that
/// have their last round.
struct PartSums {
  Fp4 running[kMostValues], last[kMostValues];

  __device__ explicit PartSums(const TailRound& input) {
    bool any_last = false;
    for (unsigned p = threadIdx.x; p < input.num_parts; p += 32) {
      const RoundPart part = input.parts[p];
      Fp4 values[kMostValues];
      values[0] = part.constant;
#pragma unroll
      for (unsigned i = 0; i < kMostValues; ++i) {
        if (i < part.count) values[i] = part.constant + value_of(part.totals + i * kTotalWords);
      }
      to_differences(values, part.count);
#pragma unroll
      for (unsigned k = 0; k < kMostValues; ++k) {
        running[k] += values[k];
        if (part.last != 0) last[k] += values[k];
      }
      any_last = any_last || part.last != 0;
    }
    const bool sum_last = __any_sync(~0u, any_last) != 0;
#pragma unroll
    for (unsigned k = 0; k < kMostValues; ++k) {
      if (k > input.degree) break;
      running[k] = warp_sum(running[k]);
      if (sum_last) last[k] = warp_sum(last[k]);
    }
  }
  __device__ static Fp4 value_of(const Total* words) {
    Fp4 value;
    for (unsigned k = 0; k < kTotalWords; ++k) {
      value.c[k] = Fp::from_raw(static_cast<std::uint32_t>(words[k] % Fp::kModulus));
    }
    return value;
  }
};

/// A round of the driver, by a warp whose lanes all have the same. With H(X) the sum over the
/// running traces times eq_bound, and F the finished ones:
/// s(X) = eq(xi, X) H(X) + F X, s(0) + s(1) = claim.
__global__ void __launch_bounds__(32)
    tail_round(TailRound input, Fp4* polynomial, Fp4* challenge, RoundState* state) {
  __shared__ SharedArray<Fp4, kMostValues> shared;
  const Fp4 claim = load(&state->claim.value), eq_bound = load(&state->claim.eq_bound),
            finished = load(&state->claim.finished);
  DeviceTranscript transcript(state->sponge);
  const PartSums sums(input);
  const unsigned degree = input.degree;

  // H at 1 .. degree, then its differences at 0 and its value at degree + 1.
  Fp4 h[kMostValues];
#pragma unroll
  for (unsigned k = 0; k < kMostValues; ++k) h[k] = sums.running[k];
  to_values(h);
#pragma unroll
  for (unsigned x = kMostValues - 1; x >= 1; --x) {
    h[x] = x <= degree ? h[x - 1] * eq_bound : Fp4();
  }
  h[0] = (claim - input.xi * h[1] - finished) * input.inverse;
  to_differences(h, degree + 1);
  Fp4 values[kMostValues];
#pragma unroll
  for (unsigned k = 0; k < kMostValues; ++k) values[k] = h[k];
  to_values(values);

  if (threadIdx.x == 0) {
#pragma unroll
    for (unsigned x = 1; x < kMostValues; ++x) shared[x - 1] = values[x];
  }
  __syncwarp();
  if (threadIdx.x <= degree) {
    // eq(xi, x) = 1 - xi - x + 2 x xi.
    const Fp x = Fp::from_canonical(threadIdx.x + 1);
    const Fp4 eq = Fp4::one() - input.xi - x + (input.xi * x).doubled();
    const Fp4 s = eq * shared[threadIdx.x] + finished * x;
    shared[threadIdx.x] = s;
    store(polynomial + threadIdx.x, s);
  }
  __syncwarp();
  transcript.observe(shared.data(), degree + 1);
  const Fp4 r = transcript.sample_ext();

  const Fp4 eq = Fp4::one() - input.xi - r + (input.xi * r).doubled();
  const Fp4 bound = eq_bound * eq;
  const Fp4 last = value_at(sums.last, degree, r - Fp::one(), input);
  transcript.store(&state->sponge);
  if (threadIdx.x != 0) return;
  store(challenge, r);
  store(&state->claim.value, eq * value_at(h, degree, r, input) + finished * r);
  store(&state->claim.eq_bound, bound);
  store(&state->claim.finished, finished * r + bound * last);
}

}  // namespace

void launch_tail_round(Queue& queue, const TailRound& input, unsigned round, TailOutput* output) {
  queue.launch(
      tail_round, {dim3(1), dim3(32)},
      input.num_parts * (sizeof(RoundPart) + (input.degree + 1) * kTotalWords * sizeof(Total)),
      input, output->round_polynomials[round - 1], output->challenges + (round - 1),
      &output->state);
}

}  // namespace gyre::cuda
