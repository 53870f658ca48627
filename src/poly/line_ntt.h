#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gyre/field/fp.h"

namespace gyre {

/// Kernels of the Reed-Solomon encoder (stacking/encode.h): transforms of lines, 16 values each
/// whatever the width of a vector. A message u of 2^L values is 2^(L-4) lines, u[16 x + S] being
/// place S of line x. Its transform goes over the lines first, each place by itself, and over the
/// places of each line at the end. All arrays are aligned to 64 bytes; one thread each.

inline constexpr unsigned kLogLine = 4;
inline constexpr std::size_t kLine = std::size_t{1} << kLogLine;

/// Twiddles of a transform of 2^log_count values x = 2^log_stride y + shift, y < 2^log_count, that
/// is part of one of 2^(log_count + log_stride): decimation in frequency by 4, then by 2 if
/// log_count is odd. For each stage of `quarter` butterflies and each y < quarter, with w of the
/// stage's order to the power x: the words of w, i w, w^3, -i w^3 (centred), w^2 and its quotient;
/// for the last stage by 2 those of w and its quotient. Word k of entry e stands at
/// out[(6 e + k) lanes].
std::size_t line_twiddle_words(unsigned log_count);
void fill_line_twiddles(unsigned log_count, unsigned log_stride, std::size_t shift,
                        std::size_t lanes, std::uint32_t* out);

/// Transforms of 2^log_count lines in place, line j ending at the bit-reversed place of j, with
/// the same twiddles for all places of a line (`lanes` = 1) or one set for each (`lanes` = kLine).
void dft_lines(Fp* lines, unsigned log_count, const std::uint32_t* twiddles);
void dft_lines_per_place(Fp* lines, unsigned log_count, const std::uint32_t* twiddles);

/// In each chunk of 2^l_skip values: 2^l_skip times what evaluations_to_message makes of it.
/// Requires l_skip <= 4 and `count` a multiple of 16.
void scaled_lines_to_message(Fp* lines, std::size_t count, unsigned l_skip);

/// to[x] = factors[x] from[x]; a factor is two words, its value and its quotient.
void scale_lines(const Fp* from, std::size_t count, const std::uint32_t* factors, Fp* to);

/// Line r of `lines` times 16 factors of its own to out + r * pitch. The factors of a line are
/// kLine values, then kLine quotients.
void spread_lines(const Fp* lines, std::size_t count, const std::uint32_t* factors, Fp* out,
                  std::size_t pitch);

/// The DFT of size 16 inside of each line, 16 lines at a time: block b of 16 lines becomes 16
/// planes at out + b * pitch; value i of line `lane` at place [i][lane].
void finish_lines(const Fp* lines, std::size_t num_blocks, Fp* out, std::size_t pitch);

}  // namespace gyre
