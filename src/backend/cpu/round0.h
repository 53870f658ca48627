#pragma once

#include <span>
#include <vector>

#include "backend/cpu/cpu.h"
#include "backend/cpu/prism_kernels.h"
#include "backend/expressions/round0_polynomials.h"

namespace gyre::cpu {

struct Round0Input {
  std::span<const Fp4> interaction_weights;
  std::span<const Fp4> row_point;  ///< the coordinates of xi that pair with the row bits
  Fp4 beta, lambda;
};

/// Cosets and scratch of the univariate round of one trace.
struct Round0Sizes {
  Round0Sizes(const Context& context, std::size_t air_index, const AirVerifyingKey& key,
              unsigned log_height);
  /// What the round takes from the arena until it is over.
  std::size_t bytes() const { return Arena::bytes_of<Fp>(workers * worker); }

  PrismShape shape;
  Round0Cosets cosets;
  std::size_t planes;                     ///< points of all cosets, a vector of chunks each
  std::size_t block_planes;               ///< of them evaluated at a time
  std::size_t inputs, registers, totals;  ///< of a thread's scratch, in elements
  std::size_t worker;                     ///< all of it
  std::size_t workers;                    ///< threads
};

/// The univariate round of one trace.
TraceRoundPolynomials run_round0(const Context& context, Arena& arena, const TraceInput& trace,
                                 const Round0Input& input);

}  // namespace gyre::cpu
