#pragma once

#include <vector>

#include "gyre/keys/verifying_key.h"
#include "gyre/proof/proof.h"
#include "gyre/protocol/verify_error.h"
#include "gyre/support/result.h"
#include "gyre/transcript/transcript.h"
#include "protocol/statement.h"

namespace gyre {

/// Checks what the key fixes about the heights, and binds the transcript to key, commitments,
/// heights and public values. Spec 08, V3 and V4. The roots in commitment order. Requires a proof
/// that passed the shape checks.
Result<std::vector<Digest>, VerifyError> verify_commitment(const VerifyingKey& key,
                                                           const Statement& statement,
                                                           const Proof& proof,
                                                           Transcript& transcript);

}  // namespace gyre
