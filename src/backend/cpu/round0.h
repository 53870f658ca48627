#pragma once

#include <span>
#include <vector>

#include "backend/cpu/cpu.h"

namespace gyre::cpu {

struct Round0Input {
  std::span<const Fp4> interaction_weights;
  std::span<const Fp4> row_point;  ///< the coordinates of xi that pair with the row bits
  Fp4 beta, lambda;
};

/// The univariate round of one trace: coefficients of P_t / nu_t, Q_t and V_t. Spec 05, section 4.
/// V_t is found from its quotient by Z^N - 1: a trace that violates a constraint gives a polynomial
/// that the verifier rejects.
TraceRoundPolynomials round0_polynomials(const Context& context, Arena& arena,
                                         const TraceInput& trace, const Round0Input& input);

}  // namespace gyre::cpu
