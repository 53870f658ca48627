#pragma once

#include <array>
#include <cstddef>

#include "gyre/field/fp.h"
#include "hash/poseidon2_constants.h"

namespace gyre::poseidon2 {

/// Poseidon2-16 on one state of 16 elements, plainly. Spec 01, section 3. poseidon2-inl.h has many
/// states side by side.

/// x^7.
inline Fp sbox(Fp x) {
  const Fp x2 = x * x;
  const Fp x3 = x2 * x;
  return x3 * x3 * x;
}

/// s <- M_E(s): circ(2, 3, 1, 1) on each block of four, then the sum over the blocks added.
constexpr void external_linear_layer(std::array<Fp, kWidth>& s) {
  for (std::size_t b = 0; b < kWidth; b += 4) {
    const Fp x01 = s[b] + s[b + 1], x23 = s[b + 2] + s[b + 3];
    const Fp sum = x01 + x23;
    const Fp sum_x1 = sum + s[b + 1], sum_x3 = sum + s[b + 3];
    const Fp y3 = sum_x3 + (s[b] + s[b]);
    const Fp y1 = sum_x1 + (s[b + 2] + s[b + 2]);
    s[b] = sum_x1 + x01;
    s[b + 2] = sum_x3 + x23;
    s[b + 1] = y1;
    s[b + 3] = y3;
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const Fp column = (s[i] + s[i + 4]) + (s[i + 8] + s[i + 12]);
    for (std::size_t b = 0; b < kWidth; b += 4) s[b + i] = s[b + i] + column;
  }
}

/// s <- (J + diag(V)) s.
inline void internal_linear_layer(std::array<Fp, kWidth>& s) {
  Fp rest = s[1];
  for (std::size_t i = 2; i < kWidth; ++i) rest = rest + s[i];
  const Fp sum = rest + s[0];
  s[0] = rest - s[0];
  s[1] = sum + s[1];
  s[2] = sum + (s[2] + s[2]);
  const Fp s4 = s[4] + s[4], s5 = s[5] + s[5], s7 = s[7] + s[7], s8 = s[8] + s[8];
  s[4] = sum + (s4 + s[4]);
  s[5] = sum + (s5 + s5);
  s[7] = sum - (s7 + s[7]);
  s[8] = sum - (s8 + s8);
  for (std::size_t i : {3, 6, 9, 10, 11, 12, 13, 14, 15}) s[i] = sum + s[i] * kInternalDiagonal[i];
}

inline void external_round(std::array<Fp, kWidth>& s, const std::array<Fp, kWidth>& constants) {
  for (std::size_t i = 0; i < kWidth; ++i) s[i] = sbox(s[i] + constants[i]);
  external_linear_layer(s);
}

inline void permute(std::array<Fp, kWidth>& s) {
  external_linear_layer(s);
  for (const auto& constants : kInitialConstants) external_round(s, constants);
  for (const Fp constant : kInternalConstants) {
    s[0] = sbox(s[0] + constant);
    internal_linear_layer(s);
  }
  for (const auto& constants : kTerminalConstants) external_round(s, constants);
}

}  // namespace gyre::poseidon2
