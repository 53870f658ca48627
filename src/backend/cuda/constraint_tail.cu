#include "backend/cuda/constraint_tail.h"

#include "backend/cuda/device_transcript.h"

namespace gyre::cuda {
namespace {

// A polynomial of low degree is held across a warp: by its values at neighbouring points, that at
// a + i in lane i, or by its differences there, (D^i f)(a) in lane i, D f (x) = f(x + 1) - f(x).
// Loops stay loops: between two of these short kernels others fill the instruction cache.

constexpr unsigned kMostValues = TailOutput::kMostDegree + 1;
static_assert(kMostValues + 1 <= 16 && 32 % kMostValues == 0);

__device__ __forceinline__ Fp4 from_lane(const Fp4& value, unsigned lane) {
  Fp4 result;
#pragma unroll
  for (unsigned k = 0; k < Fp4::kDegree; ++k) {
    result.c[k] = Fp::from_raw(__shfl_sync(~0u, value.c[k].raw(), static_cast<int>(lane)));
  }
  return result;
}

/// Differences of values that determine a polynomial of degree `degree`; zero in other lanes.
__device__ __forceinline__ Fp4 differences_of(Fp4 value, unsigned degree) {
  const unsigned lane = threadIdx.x;
  if (lane > degree) value = Fp4();
#pragma unroll 1
  for (unsigned k = 1; k <= degree; ++k) {
    const Fp4 before = from_lane(value, lane == 0 ? 0 : lane - 1);
    if (lane >= k && lane <= degree) value -= before;
  }
  return value;
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
/// The same at any x, with the differences of each half of the warp in its lanes.
__device__ __forceinline__ Fp4 value_at(const Fp4& difference, const Fp4& x,
                                        const TailRound& input) {
  const unsigned half = threadIdx.x & 16;
  Fp4 binomial = Fp4::one(), sum = from_lane(difference, half);
#pragma unroll 1
  for (unsigned k = 1; k <= input.degree; ++k) {
    binomial *= (x - Fp::from_canonical(k - 1)) * input.inverses[k];
    sum += binomial * from_lane(difference, half + k);
  }
  return sum;
}

/// Differences at X = 1 of the sum over the running traces, and of the sum over those of them that
/// have their last round: that of order k in all lanes that are k modulo kMostValues. So many lanes
/// make those of a part.
struct PartSums {
  Fp4 running, last;

  __device__ explicit PartSums(const TailRound& input) {
    constexpr unsigned kParts = 32 / kMostValues;
    const unsigned lane = threadIdx.x, i = lane % kMostValues;
#pragma unroll 1
    for (unsigned first = 0; first < input.num_parts; first += kParts) {
      RoundPart part;
      const unsigned place = first + lane / kMostValues;
      if (place < input.num_parts) part = input.parts[place];
      Fp4 value;
      if (i < part.count) value = part.constant + reduced(part.totals + i * kTotalWords);
#pragma unroll 1
      for (unsigned k = 1; k <= input.degree; ++k) {
        const Fp4 before = from_lane(value, lane == 0 ? 0 : lane - 1);
        if (i >= k && i < part.count) value -= before;
      }
      running += value;
      if (part.last != 0) last += value;
    }
#pragma unroll 1
    for (int mask = kMostValues; mask < 32; mask *= 2) {
      running += shuffle_xor(running, mask);
      last += shuffle_xor(last, mask);
    }
  }
};

/// A round of the driver. With H(X) the sum over the running traces times eq_bound, and F the
/// finished ones: s(X) = eq(xi, X) H(X) + F X, s(0) + s(1) = claim.
__global__ void __launch_bounds__(32)
    tail_round(TailRound input, Fp4* polynomial, Fp4* challenge, RoundState* state) {
  __shared__ SharedArray<Fp4, kMostValues> observed;
  const unsigned lane = threadIdx.x, degree = input.degree;
  const Fp4 claim = load(&state->claim.value), eq_bound = load(&state->claim.eq_bound),
            finished = load(&state->claim.finished);
  DeviceTranscript transcript(state->sponge);
  const PartSums sums(input);

  // H at 0 .. degree. Its sum over 1 .. degree alone is known: degree - 1 differences.
  Fp4 h = value_at(sums.running, degree - 1, lane == 0 ? 0 : lane - 1) * eq_bound;
  const Fp4 at_0 = (claim - input.xi * from_lane(h, 1) - finished) * input.inverse;
  if (lane == 0) h = at_0;
  const Fp4 differences = differences_of(h, degree);
  h = value_at(differences, degree, lane);
  if (lane >= 1 && lane <= degree + 1) {
    // eq(xi, x) = 1 - xi - x + 2 x xi.
    const Fp x = Fp::from_canonical(lane);
    const Fp4 s = (Fp4::one() - input.xi - x + (input.xi * x).doubled()) * h + finished * x;
    observed[lane - 1] = s;
    store(polynomial + (lane - 1), s);
  }
  __syncwarp();
  transcript.observe(observed.data(), degree + 1);
  const Fp4 r = transcript.sample_ext();

  // The lower half of the warp evaluates H at r, the upper the traces that end, whose differences
  // are those at 1.
  const Fp4 last = from_lane(sums.last, lane & 15);
  const Fp4 value = value_at(lane < 16 ? differences : last, lane < 16 ? r : r - Fp::one(), input);
  const Fp4 ended = from_lane(value, 16);
  const Fp4 eq = Fp4::one() - input.xi - r + (input.xi * r).doubled();
  const Fp4 bound = eq_bound * eq;
  transcript.store(&state->sponge);
  if (lane != 0) return;
  store(challenge, r);
  store(&state->claim.value, eq * value + finished * r);
  store(&state->claim.eq_bound, bound);
  store(&state->claim.finished, finished * r + bound * ended);
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
