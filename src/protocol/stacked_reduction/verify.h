#pragma once

#include <span>
#include <vector>

#include "gyre/proof/proof.h"
#include "gyre/protocol/verify_error.h"
#include "gyre/support/result.h"
#include "gyre/transcript/transcript.h"
#include "protocol/statement.h"

namespace gyre {

/// Reduces the claims about all columns at r to one claim per stacked column (the proof's stacking
/// openings) at a random prism point u, which it returns: 1 + n_stack coordinates. Spec 06; spec
/// 08, V7.
Result<std::vector<Fp4>, VerifyError> verify_stacked_reduction(
    const Statement& statement, std::span<const StackedCommitment> commitments,
    const OpeningClaims& claims, const StackingProof& proof, Transcript& transcript);

}  // namespace gyre
