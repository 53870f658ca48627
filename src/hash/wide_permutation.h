#pragma once

#include <span>

#include "gyre/hash/scheme.h"

namespace gyre {

/// absorb_blocks as machines do it that have products of 52 bits, with those products made of
/// smaller ones: for tests on machines without them. False, and nothing is done, where the SIMD
/// target in use has no such way.
bool absorb_wide_blocks(SpongeState& state, std::span<const Fp> values);

}  // namespace gyre
