#include "backend/cuda/constraint_tail_round.h"

namespace gyre::cuda {
namespace {

/// Differences at X = 1 of the sum over the running traces, and of the sum over those of them that
/// have their last round: that of order k in all lanes that are k modulo kMostValues. So many lanes
/// make those of a part.
struct PartSums {
  Fp4 running, last;
  bool any_last = false;  ///< of the lane's parts

  __device__ __forceinline__ void add(const TailRound& input) {
    constexpr unsigned kParts = 32 / kMostValues;
    const unsigned lane = warp_lane(), i = lane % kMostValues;
#pragma unroll 1
    for (unsigned first = 0; first < input.num_parts; first += kParts) {
      RoundPart part;
      const unsigned place = first + lane / kMostValues;
      if (place < input.num_parts) part = input.parts[place];
      Fp4 value;
      if (i < part.count) value = part.constant + reduced(part.totals + i * kTotalWords);
#pragma unroll 1
      for (unsigned k = 1; k <= input.start.degree; ++k) {
        const Fp4 before = from_lane(value, lane == 0 ? 0 : lane - 1);
        if (i >= k && i < part.count) value -= before;
      }
      running += value;
      if (part.last != 0) {
        last += value;
        any_last = true;
      }
    }
#pragma unroll 1
    for (int mask = kMostValues; mask < 32; mask *= 2) {
      running += shuffle_xor(running, mask);
      last += shuffle_xor(last, mask);
    }
  }
};

/// By three warps: the first sums up the parts while the others make the claim.
__global__ void __launch_bounds__(96) tail_round(TailRound input, TailOutput* output) {
  __shared__ ClaimParts claim_parts;
  RoundState& state = output->state;
  DeviceTranscript transcript(state.sponge);
  PartSums sums;
  if (threadIdx.x < 32) {
    sums.add(input);
  } else if (threadIdx.x < 64) {
    claim_parts.evaluate(input.start, *output);
  } else {
    claim_parts.bind(input.start, *output);
  }
  __syncthreads();
  if (threadIdx.x >= 32) return;
  const ConstraintSumcheck::RoundClaim claim = claim_parts.claim();
  const unsigned lane = threadIdx.x, degree = input.start.degree, place = input.start.round - 1;
  // The sum over 1 .. degree alone is known: degree - 1 differences.
  const Fp4 h = value_at(sums.running, degree - 1, lane == 0 ? 0 : lane - 1) * claim.eq_bound;
  const RoundEnd end = end_round(h, claim, input.start, input.coordinate, transcript,
                                 output->round_polynomials[place]);
  Fp4 ended;
  if (__ballot_sync(~0u, sums.any_last) != 0) ended = value_at(sums.last, degree, lane);
  if (lane < kMostValues) {
    store(state.running + lane, end.h);
    store(state.ended + lane, lane <= degree ? ended : Fp4());
  }
  transcript.store(&state.sponge);
  if (lane != 0) return;
  store(&output->challenges[place], end.challenge);
  store(&state.claim.value, claim.value);
  store(&state.claim.eq_bound, claim.eq_bound);
  store(&state.claim.finished, claim.finished);
}

}  // namespace

TailStart::TailStart(unsigned first_round, std::size_t max_constraint_degree)
    : round(first_round), degree(static_cast<std::uint32_t>(max_constraint_degree)) {
  // (-1)^(degree - k) C(degree + 1, k)
  Fp binomial = degree % 2 == 0 ? Fp::one() : -Fp::one();
  for (std::uint32_t k = 0; k <= degree && k <= TailOutput::kMostDegree; ++k) {
    next[k] = binomial;
    binomial *= -Fp::from_canonical(degree + 1 - k) * Fp::from_canonical(k + 1).inverse();
    Fp product = Fp::one();
    for (std::uint32_t j = 0; j <= degree; ++j) {
      if (j != k) product *= Fp::from_canonical(k) - Fp::from_canonical(j);
    }
    lagrange[k] = product.inverse();
  }
}

void launch_tail_round(Queue& queue, const TailRound& input, TailOutput* output) {
  queue.launch(tail_round, {dim3(1), dim3(96)},
               input.num_parts *
                   (sizeof(RoundPart) + (input.start.degree + 1) * kTotalWords * sizeof(Total)),
               input, output);
}

}  // namespace gyre::cuda
