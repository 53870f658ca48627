#pragma once

#include <span>
#include <vector>

#include "backend/cpu/cpu.h"
#include "backend/cpu/prism_kernels.h"

namespace gyre::cpu {

struct Round0Input {
  std::span<const Fp4> interaction_weights;
  std::span<const Fp4> row_point;  ///< the coordinates of xi that pair with the row bits
  Fp4 beta, lambda;
};

/// Cosets and scratch of the univariate round of one trace. Spec 05, section 7: the constraints are
/// evaluated on the cosets 31^c D, c = 1 .. constraint degree - 1 (they vanish on D), the
/// interactions on c = 0 .. interaction degree - 1.
struct Round0Sizes {
  Round0Sizes(const Context& context, std::size_t air_index, const AirVerifyingKey& key,
              unsigned log_height);
  /// What the round takes from the arena until it is over.
  std::size_t bytes() const { return Arena::bytes_of<Fp>(workers * worker); }

  PrismShape shape;
  std::size_t degree, constraint_cosets, interaction_cosets, first_coset, num_cosets;
  std::size_t planes;                     ///< points of all cosets, a vector of chunks each
  std::size_t block_planes;               ///< of them evaluated at a time
  std::size_t inputs, registers, totals;  ///< of a thread's scratch, in elements
  std::size_t worker;                     ///< all of it
  std::size_t workers;                    ///< threads
};

/// The univariate round of one trace: coefficients of P_t / nu_t, Q_t and V_t. Spec 05, section 4.
/// V_t is found from its quotient by Z^N - 1: a trace that violates a constraint gives a polynomial
/// that the verifier rejects.
TraceRoundPolynomials round0_polynomials(const Context& context, Arena& arena,
                                         const TraceInput& trace, const Round0Input& input);

}  // namespace gyre::cpu
