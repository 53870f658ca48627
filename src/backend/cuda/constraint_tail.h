#pragma once

#include <cstdint>

#include "backend/cuda/cuda.h"
#include "backend/cuda/row_sums.h"
#include "gyre/hash/scheme.h"

namespace gyre::cuda {

/// What the driver of the batched constraint sumcheck does between the sums of a round and its
/// fold, for rounds that must not wait for the host. Spec 05, section 4.

/// What a running trace adds to a round: values at X = 1, 2, ... that determine a polynomial, at
/// least as far as the round's sum needs it.
struct RoundPart {
  Fp4 constant;                   ///< added to each value
  const Total* totals = nullptr;  ///< [value][4]
  std::uint32_t count = 0;        ///< values; 0: it adds nothing
  std::uint32_t last = 0;         ///< not 0: the trace has no row bit after this
};

/// What goes from round to round.
struct RoundState {
  ConstraintSumcheck::RoundClaim claim;
  DuplexState sponge;
};

struct TailOutput {
  static constexpr unsigned kMostRounds = 27, kMostDegree = 7;
  Fp4 challenges[kMostRounds];
  Fp4 round_polynomials[kMostRounds][kMostDegree + 1];  ///< at 1, 2, ...
  RoundState state;
};

struct TailRound {
  const RoundPart* parts = nullptr;
  std::uint32_t num_parts = 0;
  std::uint32_t degree = 0;                  ///< max_constraint_degree, 1 to kMostDegree
  Fp4 xi, inverse;                           ///< the round's coordinate, not 1; 1 / (1 - xi)
  Fp inverses[TailOutput::kMostDegree + 1];  ///< [k]: 1 / k for k > 0
};
/// Makes entry `round` - 1 of the polynomials and challenges, and the next state. round >= 1.
void launch_tail_round(Queue& queue, const TailRound& input, unsigned round, TailOutput* output);

}  // namespace gyre::cuda
