#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "gyre/field/fp.h"
#include "simd/words.h"

/// Constants of poly/line_ntt.cc, the same for every instruction set.
namespace gyre::line_ntt {

/// The fourth root of unity i = w_2.
inline constexpr Fp kI = two_adic_generator(2);

/// w_4^-i.
inline constexpr std::array<Fp, 8> kInverseRoots = [] {
  std::array<Fp, 8> roots{};
  const Fp inverse = two_adic_generator(4).pow(15);
  Fp power = Fp::one();
  for (Fp& root : roots) root = power, power *= inverse;
  return roots;
}();

/// Words of a butterfly by 4 with twiddle w: w, i w, w^3, -i w^3 (centred), w^2 and its quotient.
constexpr std::array<std::uint32_t, 6> butterfly_words(Fp w) {
  const Fp w2 = w * w, w3 = w2 * w;
  return {centred_word(w), centred_word(kI * w), centred_word(w3), centred_word(-(kI * w3)),
          w2.raw(),        quotient_word(w2)};
}

/// Those of the first stage of a DFT of size 16, s = 1, 2, 3.
inline constexpr std::array<std::uint32_t, 18> kStage16 = [] {
  std::array<std::uint32_t, 18> words{};
  for (std::size_t s = 1; s < 4; ++s) {
    const auto w = butterfly_words(two_adic_generator(4).pow(s));
    for (std::size_t k = 0; k < 6; ++k) words[6 * (s - 1) + k] = w[k];
  }
  return words;
}();

/// Place i of a line with the low `log_chunk` bits in reverse order.
constexpr std::size_t reversed_in_chunk(std::size_t i, unsigned log_chunk) {
  std::size_t reversed = i >> log_chunk << log_chunk;
  for (unsigned bit = 0; bit < log_chunk; ++bit) {
    reversed |= ((i >> bit) & 1) << (log_chunk - 1 - bit);
  }
  return reversed;
}

}  // namespace gyre::line_ntt
