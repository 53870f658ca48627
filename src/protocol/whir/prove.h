#pragma once

#include <span>
#include <vector>

#include "backend/backend.h"
#include "gyre/proof/proof.h"
#include "gyre/protocol/params.h"
#include "gyre/transcript/transcript.h"
#include "protocol/grinding/prove.h"

namespace gyre {

/// Proves that the stacked columns of `committed` take the values `stacking_openings`
/// ([commitment][column]) at `point`, the result of whir_point. Spec 07, section 3.
void prove_whir(BackendSession& backend, const SystemParams& params,
                std::span<const Commitment* const> committed,
                std::span<const std::vector<Fp4>> stacking_openings, std::span<const Fp4> point,
                Grinder& grinder, Transcript& transcript, WhirProof& proof);

}  // namespace gyre
