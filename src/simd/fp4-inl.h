// Packed extension field arithmetic; like fp-inl.h, compiled once per instruction set.
#if defined(GYRE_SIMD_FP4_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GYRE_SIMD_FP4_INL_H_
#undef GYRE_SIMD_FP4_INL_H_
#else
#define GYRE_SIMD_FP4_INL_H_
#endif

#include "gyre/field/fp4.h"
#include "simd/fp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

/// kLanes elements of the extension, one vector per coefficient.
struct PackedFp4 {
  Packed c[Fp4::kDegree];

  friend HWY_INLINE PackedFp4 operator+(const PackedFp4& a, const PackedFp4& b) {
    return {{a.c[0] + b.c[0], a.c[1] + b.c[1], a.c[2] + b.c[2], a.c[3] + b.c[3]}};
  }
  friend HWY_INLINE PackedFp4 operator-(const PackedFp4& a, const PackedFp4& b) {
    return {{a.c[0] - b.c[0], a.c[1] - b.c[1], a.c[2] - b.c[2], a.c[3] - b.c[3]}};
  }
  friend HWY_INLINE PackedFp4 operator+(const PackedFp4& a, Packed b) {
    return {{a.c[0] + b, a.c[1], a.c[2], a.c[3]}};
  }
  friend HWY_INLINE PackedFp4 operator*(const PackedFp4& a, Packed b) {
    return {{a.c[0] * b, a.c[1] * b, a.c[2] * b, a.c[3] * b}};
  }
};

HWY_INLINE PackedFp4 broadcast(const Fp4& a) {
  return {{broadcast(a.c[0]), broadcast(a.c[1]), broadcast(a.c[2]), broadcast(a.c[3])}};
}
HWY_INLINE PackedFp4 doubled(const PackedFp4& a) {
  return a + a;
}

/// A factor with 11 times its coefficients prepared: X^4 = 11.
struct PackedFactor4 {
  Packed c[Fp4::kDegree], w[Fp4::kDegree];
};
HWY_INLINE PackedFactor4 factor4(const PackedFp4& b) {
  PackedFactor4 f;
  for (std::size_t i = 0; i < Fp4::kDegree; ++i) {
    f.c[i] = b.c[i];
    const Packed twice = doubled(b.c[i]);
    f.w[i] = doubled(doubled(twice)) + twice + b.c[i];
  }
  return f;
}

/// The same factor in all lanes.
struct UniformFactor4 {
  Packed c[Fp4::kDegree], w[Fp4::kDegree];
};
HWY_INLINE UniformFactor4 uniform_factor4(const Fp4& b) {
  UniformFactor4 f;
  for (std::size_t i = 0; i < Fp4::kDegree; ++i) {
    f.c[i] = broadcast(b.c[i]);
    f.w[i] = broadcast(b.c[i] * Fp::from_canonical(11));
  }
  return f;
}

HWY_INLINE void add_to(Products& sum, Packed a, Packed b, const PackedFactor4&) {
  sum.add(a, b);
}
HWY_INLINE void add_to(Products& sum, Packed a, Packed b, const UniformFactor4&) {
  sum.add_uniform(b, a);
}

template <class Factor>
HWY_INLINE PackedFp4 product(const PackedFp4& a, const Factor& b) {
  PackedFp4 result;
  for (std::size_t k = 0; k < Fp4::kDegree; ++k) {
    Products sum;
    for (std::size_t i = 0; i < Fp4::kDegree; ++i) {
      add_to(sum, a.c[i], i <= k ? b.c[k - i] : b.w[Fp4::kDegree + k - i], b);
    }
    result.c[k] = sum.reduced();
  }
  return result;
}
HWY_INLINE PackedFp4 operator*(const PackedFp4& a, const PackedFactor4& b) {
  return product(a, b);
}
HWY_INLINE PackedFp4 operator*(const PackedFp4& a, const UniformFactor4& b) {
  return product(a, b);
}
HWY_INLINE PackedFp4 operator*(const PackedFp4& a, const PackedFp4& b) {
  return a * factor4(b);
}

/// Sums of products of extension elements with base or extension ones, reduced once at the end.
class Products4 {
 public:
  HWY_INLINE Products4() {}  // A generated one would lack the target's instructions.
  /// At most 2 between calls of fit(), 4 in all without any.
  HWY_INLINE void add(const PackedFp4& a, Packed b) {
    for (std::size_t i = 0; i < Fp4::kDegree; ++i) sum_[i].add(a.c[i], b);
  }
  HWY_INLINE void fit() {
    for (Products& sum : sum_) sum.fit();
  }
  /// At most 2 between calls of fit(), for a weight that all lanes share.
  HWY_INLINE void add_uniform(const PackedFp4& weight, Packed b) {
    for (std::size_t i = 0; i < Fp4::kDegree; ++i) sum_[i].add_uniform(weight.c[i], b);
  }
  /// A product of extension elements, after and before calls of its kind: the sum stays fitted.
  template <class Factor>
  HWY_INLINE void add_product(const PackedFp4& a, const Factor& b) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < Fp4::kDegree; ++k) {
#pragma GCC unroll 4
      for (std::size_t i = 0; i < Fp4::kDegree; ++i) {
        add_to(sum_[k], a.c[i], i <= k ? b.c[k - i] : b.w[Fp4::kDegree + k - i], b);
        if (i % 2 == 1) sum_[k].fit();
      }
    }
  }
  /// The sums as they are, from and to 4 * kLanes words.
  HWY_INLINE void load(const std::uint64_t* from) {
    for (std::size_t i = 0; i < Fp4::kDegree; ++i) sum_[i].load(from + i * kLanes);
  }
  HWY_INLINE void store(std::uint64_t* to) const {
    for (std::size_t i = 0; i < Fp4::kDegree; ++i) sum_[i].store(to + i * kLanes);
  }
  HWY_INLINE PackedFp4 reduced() const {
    return {{sum_[0].reduced(), sum_[1].reduced(), sum_[2].reduced(), sum_[3].reduced()}};
  }

 private:
  Products sum_[Fp4::kDegree];
};

/// A sum of products of extension elements, reduced once. Few of them: with every call inlined, the
/// compiler knows where a sum has to be fitted.
class ExtensionProducts {
 public:
  HWY_INLINE ExtensionProducts() {}
  HWY_INLINE void add(const PackedFp4& a, const PackedFp4& b) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < Fp4::kDegree; ++i) {
#pragma GCC unroll 4
      for (std::size_t j = 0; j < Fp4::kDegree; ++j) degree_[i + j].add(a.c[i], b.c[j]);
    }
  }
  HWY_INLINE void add(const PackedFp4& a, Packed b) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < Fp4::kDegree; ++i) degree_[i].add(a.c[i], b);
  }
  HWY_INLINE void add_uniform(const PackedFp4& a, const UniformFactor4& b) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < Fp4::kDegree; ++k) {
#pragma GCC unroll 4
      for (std::size_t i = 0; i < Fp4::kDegree; ++i) {
        degree_[k].add_uniform(a.c[i], i <= k ? b.c[k - i] : b.w[Fp4::kDegree + k - i]);
      }
    }
  }
  HWY_INLINE void add_uniform(Packed a, const UniformFactor4& b) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < Fp4::kDegree; ++k) degree_[k].add_uniform(a, b.c[k]);
  }
  /// X^4 = 11, whose Montgomery word is below p / 2.
  HWY_INLINE PackedFp4 reduced() {
    const Packed eleven = broadcast(Fp::from_canonical(11));
    PackedFp4 result;
#pragma GCC unroll 4
    for (std::size_t k = 0; k < Fp4::kDegree; ++k) {
      if (k + 1 < Fp4::kDegree) degree_[k].add_scaled(degree_[k + Fp4::kDegree], eleven);
      result.c[k] = degree_[k].sum.reduced();
    }
    return result;
  }

 private:
  struct Coefficient {
    Products sum;
    int room;  ///< products that may be added before the sum is fitted
    HWY_INLINE Coefficient() : room(4) {}
    HWY_INLINE void make_room() {
      if (room == 0) {
        sum.fit();
        room = 2;
      }
      --room;
    }
    HWY_INLINE void add(Packed a, Packed b) {
      make_room();
      sum.add(a, b);
    }
    HWY_INLINE void add_uniform(Packed a, Packed b) {
      make_room();
      sum.add_uniform(b, a);
    }
    HWY_INLINE void add_scaled(const Coefficient& other, Packed b) {
      if (other.room == 4) return;
      make_room();
      sum.add_scaled(other.sum, b);
    }
  };
  Coefficient degree_[2 * Fp4::kDegree - 1];
};

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE PackedFp4 load4(const Fp4* from) {
  return broadcast(*from);
}
HWY_INLINE void store4(const PackedFp4& a, Fp4* to) {
  *to = Fp4(a.c[0].v, a.c[1].v, a.c[2].v, a.c[3].v);
}
HWY_INLINE void load4_pairs(const Fp4* from, PackedFp4& even, PackedFp4& odd) {
  even = load4(from);
  odd = load4(from + 1);
}
HWY_INLINE Fp horizontal_sum(Packed a) {
  return a.v;
}
#else
/// kLanes consecutive elements from and to memory.
HWY_INLINE PackedFp4 load4(const Fp4* from) {
  PackedFp4 a;
  hn::LoadInterleaved4(D32(), words(from->c), a.c[0].v, a.c[1].v, a.c[2].v, a.c[3].v);
  return a;
}
HWY_INLINE void store4(const PackedFp4& a, Fp4* to) {
  hn::StoreInterleaved4(a.c[0].v, a.c[1].v, a.c[2].v, a.c[3].v, D32(), words(to->c));
}
/// The elements in even and in odd places of 2 * kLanes consecutive ones.
HWY_INLINE void load4_pairs(const Fp4* from, PackedFp4& even, PackedFp4& odd) {
  const PackedFp4 low = load4(from), high = load4(from + kLanes);
  for (std::size_t i = 0; i < Fp4::kDegree; ++i) {
    even.c[i].v = hn::ConcatEven(D32(), high.c[i].v, low.c[i].v);
    odd.c[i].v = hn::ConcatOdd(D32(), high.c[i].v, low.c[i].v);
  }
}
/// The sum over the lanes.
HWY_INLINE Fp horizontal_sum(Packed a) {
  const V64 both = hn::BitCast(D64(), a.v);
  const V64 low = hn::And(both, hn::Set(D64(), 0xffffffffu));
  const std::uint64_t sum =
      hn::GetLane(hn::SumOfLanes(D64(), hn::Add(low, hn::ShiftRight<32>(both))));
  return Fp::from_raw(static_cast<std::uint32_t>(sum % Fp::kModulus));
}
#endif

HWY_INLINE Fp4 horizontal_sum(const PackedFp4& a) {
  return {horizontal_sum(a.c[0]), horizontal_sum(a.c[1]), horizontal_sum(a.c[2]),
          horizontal_sum(a.c[3])};
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
