#pragma once

#include <cstdint>

#include "gyre/field/fp.h"

namespace gyre {

/// Words that packed kernels (simd/fp-inl.h) read from tables made beforehand.

/// p^-1 mod 2^32, for Montgomery quotients in the subtract form:
///   (x - (x p^-1 mod 2^32) p) / 2^32 lies in (-p, p) for 0 <= x < 2^32 p.
inline constexpr std::uint32_t kInverseModulus = 0x88000001u;

/// Beside the word of a known factor: c p^-1 mod 2^32.
constexpr std::uint32_t quotient_word(Fp c) {
  return c.raw() * kInverseModulus;
}

/// The word of c as a signed one in (-p/2, p/2), wrapped.
constexpr std::uint32_t centred_word(Fp c) {
  return c.raw() > Fp::kModulus / 2 ? c.raw() - Fp::kModulus : c.raw();
}

}  // namespace gyre
