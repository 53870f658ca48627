// Packed field arithmetic, compiled once per instruction set: include it below foreach_target.h,
// as the kernels do. No include guard of the usual kind.
#if defined(GYRE_SIMD_FP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GYRE_SIMD_FP_INL_H_
#undef GYRE_SIMD_FP_INL_H_
#else
#define GYRE_SIMD_FP_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "gyre/field/fp.h"
#include "simd/words.h"

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

/// One lane, for machines without any of the instruction sets.
inline constexpr std::size_t kLanes = 1;

struct Packed {
  Fp v;
  friend HWY_INLINE Packed operator+(Packed a, Packed b) { return {a.v + b.v}; }
  friend HWY_INLINE Packed operator-(Packed a, Packed b) { return {a.v - b.v}; }
  friend HWY_INLINE Packed operator*(Packed a, Packed b) { return {a.v * b.v}; }
};

HWY_INLINE Packed load(const Fp* from) {
  return {*from};
}
HWY_INLINE Packed load_unaligned(const Fp* from) {
  return {*from};
}
HWY_INLINE void store(Packed a, Fp* to) {
  *to = a.v;
}
HWY_INLINE void store_unaligned(Packed a, Fp* to) {
  *to = a.v;
}
HWY_INLINE Packed broadcast(Fp a) {
  return {a};
}
HWY_INLINE Packed doubled(Packed a) {
  return {a.v.doubled()};
}
HWY_INLINE Packed negated(Packed a) {
  return {-a.v};
}
HWY_INLINE Packed times_sum(Packed a, Packed b, Packed c) {
  return {a.v * (b.v + c.v)};
}
HWY_INLINE Packed times_difference(Packed a, Packed b, Packed c) {
  return {a.v * (b.v - c.v)};
}

struct PackedFactor {
  Fp v;
};
HWY_INLINE PackedFactor factor(Fp c) {
  return {c};
}
HWY_INLINE PackedFactor load_factor(const Fp* values, const std::uint32_t*) {
  return {*values};
}
HWY_INLINE Packed operator*(Packed a, PackedFactor c) {
  return {a.v * c.v};
}
HWY_INLINE Packed scaled_difference(Packed a, Packed b, PackedFactor c) {
  return {(a.v - b.v) * c.v};
}

HWY_INLINE PackedFactor broadcast_factor(const std::uint32_t* value, const std::uint32_t*) {
  return {Fp::from_raw(*value)};
}
HWY_INLINE PackedFactor load_factor(const std::uint32_t* values, const std::uint32_t*) {
  return {Fp::from_raw(*values)};
}

struct Difference {
  Fp v;
};
HWY_INLINE Difference difference(Packed a, Packed b) {
  return {a.v - b.v};
}
struct CentredFactor {
  Fp value;
};
HWY_INLINE CentredFactor load_centred(const std::uint32_t* word) {
  return {Fp::from_raw(*word < Fp::kModulus ? *word : *word + Fp::kModulus)};
}
HWY_INLINE CentredFactor broadcast_centred(const std::uint32_t* word) {
  return load_centred(word);
}
HWY_INLINE Packed dot(Difference e, const CentredFactor& u, Difference f, const CentredFactor& v) {
  return {e.v * u.value + f.v * v.value};
}

HWY_INLINE Packed pow7(Packed a) {
  const Fp x2 = a.v * a.v, x3 = x2 * a.v;
  return {x3 * (x2 * x2)};
}

HWY_INLINE void deinterleave(Packed low, Packed high, Packed& even, Packed& odd) {
  even = low;
  odd = high;
}

class Products {
 public:
  HWY_INLINE void add(Packed a, Packed b) { sum_ = sum_ + a.v * b.v; }
  HWY_INLINE void add_uniform(Packed uniform, Packed b) { add(uniform, b); }
  HWY_INLINE void add_scaled(const Products& sum, Packed b) { sum_ = sum_ + sum.sum_ * b.v; }
  HWY_INLINE void fit() {}
  HWY_INLINE void load(const std::uint64_t* from) {
    sum_ = Fp::from_raw(static_cast<std::uint32_t>(*from));
  }
  HWY_INLINE void store(std::uint64_t* to) const { *to = sum_.raw(); }
  HWY_INLINE Packed reduced() const { return {sum_}; }

 private:
  Fp sum_;
};

#else

using D32 = hn::CappedTag<std::uint32_t, 16>;
using D64 = hn::RepartitionToWide<D32>;
using S32 = hn::RebindToSigned<D32>;
using S64 = hn::RebindToSigned<D64>;
using V32 = hn::Vec<D32>;
using V64 = hn::Vec<D64>;
using I32 = hn::Vec<S32>;
using I64 = hn::Vec<S64>;

/// Elements in a vector.
inline constexpr std::size_t kLanes = hn::MaxLanes(D32());

HWY_INLINE V32 modulus() {
  return hn::Set(D32(), Fp::kModulus);
}

/// a - p or a, whichever is below p; for a < 2p. A negative difference wraps above p.
HWY_INLINE V32 reduce_once(V32 a) {
  return hn::Min(a, hn::Sub(a, modulus()));
}
/// a + p or a, whichever is below p; for -p <= a < p as a wrapped word.
HWY_INLINE V32 lift_once(V32 a) {
  return hn::Min(a, hn::Add(a, modulus()));
}

/// Vector of the odd elements in even places; the odd places are unspecified.
HWY_INLINE V32 odd_to_even(V32 a) {
  return hn::DupOdd(a);
}

HWY_INLINE V64 mul_even(V32 a, V32 b) {
  return hn::MulEven(a, b);
}

/// The high words of two vectors of 64-bit values: of `even` to the even places, of `odd` to the
/// odd places.
HWY_INLINE V32 high_words(V64 even, V64 odd) {
  return hn::OddEven(hn::BitCast(D32(), odd), hn::DupOdd(hn::BitCast(D32(), even)));
}

/// Reduces 64-bit sums below 2^32 p to words x 2^-32 mod p.
HWY_INLINE V32 montgomery(V64 even, V64 odd) {
  const V32 inverse = hn::Set(D32(), kInverseModulus);
  const auto difference = [&](V64 x) {
    const V64 q = mul_even(hn::BitCast(D32(), x), inverse);
    return hn::Sub(x, mul_even(hn::BitCast(D32(), q), modulus()));
  };
  return lift_once(high_words(difference(even), difference(odd)));
}

/// kLanes field elements, each a Montgomery word below p.
struct Packed {
  V32 v;
  friend HWY_INLINE Packed operator+(Packed a, Packed b) {
    return {reduce_once(hn::Add(a.v, b.v))};
  }
  friend HWY_INLINE Packed operator-(Packed a, Packed b) { return {lift_once(hn::Sub(a.v, b.v))}; }
  friend HWY_INLINE Packed operator*(Packed a, Packed b) {
    return {montgomery(mul_even(a.v, b.v), mul_even(odd_to_even(a.v), odd_to_even(b.v)))};
  }
};

HWY_INLINE const std::uint32_t* words(const Fp* from) {
  return reinterpret_cast<const std::uint32_t*>(from);
}
HWY_INLINE std::uint32_t* words(Fp* to) {
  return reinterpret_cast<std::uint32_t*>(to);
}

/// `from` and `to` are aligned to the vector for load and store, to the element for the others.
HWY_INLINE Packed load(const Fp* from) {
  return {hn::Load(D32(), words(from))};
}
HWY_INLINE Packed load_unaligned(const Fp* from) {
  return {hn::LoadU(D32(), words(from))};
}
HWY_INLINE void store(Packed a, Fp* to) {
  hn::Store(a.v, D32(), words(to));
}
HWY_INLINE void store_unaligned(Packed a, Fp* to) {
  hn::StoreU(a.v, D32(), words(to));
}
HWY_INLINE Packed broadcast(Fp a) {
  return {hn::Set(D32(), a.raw())};
}
HWY_INLINE Packed doubled(Packed a) {
  return a + a;
}
HWY_INLINE Packed negated(Packed a) {
  return Packed{hn::Zero(D32())} - a;
}

/// a (b + c): the product takes any a x below 2^32 p, so that b + c need not be reduced.
HWY_INLINE Packed times_sum(Packed a, Packed b, Packed c) {
  return a * Packed{hn::Add(b.v, c.v)};
}
/// a (b - c), likewise.
HWY_INLINE Packed times_difference(Packed a, Packed b, Packed c) {
  return a * Packed{hn::Add(hn::Sub(b.v, c.v), modulus())};
}

/// A factor c known beforehand, with c p^-1 mod 2^32: its product with x needs no product of the
/// low words to find the quotient.
struct PackedFactor {
  V32 value, quotient;
  V32 odd_value;  ///< the odd elements of `value` in even places
};
HWY_INLINE PackedFactor factor(Fp c) {
  const V32 value = hn::Set(D32(), c.raw());
  return {value, hn::Set(D32(), c.raw() * kInverseModulus), value};
}
/// kLanes factors; quotients[i] = values[i].raw() * kInverseModulus.
HWY_INLINE PackedFactor load_factor(const Fp* values, const std::uint32_t* quotients) {
  const V32 value = hn::LoadU(D32(), words(values));
  return {value, hn::LoadU(D32(), quotients), odd_to_even(value)};
}

/// x c 2^-32 mod p in (-p, p) for signed words x in (-p, p).
HWY_INLINE V32 signed_product(V32 x, const PackedFactor& c) {
  const auto multiply = [](V32 a, V32 b) {
    return hn::MulEven(hn::BitCast(S32(), a), hn::BitCast(S32(), b));
  };
  const auto difference = [&](I64 product, V32 quotient) {
    return hn::BitCast(D64(), hn::Sub(product, multiply(quotient, modulus())));
  };
  const V32 q = hn::Mul(x, c.quotient);
  return high_words(difference(multiply(x, c.value), q),
                    difference(multiply(odd_to_even(x), c.odd_value), odd_to_even(q)));
}
HWY_INLINE Packed operator*(Packed a, const PackedFactor& c) {
  return {lift_once(signed_product(a.v, c))};
}
/// (a - b) c.
HWY_INLINE Packed scaled_difference(Packed a, Packed b, const PackedFactor& c) {
  return {lift_once(signed_product(hn::Sub(a.v, b.v), c))};
}

/// The same from words of a table: one for all lanes, or one for each.
HWY_INLINE PackedFactor broadcast_factor(const std::uint32_t* value,
                                         const std::uint32_t* quotient) {
  const V32 v = hn::Set(D32(), *value);
  return {v, hn::Set(D32(), *quotient), v};
}
HWY_INLINE PackedFactor load_factor(const std::uint32_t* values, const std::uint32_t* quotients) {
  const V32 value = hn::LoadU(D32(), values);
  return {value, hn::LoadU(D32(), quotients), odd_to_even(value)};
}

/// a - b as a signed word in (-p, p), for dot alone.
struct Difference {
  V32 v;
};
HWY_INLINE Difference difference(Packed a, Packed b) {
  return {hn::Sub(a.v, b.v)};
}

/// A factor known beforehand as a signed word in (-p/2, p/2), see centred_word; for dot alone.
struct CentredFactor {
  V32 value, odd_value;
};
HWY_INLINE CentredFactor broadcast_centred(const std::uint32_t* word) {
  const V32 value = hn::Set(D32(), *word);
  return {value, value};
}
HWY_INLINE CentredFactor load_centred(const std::uint32_t* words) {
  const V32 value = hn::LoadU(D32(), words);
  return {value, odd_to_even(value)};
}

/// e u + f v with one reduction: the sum is below p^2 in magnitude, so that the signed quotient
/// leaves a word in (-p, p).
HWY_INLINE Packed dot(Difference e, const CentredFactor& u, Difference f, const CentredFactor& v) {
  const S32 s;
  const auto multiply = [](V32 a, V32 b) {
    return hn::MulEven(hn::BitCast(S32(), a), hn::BitCast(S32(), b));
  };
  const auto reduced = [&](I64 sum) {
    const I32 inverse = hn::Set(s, static_cast<std::int32_t>(kInverseModulus));
    const I64 quotient = hn::MulEven(hn::BitCast(s, sum), inverse);
    return hn::BitCast(D64(), hn::Sub(sum, multiply(hn::BitCast(D32(), quotient), modulus())));
  };
  const I64 even = hn::Add(multiply(e.v, u.value), multiply(f.v, v.value));
  const I64 odd =
      hn::Add(multiply(odd_to_even(e.v), u.odd_value), multiply(odd_to_even(f.v), v.odd_value));
  return {lift_once(high_words(reduced(even), reduced(odd)))};
}

/// The even or the odd elements of a vector, as signed words in the even places.
struct Half {
  V32 v;
  /// The product times 2^-32, in (-p, p): below p^2 2^-32 + p / 2 in magnitude for factors in
  /// (-p, p). The result is in the high words of the difference.
  friend HWY_INLINE Half operator*(Half a, Half b) {
    return {odd_to_even(hn::BitCast(D32(), difference(a, b)))};
  }
  static HWY_INLINE I64 difference(Half a, Half b) {
    const S32 s;
    const I64 product = hn::MulEven(hn::BitCast(s, a.v), hn::BitCast(s, b.v));
    const I32 inverse = hn::Set(s, static_cast<std::int32_t>(kInverseModulus));
    const I32 quotient = hn::BitCast(s, hn::MulEven(hn::BitCast(s, product), inverse));
    return hn::Sub(product, hn::MulEven(quotient, hn::BitCast(s, modulus())));
  }
};

/// a^7; the inner products stay signed and uncorrected, even and odd places apart.
HWY_INLINE Packed pow7(Packed a) {
  const auto last_difference = [](Half x) {
    const Half x2 = x * x;
    const Half x3 = x2 * x, x4 = x2 * x2;
    return hn::BitCast(D64(), Half::difference(x3, x4));
  };
  const V64 even = last_difference(Half{a.v}), odd = last_difference(Half{odd_to_even(a.v)});
  return {lift_once(high_words(even, odd))};
}

/// The elements at the even and at the odd places of 2 kLanes consecutive ones.
HWY_INLINE void deinterleave(Packed low, Packed high, Packed& even, Packed& odd) {
  even.v = hn::ConcatEven(D32(), high.v, low.v);
  odd.v = hn::ConcatOdd(D32(), high.v, low.v);
}

/// A sum of products in 64-bit lanes, reduced once at the end.
class Products {
 public:
  HWY_INLINE Products() : even_(hn::Zero(D64())), odd_(hn::Zero(D64())) {}
  /// At most 2 between calls of fit(), 4 in all without any.
  HWY_INLINE void add(Packed a, Packed b) {
    even_ = hn::Add(even_, mul_even(a.v, b.v));
    odd_ = hn::Add(odd_, mul_even(odd_to_even(a.v), odd_to_even(b.v)));
  }
  /// The same for a factor that all lanes share.
  HWY_INLINE void add_uniform(Packed uniform, Packed b) {
    even_ = hn::Add(even_, mul_even(uniform.v, b.v));
    odd_ = hn::Add(odd_, mul_even(uniform.v, odd_to_even(b.v)));
  }
  /// The sum as it is, from and to kLanes words; zeros are the empty sum.
  HWY_INLINE void load(const std::uint64_t* from) {
    even_ = hn::LoadU(D64(), from);
    odd_ = hn::LoadU(D64(), from + kLanes / 2);
  }
  HWY_INLINE void store(std::uint64_t* to) const {
    hn::StoreU(even_, D64(), to);
    hn::StoreU(odd_, D64(), to + kLanes / 2);
  }
  /// Adds sum.reduced() b without bringing the sum's words below p: one product for
  /// words of b, equal in all lanes, below p / 2.
  HWY_INLINE void add_scaled(const Products& sum, Packed b) {
    even_ = hn::Add(even_, mul_even(word(fitted(sum.even_)), b.v));
    odd_ = hn::Add(odd_, mul_even(word(fitted(sum.odd_)), b.v));
  }
  /// Takes multiples of 2^32 p off, so that two more products fit.
  HWY_INLINE void fit() {
    even_ = fitted(even_);
    odd_ = fitted(odd_);
  }
  /// The sum times 2^-32 mod p.
  HWY_INLINE Packed reduced() const { return {montgomery(fitted(even_), fitted(odd_))}; }

 private:
  /// x or x - 2^32 p, whichever has the smaller high word: below 2^32 p for x < 2^33 p.
  static HWY_INLINE V64 fitted(V64 x) {
    const D32 d;
    const V32 shifted =
        hn::BitCast(d, hn::Set(D64(), static_cast<std::uint64_t>(Fp::kModulus) << 32));
    const V32 word = hn::BitCast(d, x);
    return hn::BitCast(D64(), hn::Min(word, hn::Sub(word, shifted)));
  }

  /// x 2^-32 mod p as words below 2p in the even places, for x < 2^32 p.
  static HWY_INLINE V32 word(V64 x) {
    const V32 inverse = hn::Set(D32(), 0u - kInverseModulus);
    const V64 q = mul_even(hn::BitCast(D32(), x), inverse);
    const V64 multiple = hn::Add(x, mul_even(hn::BitCast(D32(), q), modulus()));
    return hn::BitCast(D32(), hn::ShiftRight<32>(multiple));
  }

  V64 even_, odd_;
};

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
