#pragma once

#include <span>
#include <vector>

#include "gyre/hash/scheme.h"
#include "gyre/matrix.h"
#include "gyre/protocol/params.h"
#include "gyre/stacking/layout.h"
#include "stacking/merkle.h"

namespace gyre {

/// The stacked commitment. Spec 03, section 7. Plain functions take the straight way on one thread.

/// Layout of the matrices under `params`. gyre::Error(kMisuse) for shapes that cannot be stacked.
StackedLayout stacked_layout(const SystemParams& params, std::span<const MatrixView> matrices);

/// The stacked matrix, column-major. Spec 03, section 4.
Matrix stack(const StackedLayout& layout, std::span<const MatrixView> matrices);

/// The codeword of one stacked column. Spec 03, section 5.
std::vector<Fp> encode_column(std::span<const Fp> column, unsigned l_skip, unsigned log_blowup);

/// Everything an opening needs.
struct PlainCommitment {
  StackedLayout layout;
  Matrix stacked;
  Matrix codeword;
  MerkleLayers tree;
};
PlainCommitment plain_commitment(const SystemParams& params, std::span<const MatrixView> matrices);

/// The root alone, on every core.
Digest commitment_root(const SystemParams& params, std::span<const MatrixView> matrices);

}  // namespace gyre
