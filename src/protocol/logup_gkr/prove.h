#pragma once

#include <span>

#include "backend/backend.h"
#include "gyre/proof/proof.h"
#include "gyre/transcript/transcript.h"
#include "protocol/grinding/prove.h"
#include "protocol/statement.h"

namespace gyre {

/// Reduces "the fractions of all interactions sum to zero" to the values of numerators and
/// denominators at a random point xi. Spec 04, sections 4 and 7.
/// gyre::Error(kUnsatisfied) when the buses do not balance.
GkrClaim prove_logup_gkr(BackendSession& backend, const Statement& statement,
                         std::span<const TraceInput> traces, Grinder& grinder,
                         Transcript& transcript, GkrProof& proof);

}  // namespace gyre
