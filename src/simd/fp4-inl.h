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

HWY_INLINE PackedFp4 operator*(const PackedFp4& a, const PackedFactor4& b) {
  PackedFp4 result;
  for (std::size_t k = 0; k < Fp4::kDegree; ++k) {
    Products sum;
    for (std::size_t i = 0; i < Fp4::kDegree; ++i) {
      sum.add(a.c[i], i <= k ? b.c[k - i] : b.w[Fp4::kDegree + k - i]);
    }
    result.c[k] = sum.reduced();
  }
  return result;
}
HWY_INLINE PackedFp4 operator*(const PackedFp4& a, const PackedFp4& b) {
  return a * factor4(b);
}

/// Sums of products of extension and base elements, reduced once at the end.
class Products4 {
 public:
  HWY_INLINE Products4() {}  // A generated one would lack the target's instructions.
  /// At most 2 between calls of fit(), 4 in all without any.
  HWY_INLINE void add(const PackedFp4& a, Packed b) {
    for (std::size_t i = 0; i < Fp4::kDegree; ++i) sum_[i].add(a.c[i], b);
  }
  /// add() for an `a` that is the same in all lanes.
  HWY_INLINE void add_uniform(const PackedFp4& a, Packed b) {
    for (std::size_t i = 0; i < Fp4::kDegree; ++i) sum_[i].add_uniform(a.c[i], b);
  }
  HWY_INLINE void fit() {
    for (Products& sum : sum_) sum.fit();
  }
  HWY_INLINE PackedFp4 reduced() const {
    return {{sum_[0].reduced(), sum_[1].reduced(), sum_[2].reduced(), sum_[3].reduced()}};
  }

 private:
  Products sum_[Fp4::kDegree];
};

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE PackedFp4 load4(const Fp4* from) {
  return broadcast(*from);
}
HWY_INLINE void store4(const PackedFp4& a, Fp4* to) {
  *to = Fp4(a.c[0].v, a.c[1].v, a.c[2].v, a.c[3].v);
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
#endif

/// The sum over the lanes.
HWY_INLINE Fp4 horizontal_sum(const PackedFp4& a) {
  HWY_ALIGN Fp4 lanes[kLanes];
  store4(a, lanes);
  Fp4 sum;
  for (const Fp4& lane : lanes) sum += lane;
  return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
