#pragma once

#include <span>

#include "gyre/matrix.h"
#include "gyre/stacking/layout.h"
#include "support/memory.h"
#include "support/parallel.h"

namespace gyre {

/// The stacked matrix and its Reed-Solomon codeword, column-major. Spec 03, sections 4 and 5.
struct EncodedMatrix {
  Buffer<Fp> stacked;   ///< layout.width() columns of 2^log_stacked_height
  Buffer<Fp> codeword;  ///< as many of 2^(log_stacked_height + log_blowup)
};

/// Stacks and encodes `matrices` on the threads of `parallel`. Same values as stack and
/// encode_column. gyre::Error(kResource) when memory runs out.
EncodedMatrix encode(const Parallel& parallel, const StackedLayout& layout, unsigned log_blowup,
                     std::span<const MatrixView> matrices);

}  // namespace gyre
