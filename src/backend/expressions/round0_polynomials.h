#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "backend/expressions/air_expressions.h"

namespace gyre {

/// Where the univariate round of a trace is evaluated. Spec 05, section 7: the constraints on the
/// cosets 31^c D, c = 1 .. constraints - 1 (they vanish on D), the interactions on
/// c = 0 .. interactions - 1.
struct Round0Cosets {
  Round0Cosets(const AirExpressions& air, const AirVerifyingKey& key);
  std::size_t degree, constraints, interactions;
  std::size_t first, count;  ///< the cosets first .. count - 1 are used
};

/// Sums over the row bits, weighted by eq, at the points of the cosets: [coset][z].
struct Round0Sums {
  std::vector<std::vector<Fp4>> constraints;     ///< cosets 1, 2, ...
  std::vector<std::vector<Fp4>> counts, fields;  ///< cosets 0, 1, ...
  Fp4 constant;                                  ///< that the sum of the fields leaves out
};

/// Coefficients of P_t / nu_t, Q_t and V_t. Spec 05, section 4. V_t is found from its quotient by
/// Z^N - 1: a trace that violates a constraint gives a polynomial that the verifier rejects.
TraceRoundPolynomials round0_polynomials(unsigned l_skip, const Round0Cosets& cosets,
                                         Round0Sums sums);

/// Weights of the outputs in the order constraints, counts, fields, and the bus terms.
struct Round0Weights {
  Round0Weights(const AirExpressions& air, const SymbolicConstraints& symbolic,
                std::span<const Fp4> interaction_weights, const Fp4& beta, const Fp4& lambda);
  std::vector<Fp4> constraints;
  std::vector<Fp4> interactions;  ///< counts, then fields
  Fp4 constant;
};

/// Weights of AirExpressions::all in the multilinear rounds, and the bus terms.
struct RoundWeights {
  RoundWeights(const AirExpressions& air, const SymbolicConstraints& symbolic,
               const TraceWeights& weights, std::span<const Fp4> interaction_weights,
               const Fp4& beta, const Fp4& lambda);
  std::vector<Fp4> outputs;
  Fp4 constant;
};

}  // namespace gyre
