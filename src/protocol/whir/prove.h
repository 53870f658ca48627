#pragma once

#include <span>
#include <vector>

#include "backend/backend.h"
#include "gyre/proof/proof.h"
#include "gyre/protocol/params.h"
#include "gyre/transcript/transcript.h"
#include "protocol/grinding/prove.h"

namespace gyre {

/// Opens the stacked columns of `committed` at `point`, the result of whir_point: proves that they
/// have there the values that the stacked reduction left. Spec 07, section 3.
void prove_whir(BackendSession& backend, const SystemParams& params,
                std::span<const Commitment* const> committed, std::span<const Fp4> point,
                Grinder& grinder, Transcript& transcript, WhirProof& proof);

}  // namespace gyre
