#pragma once

#include <optional>
#include <span>
#include <vector>

#include "gyre/proof/proof.h"
#include "gyre/protocol/params.h"
#include "gyre/protocol/verify_error.h"
#include "gyre/transcript/transcript.h"

namespace gyre {

/// Checks that the stacked columns under `roots` take the values `stacking_openings`
/// ([commitment][column]) at `point`, the result of whir_point. Spec 07; spec 08, V8.
/// Requires a proof of the shape that the parameters and openings give.
std::optional<VerifyError> verify_whir(const SystemParams& params, std::span<const Digest> roots,
                                       std::span<const std::vector<Fp4>> stacking_openings,
                                       std::span<const Fp4> point, const WhirProof& proof,
                                       Transcript& transcript);

}  // namespace gyre
