#pragma once

#include "gyre/proof/proof.h"
#include "gyre/protocol/verify_error.h"
#include "gyre/support/result.h"
#include "gyre/transcript/transcript.h"
#include "protocol/statement.h"

namespace gyre {

/// Values of numerators and denominators of the leaves at xi.
struct FractionClaim {
  Fp4 numerator, denominator;
  std::vector<Fp4> xi;  ///< one coordinate a layer
};

/// Reduces "the fractions at the leaves of a tree of `num_layers` layers below its root sum to
/// zero" to a claim at a random point. Without layers there are no fractions: the claim is that of
/// a single padding leaf 0 / alpha. Spec 04, section 9, items 2 to 5.
Result<FractionClaim, VerifyError> verify_fraction_sum(unsigned num_layers, const Fp4& alpha,
                                                       const GkrProof& proof,
                                                       Transcript& transcript);

/// Grinding, alpha, beta, the fraction sum, and xi extended to l_skip + n_global coordinates.
/// Spec 04; spec 08, V5.
Result<GkrClaim, VerifyError> verify_logup_gkr(const Statement& statement, const GkrProof& proof,
                                               Transcript& transcript);

}  // namespace gyre
