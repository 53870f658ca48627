#pragma once

#include <span>
#include <vector>

#include "backend/backend.h"
#include "gyre/proof/proof.h"
#include "gyre/transcript/transcript.h"
#include "protocol/statement.h"

namespace gyre {

/// Reduces the claims about all columns at r to one claim per stacked column at a random prism
/// point u, which it returns. Spec 06, section 4. `committed` is in commitment order.
std::vector<Fp4> prove_stacked_reduction(BackendSession& backend, const Statement& statement,
                                         std::span<const StackedCommitment> commitments,
                                         std::span<const Commitment* const> committed,
                                         const OpeningClaims& claims, Transcript& transcript,
                                         StackingProof& proof);

}  // namespace gyre
