#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "poly/line_ntt.cc"
#include "simd/kernel.h"

#include "poly/line_ntt.h"
#include "poly/line_ntt_constants.h"
#include "simd/fp-inl.h"

#include <hwy/cache_control.h>

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

/// What a butterfly by 4 multiplies with.
struct Twiddles4 {
  CentredFactor w1, iw1, w3, niw3;
  PackedFactor w2;
};
HWY_INLINE Twiddles4 broadcast_twiddles(const std::uint32_t* words) {
  return {broadcast_centred(words), broadcast_centred(words + 1), broadcast_centred(words + 2),
          broadcast_centred(words + 3), broadcast_factor(words + 4, words + 5)};
}
HWY_INLINE Twiddles4 load_twiddles(const std::uint32_t* words) {
  return {load_centred(words), load_centred(words + kLine), load_centred(words + 2 * kLine),
          load_centred(words + 3 * kLine), load_factor(words + 4 * kLine, words + 5 * kLine)};
}

/// y_r = w^r sum_m i^(r m) x_m, in the order y_0, y_2, y_1, y_3.
HWY_INLINE void butterfly4(Packed& x0, Packed& x1, Packed& x2, Packed& x3, const Twiddles4& w) {
  const Packed even = x0 + x2, odd = x1 + x3;
  const Difference e = difference(x0, x2), o = difference(x1, x3);
  x0 = even + odd;
  x1 = scaled_difference(even, odd, w.w2);
  x2 = dot(e, w.w1, o, w.iw1);
  x3 = dot(e, w.w3, o, w.niw3);
}
/// The same for w = 1.
HWY_INLINE void butterfly4(Packed& x0, Packed& x1, Packed& x2, Packed& x3, const PackedFactor& i) {
  const Packed even = x0 + x2, odd = x1 + x3;
  const Packed e = x0 - x2, o = scaled_difference(x1, x3, i);
  x0 = even + odd;
  x1 = even - odd;
  x2 = e + o;
  x3 = e - o;
}

template <bool kPerPlace>
HWY_INLINE void dft_lines_with(Fp* lines, unsigned log_count, const std::uint32_t* words) {
  constexpr std::size_t kStep = kPerPlace ? kLine : 1;
  const std::size_t count = std::size_t{1} << log_count;
  for (std::size_t quarter = count / 4; quarter > 0; quarter /= 4) {
    const std::size_t stride = quarter * kLine;
    for (std::size_t start = 0; start < count; start += 4 * quarter) {
      Fp* line = lines + start * kLine;
      const std::uint32_t* w = words;
      for (Fp* const end = line + stride; line != end; line += kLine, w += 6 * kStep) {
        for (std::size_t lane = 0; lane < kLine; lane += kLanes) {
          Fp* const at = line + lane;
          Packed x0 = load(at), x1 = load(at + stride), x2 = load(at + 2 * stride),
                 x3 = load(at + 3 * stride);
          butterfly4(x0, x1, x2, x3, kPerPlace ? load_twiddles(w + lane) : broadcast_twiddles(w));
          store(x0, at);
          store(x1, at + stride);
          store(x2, at + 2 * stride);
          store(x3, at + 3 * stride);
        }
      }
    }
    words += quarter * 6 * kStep;
  }
  if (log_count % 2 == 0) return;
  for (Fp* line = lines; line != lines + count * kLine; line += 2 * kLine) {
    for (std::size_t lane = 0; lane < kLine; lane += kLanes) {
      const Packed x0 = load(line + lane), x1 = load(line + lane + kLine);
      const PackedFactor w = kPerPlace ? load_factor(words + lane, words + lane + kLine)
                                       : broadcast_factor(words, words + 1);
      store(x0 + x1, line + lane);
      store(scaled_difference(x0, x1, w), line + lane + kLine);
    }
  }
}

void DftLines(Fp* lines, unsigned log_count, const std::uint32_t* twiddles) {
  dft_lines_with<false>(lines, log_count, twiddles);
}
void DftLinesPerPlace(Fp* lines, unsigned log_count, const std::uint32_t* twiddles) {
  dft_lines_with<true>(lines, log_count, twiddles);
}

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void transpose_square(Packed*) {}
#else
/// The lower and the upper half of a_0 b_0 a_1 b_1 ...
HWY_INLINE void interleave(V32 a, V32 b, V32& lower, V32& upper) {
  const D32 d;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_ZEN4
  const __m512i places = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  lower.raw = _mm512_permutex2var_epi32(a.raw, places, b.raw);
  upper.raw =
      _mm512_permutex2var_epi32(a.raw, _mm512_or_si512(places, _mm512_set1_epi32(8)), b.raw);
#elif HWY_TARGET == HWY_AVX2
  const V32 low = hn::InterleaveLower(d, a, b), high = hn::InterleaveUpper(d, a, b);
  lower = hn::ConcatLowerLower(d, high, low);
  upper = hn::ConcatUpperUpper(d, high, low);
#else
  static_assert(kLanes == 4);
  lower = hn::InterleaveLower(d, a, b);
  upper = hn::InterleaveUpper(d, a, b);
#endif
}

/// The square of kLanes vectors transposed: log2(kLanes) perfect shuffles of its rows.
HWY_INLINE void transpose_square(Packed* rows) {
  Packed other[kLanes];
  HWY_UNROLL(4)
  for (std::size_t width = 1; width < kLanes; width *= 2) {
    HWY_UNROLL(8)
    for (std::size_t i = 0; i < kLanes / 2; ++i) {
      interleave(rows[i].v, rows[i + kLanes / 2].v, other[2 * i].v, other[2 * i + 1].v);
    }
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kLanes; ++i) rows[i] = other[i];
  }
}
#endif

/// to[j][i] = from[i][j] of 16 x 16 values.
HWY_INLINE void transpose_block(const Fp* from, Fp* to) {
  for (std::size_t i = 0; i < kLine; i += kLanes) {
    for (std::size_t j = 0; j < kLine; j += kLanes) {
      Packed rows[kLanes];
      HWY_UNROLL(16)
      for (std::size_t r = 0; r < kLanes; ++r) rows[r] = load(from + (i + r) * kLine + j);
      transpose_square(rows);
      HWY_UNROLL(16)
      for (std::size_t r = 0; r < kLanes; ++r) store(rows[r], to + (j + r) * kLine + i);
    }
  }
}

/// One stage of inverse DFT with subset sums on the vectors of a transposed block: pairs at
/// distance kHalf become a + b and (a + b) + w^-i (a - b), w of order 2 kHalf. After the stages
/// kHalf = 2^(l-1) .. 1 element S of a chunk stands at the bit-reversed place. Spec 03, section 10,
/// note 2.
template <std::size_t kHalf>
HWY_INLINE void message_stage(Packed* x) {
  HWY_UNROLL(8)
  for (std::size_t start = 0; start < kLine; start += 2 * kHalf) {
    HWY_UNROLL(8)
    for (std::size_t i = 0; i < kHalf; ++i) {
      const Packed a = x[start + i], b = x[start + i + kHalf];
      const Packed sum = a + b;
      x[start + i] = sum;
      x[start + i + kHalf] =
          i == 0 ? doubled(a)
                 : sum + scaled_difference(
                             a, b, factor(line_ntt::kInverseRoots[i * (kLine / 2 / kHalf)]));
    }
  }
}

template <unsigned kLogChunk>
HWY_INLINE void message_block(Fp* block) {
  HWY_ALIGN Fp transposed[kLine * kLine], message[kLine * kLine];
  transpose_block(block, transposed);
  for (std::size_t lane = 0; lane < kLine; lane += kLanes) {
    Packed x[kLine];
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kLine; ++i) x[i] = load(transposed + i * kLine + lane);
    if constexpr (kLogChunk >= 4) message_stage<8>(x);
    if constexpr (kLogChunk >= 3) message_stage<4>(x);
    if constexpr (kLogChunk >= 2) message_stage<2>(x);
    message_stage<1>(x);
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kLine; ++i) {
      store(x[i], message + line_ntt::reversed_in_chunk(i, kLogChunk) * kLine + lane);
    }
  }
  transpose_block(message, block);
}

void ScaledLinesToMessage(Fp* lines, std::size_t count, unsigned l_skip) {
  for (Fp* block = lines; block != lines + count * kLine; block += kLine * kLine) {
    switch (l_skip) {
      case 1:
        message_block<1>(block);
        break;
      case 2:
        message_block<2>(block);
        break;
      case 3:
        message_block<3>(block);
        break;
      case 4:
        message_block<4>(block);
        break;
      default:
        break;
    }
  }
}

void ScaleLines(const Fp* from, std::size_t count, const std::uint32_t* factors, Fp* to) {
  for (std::size_t x = 0; x < count; ++x) {
    const PackedFactor w = broadcast_factor(factors + 2 * x, factors + 2 * x + 1);
    for (std::size_t lane = 0; lane < kLine; lane += kLanes) {
      store(load(from + x * kLine + lane) * w, to + x * kLine + lane);
    }
  }
}

void SpreadLines(const Fp* lines, std::size_t count, const std::uint32_t* factors, Fp* out,
                 std::size_t pitch) {
  for (std::size_t r = 0; r < count; ++r, factors += 2 * kLine, out += pitch) {
    for (std::size_t lane = 0; lane < kLine; lane += kLanes) {
      const PackedFactor w = load_factor(factors + lane, factors + lane + kLine);
      store(load(lines + r * kLine + lane) * w, out + lane);
    }
  }
}

/// Whole lines of a codeword that is larger than the caches: no need to read them first.
HWY_INLINE void store_past_caches(Packed a, Fp* to) {
#if HWY_TARGET == HWY_SCALAR
  store(a, to);
#else
  hn::Stream(a.v, D32(), words(to));
#endif
}

void FinishLines(const Fp* lines, std::size_t num_blocks, Fp* out, std::size_t pitch) {
  using line_ntt::kStage16;
  const PackedFactor i = factor(line_ntt::kI);
  HWY_ALIGN Fp transposed[kLine * kLine];
  for (std::size_t b = 0; b < num_blocks; ++b, lines += kLine * kLine, out += pitch) {
    transpose_block(lines, transposed);
    for (std::size_t lane = 0; lane < kLine; lane += kLanes) {
      Packed x[kLine];
      HWY_UNROLL(16)
      for (std::size_t s = 0; s < kLine; ++s) x[s] = load(transposed + s * kLine + lane);
      butterfly4(x[0], x[4], x[8], x[12], i);
      HWY_UNROLL(3)
      for (std::size_t s = 1; s < 4; ++s) {
        butterfly4(x[s], x[s + 4], x[s + 8], x[s + 12],
                   broadcast_twiddles(kStage16.data() + 6 * (s - 1)));
      }
      HWY_UNROLL(4)
      for (std::size_t s = 0; s < kLine; s += 4) butterfly4(x[s], x[s + 1], x[s + 2], x[s + 3], i);
      HWY_UNROLL(16)
      for (std::size_t s = 0; s < kLine; ++s) {
        store_past_caches(x[s], out + line_ntt::reversed_in_chunk(s, kLogLine) * kLine + lane);
      }
    }
  }
  hwy::FlushStream();
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gyre {

HWY_EXPORT(DftLines);
HWY_EXPORT(DftLinesPerPlace);
HWY_EXPORT(ScaledLinesToMessage);
HWY_EXPORT(ScaleLines);
HWY_EXPORT(SpreadLines);
HWY_EXPORT(FinishLines);

void dft_lines(Fp* lines, unsigned log_count, const std::uint32_t* twiddles) {
  HWY_DYNAMIC_DISPATCH(DftLines)(lines, log_count, twiddles);
}
void dft_lines_per_place(Fp* lines, unsigned log_count, const std::uint32_t* twiddles) {
  HWY_DYNAMIC_DISPATCH(DftLinesPerPlace)(lines, log_count, twiddles);
}
void scaled_lines_to_message(Fp* lines, std::size_t count, unsigned l_skip) {
  HWY_DYNAMIC_DISPATCH(ScaledLinesToMessage)(lines, count, l_skip);
}
void scale_lines(const Fp* from, std::size_t count, const std::uint32_t* factors, Fp* to) {
  HWY_DYNAMIC_DISPATCH(ScaleLines)(from, count, factors, to);
}
void spread_lines(const Fp* lines, std::size_t count, const std::uint32_t* factors, Fp* out,
                  std::size_t pitch) {
  HWY_DYNAMIC_DISPATCH(SpreadLines)(lines, count, factors, out, pitch);
}
void finish_lines(const Fp* lines, std::size_t num_blocks, Fp* out, std::size_t pitch) {
  HWY_DYNAMIC_DISPATCH(FinishLines)(lines, num_blocks, out, pitch);
}

}  // namespace gyre
#endif  // HWY_ONCE
