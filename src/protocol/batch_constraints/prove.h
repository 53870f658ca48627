#pragma once

#include <span>

#include "backend/backend.h"
#include "gyre/proof/proof.h"
#include "gyre/transcript/transcript.h"
#include "protocol/statement.h"

namespace gyre {

/// Reduces "all constraints vanish on all rows, and the LogUp leaves have the claimed values at
/// xi" to the values of all columns at a random prism point r. Spec 05, section 4.
OpeningClaims prove_batch_constraints(BackendSession& backend, const Statement& statement,
                                      std::span<const TraceInput> traces, const GkrClaim& gkr_claim,
                                      Transcript& transcript, BatchConstraintProof& proof);

}  // namespace gyre
