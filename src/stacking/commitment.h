#pragma once

#include <span>

#include "gyre/hash/scheme.h"
#include "gyre/matrix.h"
#include "gyre/protocol/params.h"

namespace gyre {

/// Root of the stacked commitment to `matrices` (non-increasing height), computed plainly on one
/// thread. Spec 03, section 7. gyre::Error(kMisuse) for shapes that cannot be stacked.
Digest plain_commitment_root(const SystemParams& params, std::span<const MatrixView> matrices);

}  // namespace gyre
