#pragma once

#include <span>
#include <vector>

#include "gyre/proof/proof.h"
#include "gyre/protocol/verify_error.h"
#include "gyre/support/result.h"
#include "gyre/transcript/transcript.h"
#include "protocol/statement.h"

namespace gyre {

/// Reduces "all constraints vanish on all rows, and the LogUp leaves have the claimed values at
/// xi" to the values of all columns at a random prism point r. Spec 05; spec 08, V6.
/// `public_values` is the list of the proof, in key order.
Result<OpeningClaims, VerifyError> verify_batch_constraints(
    const Statement& statement, const GkrClaim& gkr_claim, const BatchConstraintProof& proof,
    std::span<const std::vector<Fp>> public_values, Transcript& transcript);

}  // namespace gyre
