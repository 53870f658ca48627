#pragma once

#include <span>

#include "backend/backend.h"
#include "backend/cuda/queue.h"
#include "backend/cuda/round_transcript.h"

namespace gyre::cuda {

/// Coefficients c of a polynomial and moments a of its weight, over the unbound variables, lowest
/// in the lowest bit: their inner product is the claim. A pair has the values c0, c0 + c1 and
/// a0 - a1, a1 at 0 and 1. Spec 07, section 9.
struct MomentTables {
  Fp4* coefficients = nullptr;
  Fp4* moments = nullptr;
};

/// Blocks of the sums below, at most.
std::size_t max_moment_blocks(unsigned multiprocessors);

/// Finishes a round on tables of 2 * pairs entries, whose polynomial is sums.result for the host or
/// goes the way of `step`.
void moment_round(Queue& queue, unsigned multiprocessors, const MomentTables& tables,
                  std::size_t pairs, const GridSums& sums, const RoundStep& step);
/// The same of `after`, which is first made from `before`, twice as long, and the challenge.
void fold_and_round(Queue& queue, unsigned multiprocessors, const MomentTables& before,
                    const Challenge& challenge, const MomentTables& after, std::size_t pairs,
                    const GridSums& sums, const RoundStep& step);
/// `after`, `size` entries, alone.
void fold_moments(Queue& queue, const MomentTables& before, const Fp4& challenge,
                  const MomentTables& after, std::size_t size);

/// sums.result = the value at z of the polynomial with these coefficients, a power of two of them.
void evaluate_at(Queue& queue, DeviceSpan<const Fp4> coefficients, const Fp4& z,
                 const GridSums& sums);

/// moments[v] += sum over terms of factor * z^v. Takes weight_bytes from the arena until it
/// returns.
void add_moments(Queue& queue, DeviceArena& arena, std::span<const WhirOpener::WeightTerm> terms,
                 DeviceSpan<Fp4> moments);
std::size_t weight_bytes(std::size_t num_terms, std::size_t num_moments);

}  // namespace gyre::cuda
