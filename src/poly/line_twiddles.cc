#include "poly/line_ntt.h"
#include "poly/line_ntt_constants.h"
#include "poly/ntt.h"

namespace gyre {

std::size_t line_twiddle_words(unsigned log_count) {
  std::size_t words = log_count % 2 == 0 ? 0 : 2;
  for (std::size_t quarter = (std::size_t{1} << log_count) / 4; quarter > 0; quarter /= 4) {
    words += 6 * quarter;
  }
  return words;
}

void fill_line_twiddles(unsigned log_count, unsigned log_stride, std::size_t shift,
                        std::size_t lanes, std::uint32_t* out) {
  const auto roots = shared_twiddles(log_count + log_stride);
  unsigned log_size = log_count;
  for (; log_size >= 2; log_size -= 2) {
    const std::span<const Fp> powers = roots->level(log_size + log_stride);
    for (std::size_t y = 0; y < std::size_t{1} << (log_size - 2); ++y) {
      for (const std::uint32_t word :
           line_ntt::butterfly_words(powers[(y << log_stride) + shift])) {
        *out = word;
        out += lanes;
      }
    }
  }
  if (log_size == 0) return;
  const Fp w = roots->level(1 + log_stride)[shift];
  out[0] = w.raw();
  out[lanes] = quotient_word(w);
}

}  // namespace gyre
