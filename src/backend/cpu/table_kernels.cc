#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/table_kernels.cc"
#include "simd/kernel.h"

#include "backend/cpu/table_kernels.h"
#include "simd/fp4-inl.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "poly/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

// What a pair of entries of a table stands for: its values at 1 and 2, and at r.
struct Values {
  template <class T>
  static HWY_INLINE T at_1(const T&, const T& odd) {
    return odd;
  }
  template <class T>
  static HWY_INLINE T at_2(const T& even, const T& odd) {
    return odd + odd - even;
  }
  template <class T>
  static HWY_INLINE T constant(const T& even, const T&) {
    return even;
  }
  template <class T>
  static HWY_INLINE T slope(const T& even, const T& odd) {
    return odd - even;
  }
};
struct Coefficients {
  template <class T>
  static HWY_INLINE T at_1(const T& even, const T& odd) {
    return even + odd;
  }
  template <class T>
  static HWY_INLINE T at_2(const T& even, const T& odd) {
    return even + odd + odd;
  }
  template <class T>
  static HWY_INLINE T constant(const T& even, const T&) {
    return even;
  }
  template <class T>
  static HWY_INLINE T slope(const T&, const T& odd) {
    return odd;
  }
};
struct Moments {
  template <class T>
  static HWY_INLINE T at_1(const T&, const T& odd) {
    return odd;
  }
  template <class T>
  static HWY_INLINE T at_2(const T& even, const T& odd) {
    return odd + odd + odd - even;
  }
  template <class T>
  static HWY_INLINE T constant(const T& even, const T& odd) {
    return even - odd;
  }
  template <class T>
  static HWY_INLINE T slope(const T& even, const T& odd) {
    return odd + odd - even;
  }
};

/// Over pairs [0, pairs) of both tables.
template <class A, class B>
HWY_INLINE void Round(const Fp4* a, const Fp4* b, std::size_t pairs, cpu::RoundSums& out) {
  Products4 at_1, at_2;
  std::size_t y = 0;
  for (; y + kLanes <= pairs; y += kLanes) {
    PackedFp4 a0, a1, b0, b1;
    load4_pairs(a + 2 * y, a0, a1);
    load4_pairs(b + 2 * y, b0, b1);
    at_1.add_product(A::at_1(a0, a1), factor4(B::at_1(b0, b1)));
    at_2.add_product(A::at_2(a0, a1), factor4(B::at_2(b0, b1)));
  }
  out.at_1 = horizontal_sum(at_1.reduced());
  out.at_2 = horizontal_sum(at_2.reduced());
  for (; y < pairs; ++y) {
    const Fp4 a0 = a[2 * y], a1 = a[2 * y + 1], b0 = b[2 * y], b1 = b[2 * y + 1];
    out.at_1 += A::at_1(a0, a1) * B::at_1(b0, b1);
    out.at_2 += A::at_2(a0, a1) * B::at_2(b0, b1);
  }
}

void RoundOfProduct(const Fp4* a, const Fp4* b, std::size_t pairs, cpu::RoundSums& out) {
  Round<Values, Values>(a, b, pairs, out);
}
void RoundOfMoments(const Fp4* a, const Fp4* b, std::size_t pairs, cpu::RoundSums& out) {
  Round<Coefficients, Moments>(a, b, pairs, out);
}

template <class Kind>
HWY_INLINE void Fold(const Fp4* table, std::size_t pairs, const Fp4& challenge, Fp4* out) {
  const UniformFactor4 factor = uniform_factor4(challenge);
  std::size_t y = 0;
  for (; y + kLanes <= pairs; y += kLanes) {
    PackedFp4 even, odd;
    load4_pairs(table + 2 * y, even, odd);
    store4(Kind::constant(even, odd) + Kind::slope(even, odd) * factor, out + y);
  }
  for (; y < pairs; ++y) {
    const Fp4 even = table[2 * y], odd = table[2 * y + 1];
    out[y] = Kind::constant(even, odd) + Kind::slope(even, odd) * challenge;
  }
}

void FoldValues(const Fp4* table, std::size_t pairs, const Fp4& challenge, Fp4* out) {
  Fold<Values>(table, pairs, challenge, out);
}
void FoldCoefficients(const Fp4* table, std::size_t pairs, const Fp4& challenge, Fp4* out) {
  Fold<Coefficients>(table, pairs, challenge, out);
}
void FoldMoments(const Fp4* table, std::size_t pairs, const Fp4& challenge, Fp4* out) {
  Fold<Moments>(table, pairs, challenge, out);
}

/// out[i] = table[i] * factor.
void Scale(const Fp4* table, std::size_t count, const Fp4& factor, Fp4* out) {
  const UniformFactor4 packed = uniform_factor4(factor);
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store4(load4(table + i) * packed, out + i);
  for (; i < count; ++i) out[i] = table[i] * factor;
}

/// out[i] += table[i] * factor.
void AddScaled(const Fp4* table, std::size_t count, const Fp4& factor, Fp4* out) {
  const UniformFactor4 packed = uniform_factor4(factor);
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    store4(load4(out + i) + load4(table + i) * packed, out + i);
  }
  for (; i < count; ++i) out[i] += table[i] * factor;
}

/// out[i] = a * table[i] + b * table[i - 1].
void CombineWithPrevious(const Fp4* table, std::size_t count, const Fp4& a, const Fp4& b,
                         Fp4* out) {
  const UniformFactor4 packed_a = uniform_factor4(a), packed_b = uniform_factor4(b);
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Products4 sum;
    sum.add_product(load4(table + i), packed_a);
    sum.add_product(load4(table + i - 1), packed_b);
    store4(sum.reduced(), out + i);
  }
  for (; i < count; ++i) out[i] = a * table[i] + b * table[i - 1];
}

/// sum over i < count of a[i] * b[i].
void InnerProduct(const Fp4* a, const Fp4* b, std::size_t count, Fp4& out) {
  Products4 sum;
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) sum.add_product(load4(a + i), factor4(load4(b + i)));
  out = horizontal_sum(sum.reduced());
  for (; i < count; ++i) out += a[i] * b[i];
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gyre {
HWY_EXPORT(RoundOfProduct);
HWY_EXPORT(RoundOfMoments);
HWY_EXPORT(FoldValues);
HWY_EXPORT(FoldCoefficients);
HWY_EXPORT(FoldMoments);
HWY_EXPORT(Scale);
HWY_EXPORT(AddScaled);
HWY_EXPORT(CombineWithPrevious);
HWY_EXPORT(InnerProduct);

namespace cpu {
namespace {

/// Tables are split as low + 2^kLogLow * high where a product of two short ones will do.
constexpr unsigned kLogLow = 9;
constexpr std::size_t kLow = std::size_t{1} << kLogLow;

template <class Kernel>
RoundSums sums_over_pairs(const Context& context, std::size_t pairs, Kernel&& kernel) {
  return context.parallel.sum<RoundSums>(pairs, kGrain, [&](std::size_t begin, std::size_t end) {
    RoundSums sums;
    kernel(begin, end - begin, sums);
    return sums;
  });
}

template <class Kernel>
void fold_pairs(const Context& context, std::span<const Fp4> table, const Fp4& challenge,
                std::span<Fp4> out, Kernel&& kernel) {
  context.parallel.ranges(table.size() / 2, kGrain, [&](std::size_t begin, std::size_t end) {
    kernel(&table[2 * begin], end - begin, challenge, &out[begin]);
  });
}

}  // namespace

RoundSums round_of_product(const Context& context, std::span<const Fp4> a, std::span<const Fp4> b) {
  return sums_over_pairs(
      context, a.size() / 2, [&](std::size_t begin, std::size_t pairs, RoundSums& sums) {
        HWY_DYNAMIC_DISPATCH(RoundOfProduct)(&a[2 * begin], &b[2 * begin], pairs, sums);
      });
}

RoundSums round_of_moments(const Context& context, std::span<const Fp4> coefficients,
                           std::span<const Fp4> moments) {
  return sums_over_pairs(context, moments.size() / 2,
                         [&](std::size_t begin, std::size_t pairs, RoundSums& sums) {
                           HWY_DYNAMIC_DISPATCH(RoundOfMoments)
                           (&coefficients[2 * begin], &moments[2 * begin], pairs, sums);
                         });
}

void fold_values(const Context& context, std::span<const Fp4> table, const Fp4& challenge,
                 std::span<Fp4> out) {
  fold_pairs(context, table, challenge, out, [](auto&&... arguments) {
    HWY_DYNAMIC_DISPATCH(FoldValues)(arguments...);
  });
}

void fold_coefficients(const Context& context, std::span<const Fp4> table, const Fp4& challenge,
                       std::span<Fp4> out) {
  fold_pairs(context, table, challenge, out, [](auto&&... arguments) {
    HWY_DYNAMIC_DISPATCH(FoldCoefficients)(arguments...);
  });
}

void fold_moments(const Context& context, std::span<const Fp4> table, const Fp4& challenge,
                  std::span<Fp4> out) {
  fold_pairs(context, table, challenge, out, [](auto&&... arguments) {
    HWY_DYNAMIC_DISPATCH(FoldMoments)(arguments...);
  });
}

void fill_eq_table(const Context& context, std::span<const Fp4> point, const Fp4& scale,
                   std::span<Fp4> out) {
  const std::size_t log_low = std::min<std::size_t>(point.size(), kLogLow);
  const std::vector<Fp4> low = eq_table(point.first(log_low), scale);
  const std::vector<Fp4> high = eq_table(point.subspan(log_low));
  context.parallel.each(high.size(), [&](std::size_t i) {
    HWY_DYNAMIC_DISPATCH(Scale)(low.data(), low.size(), high[i], &out[i << log_low]);
  });
}

void combine_with_previous(const Context& context, std::span<const Fp4> table, const Fp4& a,
                           const Fp4& b, std::span<Fp4> out) {
  out[0] = a * table[0] + b * table.back();
  context.parallel.ranges(table.size() - 1, kGrain, [&](std::size_t begin, std::size_t end) {
    HWY_DYNAMIC_DISPATCH(CombineWithPrevious)
    (&table[begin + 1], end - begin, a, b, &out[begin + 1]);
  });
}

Fp4 evaluate_at(const Context& context, std::span<const Fp4> coefficients, const Fp4& z) {
  const std::size_t block = std::min(coefficients.size(), kLow);
  const std::vector<Fp4> low = powers(z, block);
  const std::vector<Fp4> high = powers(low.back() * z, coefficients.size() / block);
  return context.parallel.sum<Fp4>(high.size(), 4, [&](std::size_t begin, std::size_t end) {
    Fp4 sum;
    for (std::size_t i = begin; i < end; ++i) {
      Fp4 value;
      HWY_DYNAMIC_DISPATCH(InnerProduct)(&coefficients[i * block], low.data(), block, value);
      sum += value * high[i];
    }
    return sum;
  });
}

void add_powers(const Context& context, const Fp4& z, const Fp4& factor, std::span<Fp4> table) {
  const std::size_t block = std::min(table.size(), kLow);
  const std::vector<Fp4> low = powers(z, block);
  const std::vector<Fp4> high = powers(low.back() * z, table.size() / block);
  context.parallel.ranges(high.size(), 4, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      HWY_DYNAMIC_DISPATCH(AddScaled)(low.data(), block, factor * high[i], &table[i * block]);
    }
  });
}

}  // namespace cpu
}  // namespace gyre
#endif  // HWY_ONCE
