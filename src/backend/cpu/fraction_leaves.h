#pragma once

#include <span>

#include "backend/backend.h"
#include "backend/cpu/cpu.h"
#include "backend/cpu/fraction_layer.h"

namespace gyre::cpu {

/// Number of leaves that are not padding. Spec 04, section 2: total.
std::size_t num_real_leaves(std::span<const TraceInput> traces,
                            std::span<const FractionBlock> blocks, unsigned l_skip);

/// Writes the fractions of all interactions to the places that `blocks` give, which are grouped by
/// trace and in the order of its interactions. Spec 04, section 5. Padding is left to the caller.
void fill_leaves(const Context& context, std::span<const TraceInput> traces,
                 std::span<const FractionBlock> blocks, const Fp4& alpha, const Fp4& beta,
                 const FractionTables& leaves);

}  // namespace gyre::cpu
