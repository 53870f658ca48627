#pragma once

#include <span>

#include "backend/backend.h"
#include "backend/cuda/device_transcript.h"
#include "backend/cuda/grid_sums.h"
#include "backend/cuda/poseidon2_quad.h"

namespace gyre::cuda {

/// Rounds of a sumcheck that are queued all at once: the block of a round that comes last observes
/// the round polynomial and leaves the challenge in device memory, where the next launch finds it.

/// What such rounds leave. The host writes where the transcript stands, and reads it all.
struct alignas(16) RoundLog {
  static constexpr unsigned kMostRounds = 28;
  Fp4 polynomials[kMostRounds][2];
  Fp4 challenges[kMostRounds];
  Fp witnesses[kMostRounds];
  DuplexState sponge;

  /// The rounds [first, first + count).
  FinishedRounds rounds(unsigned first, unsigned count) const {
    FinishedRounds finished;
    for (unsigned i = first; i < first + count; ++i) {
      finished.round_polynomials.push_back({polynomials[i][0], polynomials[i][1]});
      finished.witnesses.push_back(witnesses[i]);
      finished.challenges.push_back(challenges[i]);
    }
    return finished;
  }
};

/// Where a round keeps its results and what proof of work it needs. No log: the host has the
/// transcript.
struct RoundStep {
  RoundLog* log = nullptr;
  unsigned round = 0;
  unsigned pow_bits = 0;
};

/// A challenge that the host knows, or that is sampled on the device before it is needed.
struct Challenge {
  Fp4 known;
  const Fp4* sampled = nullptr;
  __device__ __forceinline__ Fp4 value() const {
    return sampled == nullptr ? known : load(sampled);
  }
};

/// The smallest proof-of-work witness, found by all threads of a block, whole warps; `sponge` is in
/// memory that they share, and waited for. For a few bits, where there always is one.
__device__ __forceinline__ Fp block_grind(const DuplexState& sponge, unsigned bits) {
  __shared__ std::uint32_t smallest;
  if (threadIdx.x == 0) smallest = Fp::kModulus;
  __syncthreads();
  const unsigned place = 4 * (threadIdx.x % 4);
  std::uint32_t candidate = threadIdx.x / 4;
#pragma unroll 1
  for (;; candidate += blockDim.x / 4) {
    Fp s[4];
#pragma unroll
    for (unsigned i = 0; i < 4; ++i) {
      s[i] = place + i == sponge.absorb_index ? Fp::from_canonical(candidate)
                                              : sponge.state[place + i];
    }
    permute_quad(s);
    static_assert(kSpongeRate == 8);
    const bool solved = place == 4 && (s[3].canonical() & ((1u << bits) - 1)) == 0;
    if (solved) atomicMin(&smallest, candidate);
    if (__syncthreads_or(solved) != 0) return Fp::from_canonical(smallest);
  }
}

/// The transcript's part of a round whose polynomial at 1 and 2 thread 0 has, by a block.
__device__ __forceinline__ void end_round(const Fp4 (&polynomial)[2], const RoundStep& step) {
  __shared__ SharedArray<Fp4, 2> observed;
  __shared__ SharedArray<DuplexState, 1> sponge;
  RoundLog& log = *step.log;
  if (threadIdx.x < 32) {
    if (threadIdx.x == 0) {
      for (unsigned i = 0; i < 2; ++i) {
        observed[i] = polynomial[i];
        store(&log.polynomials[step.round][i], polynomial[i]);
      }
    }
    __syncwarp();
    DeviceTranscript transcript(log.sponge);
    transcript.observe(observed.data(), 2);
    transcript.store(sponge.data());
    __syncwarp();
  }
  Fp witness;
  if (step.pow_bits != 0) witness = block_grind(sponge[0], step.pow_bits);
  if (threadIdx.x >= 32) return;
  DeviceTranscript transcript(sponge[0]);
  static_cast<void>(transcript.check_witness(step.pow_bits, witness));
  const Fp4 challenge = transcript.sample_ext();
  transcript.store(&log.sponge);
  if (threadIdx.x != 0) return;
  store(log.challenges + step.round, challenge);
  log.witnesses[step.round] = witness;
}

/// Ends a round of which each thread of the grid has a share: by the transcript, or with the round
/// polynomial in sums.result for the host.
__device__ __forceinline__ void finish_round(Fp4 (&share)[2], const GridSums& sums,
                                             const RoundStep& step) {
  if (step.log == nullptr) {
    grid_sums(share, sums);
  } else if (last_block_sums(share, sums)) {
    end_round(share, step);
  }
}

}  // namespace gyre::cuda
