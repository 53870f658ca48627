#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/fraction_kernels.cc"
#include "simd/kernel.h"

#include "backend/cpu/fraction_kernels.h"
#include "simd/fp4-inl.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

using cpu::FractionTables;
using cpu::kRun;
using cpu::kTile;
using cpu::LaneSums;
using cpu::RoundWeights;

HWY_INLINE void load_at(const Fp* table, std::size_t y, Packed& value) {
  value = load_unaligned(table + y);
}
HWY_INLINE void load_at(const Fp* table, std::size_t y, PackedFp4& value) {
  const Fp* word = table + cpu::tile_word(y);
  for (std::size_t c = 0; c < Fp4::kDegree; ++c) {
    value.c[c] = load_unaligned(word + c * kTile);
  }
}
HWY_INLINE void store_at(const PackedFp4& value, Fp* table, std::size_t y) {
  Fp* word = table + cpu::tile_word(y);
  for (std::size_t c = 0; c < Fp4::kDegree; ++c) store_unaligned(value.c[c], word + c * kTile);
}

HWY_INLINE void deinterleave(const PackedFp4& low, const PackedFp4& high, PackedFp4& even,
                             PackedFp4& odd) {
  for (std::size_t c = 0; c < Fp4::kDegree; ++c) {
    deinterleave(low.c[c], high.c[c], even.c[c], odd.c[c]);
  }
}

/// Entries y, y + 2, ... and y + 1, y + 3, ... of a table.
template <class Element>
HWY_INLINE void load_pairs(const Fp* table, std::size_t y, Element& even, Element& odd) {
  Element low, high;
  load_at(table, y, low);
  load_at(table, y + kLanes, high);
  deinterleave(low, high, even, odd);
}

/// p0 q1 + p1 q0; the second numerator may be in the base field.
template <class Left, class Right>
HWY_INLINE PackedFp4 cross(const Left& p0, const PackedFp4& q0, const Right& p1,
                           const PackedFp4& q1) {
  ExtensionProducts sum;
  sum.add(q1, p0);
  sum.add(q0, p1);
  return sum.reduced();
}
HWY_INLINE PackedFp4 product(const PackedFp4& a, const PackedFp4& b) {
  ExtensionProducts sum;
  sum.add(a, b);
  return sum.reduced();
}
HWY_INLINE PackedFp4 operator+(Packed a, const PackedFp4& b) {
  return b + a;
}

/// a + r (b - a).
template <class Element>
HWY_INLINE PackedFp4 between(const Element& a, const Element& b, const UniformFactor4& r) {
  ExtensionProducts sum;
  sum.add_uniform(b - a, r);
  return a + sum.reduced();
}
/// a + r (b - a) + lambda q.
template <class Element>
HWY_INLINE PackedFp4 between(const Element& a, const Element& b, const UniformFactor4& r,
                             const PackedFp4& q, const UniformFactor4& lambda) {
  ExtensionProducts sum;
  sum.add_uniform(b - a, r);
  sum.add_uniform(q, lambda);
  return a + sum.reduced();
}
/// p + lambda q.
template <class Element>
HWY_INLINE PackedFp4 with_lambda(const Element& p, const PackedFp4& q,
                                 const UniformFactor4& lambda) {
  ExtensionProducts sum;
  sum.add_uniform(q, lambda);
  return p + sum.reduced();
}

/// The weighted sums over the pairs at one place in the tiles of a run.
struct RunSums {
  Products4 at_1, leading;

  HWY_INLINE RunSums() {}
  template <class Right>
  HWY_INLINE void add(const PackedFp4 (&p0)[2], const PackedFp4 (&q0)[2], const Right (&p1)[2],
                      const PackedFp4 (&q1)[2], const UniformFactor4& weight) {
    at_1.add_product(cross(p0[1], q0[1], p1[1], q1[1]), weight);
    leading.add_product(cross(p0[1] - p0[0], q0[1] - q0[0], p1[1] - p1[0], q1[1] - q1[0]), weight);
  }
  HWY_INLINE void add_to(LaneSums& sums, std::size_t lane, const Fp4& weight) const {
    const UniformFactor4 factor = uniform_factor4(weight);
    store4(load4(sums.at_1 + lane) + at_1.reduced() * factor, sums.at_1 + lane);
    store4(load4(sums.leading + lane) + leading.reduced() * factor, sums.leading + lane);
  }
};

/// The weights of the tiles of a run, with 11 times their coefficients.
struct RunWeights {
  Fp c[kRun][Fp4::kDegree], w[kRun][Fp4::kDegree];

  HWY_INLINE explicit RunWeights(const RoundWeights& weights) {
    const Fp eleven = Fp::from_canonical(11);
    for (std::size_t t = 0; t < kRun; ++t) {
      for (std::size_t i = 0; i < Fp4::kDegree; ++i) {
        c[t][i] = weights.low[t].c[i];
        w[t][i] = c[t][i] * eleven;
      }
    }
  }
  HWY_INLINE UniformFactor4 at(std::size_t t) const {
    return {{broadcast(c[t][0]), broadcast(c[t][1]), broadcast(c[t][2]), broadcast(c[t][3])},
            {broadcast(w[t][0]), broadcast(w[t][1]), broadcast(w[t][2]), broadcast(w[t][3])}};
  }
};

template <class Numerator>
HWY_INLINE void SumPairsOf(const FractionTables& layer, const Fp4& lambda_value,
                           const RoundWeights& weights, std::size_t tiles, std::size_t begin,
                           std::size_t end, LaneSums& sums) {
  const RunWeights low(weights);
  const UniformFactor4 lambda = uniform_factor4(lambda_value);
  for (std::size_t run = begin; run < end; ++run) {
    const std::size_t first = run * kRun, last = std::min(tiles, first + kRun);
    for (std::size_t lane = 0; lane < kTile; lane += kLanes) {
      RunSums run_sums;
      for (std::size_t t = first; t < last; ++t) {
        const std::size_t y = 2 * (t * kTile + lane);
        Numerator left[2], p1[2];
        PackedFp4 p0[2], q0[2], q1[2];
        load_pairs(layer.p0, y, left[0], left[1]);
        load_pairs(layer.q0, y, q0[0], q0[1]);
        load_pairs(layer.p1, y, p1[0], p1[1]);
        load_pairs(layer.q1, y, q1[0], q1[1]);
        for (std::size_t i = 0; i < 2; ++i) p0[i] = with_lambda(left[i], q0[i], lambda);
        run_sums.add(p0, q0, p1, q1, low.at(t - first));
      }
      run_sums.add_to(sums, lane, weights.high[run]);
    }
  }
}

/// The folded entries y, ..., y + 2 kLanes - 1, stored, as pairs.
template <class Element>
HWY_INLINE void FoldTable(const Fp* in, const UniformFactor4& challenge, std::size_t y, Fp* out,
                          PackedFp4 (&pairs)[2]) {
  PackedFp4 folded[2];
  for (std::size_t i = 0; i < 2; ++i) {
    Element even, odd;
    load_pairs(in, 2 * (y + i * kLanes), even, odd);
    folded[i] = between(even, odd, challenge);
    store_at(folded[i], out, y + i * kLanes);
  }
  deinterleave(folded[0], folded[1], pairs[0], pairs[1]);
}

/// The same of p0, with lambda q0 added; q0 is folded already.
template <class Element>
HWY_INLINE void FoldLeft(const Fp* in, const UniformFactor4& challenge, const Fp* q0,
                         const UniformFactor4& lambda, std::size_t y, Fp* out,
                         PackedFp4 (&pairs)[2]) {
  PackedFp4 folded[2];
  for (std::size_t i = 0; i < 2; ++i) {
    Element even, odd;
    PackedFp4 q;
    load_pairs(in, 2 * (y + i * kLanes), even, odd);
    load_at(q0, y + i * kLanes, q);
    folded[i] = between(even, odd, challenge, q, lambda);
    store_at(folded[i], out, y + i * kLanes);
  }
  deinterleave(folded[0], folded[1], pairs[0], pairs[1]);
}

template <class Numerator, bool kLambda>
HWY_INLINE void FoldAndSumPairsOf(const FractionTables& in, const Fp4& challenge_value,
                                  const Fp4& lambda_value, const FractionTables& out,
                                  const RoundWeights& weights, std::size_t tiles, std::size_t begin,
                                  std::size_t end, LaneSums& sums) {
  const RunWeights low(weights);
  const UniformFactor4 challenge = uniform_factor4(challenge_value);
  const UniformFactor4 lambda = uniform_factor4(lambda_value);
  for (std::size_t run = begin; run < end; ++run) {
    const std::size_t first = run * kRun, last = std::min(tiles, first + kRun);
    for (std::size_t lane = 0; lane < kTile; lane += kLanes) {
      RunSums run_sums;
      for (std::size_t t = first; t < last; ++t) {
        const std::size_t y = 2 * (t * kTile + lane);
        PackedFp4 p0[2], q0[2], p1[2], q1[2];
        FoldTable<PackedFp4>(in.q0, challenge, y, out.q0, q0);
        if constexpr (kLambda) {
          FoldLeft<Numerator>(in.p0, challenge, out.q0, lambda, y, out.p0, p0);
        } else {
          FoldTable<Numerator>(in.p0, challenge, y, out.p0, p0);
        }
        FoldTable<Numerator>(in.p1, challenge, y, out.p1, p1);
        FoldTable<PackedFp4>(in.q1, challenge, y, out.q1, q1);
        run_sums.add(p0, q0, p1, q1, low.at(t - first));
      }
      run_sums.add_to(sums, lane, weights.high[run]);
    }
  }
}

template <class Numerator>
HWY_INLINE void AddFractionsOf(const FractionTables& below, const FractionTables& above,
                               std::size_t begin, std::size_t end) {
  for (std::size_t y = begin * kTile; y < end * kTile; y += kLanes) {
    PackedFp4 p[2], q[2];
    for (std::size_t i = 0; i < 2; ++i) {
      const std::size_t child = 2 * y + i * kLanes;
      Numerator p0, p1;
      PackedFp4 q0, q1;
      load_at(below.p0, child, p0);
      load_at(below.q0, child, q0);
      load_at(below.p1, child, p1);
      load_at(below.q1, child, q1);
      p[i] = cross(p0, q0, p1, q1);
      q[i] = product(q0, q1);
    }
    PackedFp4 even, odd;
    deinterleave(p[0], p[1], even, odd);
    store_at(even, above.p0, y);
    store_at(odd, above.p1, y);
    deinterleave(q[0], q[1], even, odd);
    store_at(even, above.q0, y);
    store_at(odd, above.q1, y);
  }
}

void SumPairs(const FractionTables& layer, const Fp4& lambda, const RoundWeights& weights,
              std::size_t tiles, std::size_t begin, std::size_t end, LaneSums& sums) {
  if (layer.base_numerators) {
    SumPairsOf<Packed>(layer, lambda, weights, tiles, begin, end, sums);
  } else {
    SumPairsOf<PackedFp4>(layer, lambda, weights, tiles, begin, end, sums);
  }
}

void FoldAndSumPairs(const FractionTables& in, const Fp4& challenge, const Fp4* lambda,
                     const FractionTables& out, const RoundWeights& weights, std::size_t tiles,
                     std::size_t begin, std::size_t end, LaneSums& sums) {
  if (lambda == nullptr) {
    FoldAndSumPairsOf<PackedFp4, false>(in, challenge, Fp4(), out, weights, tiles, begin, end,
                                        sums);
  } else if (in.base_numerators) {
    FoldAndSumPairsOf<Packed, true>(in, challenge, *lambda, out, weights, tiles, begin, end, sums);
  } else {
    FoldAndSumPairsOf<PackedFp4, true>(in, challenge, *lambda, out, weights, tiles, begin, end,
                                       sums);
  }
}

void AddFractions(const FractionTables& below, const FractionTables& above, std::size_t begin,
                  std::size_t end) {
  if (below.base_numerators) {
    AddFractionsOf<Packed>(below, above, begin, end);
  } else {
    AddFractionsOf<PackedFp4>(below, above, begin, end);
  }
}

void CombineColumns(std::span<const Fp* const> columns, const Fp4* factors, const Fp4& constant,
                    std::size_t count, Fp* out) {
  for (std::size_t i = 0; i < count; i += kLanes) {
    Products sum[Fp4::kDegree];
    for (std::size_t f = 0; f < columns.size(); ++f) {
      const Packed value = load_unaligned(columns[f] + i);
      for (std::size_t c = 0; c < Fp4::kDegree; ++c) {
        sum[c].add_uniform(broadcast(factors[f].c[c]), value);
        if (f % 2 == 1) sum[c].fit();
      }
    }
    for (std::size_t c = 0; c < Fp4::kDegree; ++c) {
      store_unaligned(sum[c].reduced() + broadcast(constant.c[c]), out + c * count + i);
    }
  }
}

void StoreLeaves(const Fp* p, const Fp* q, std::size_t stride, const FractionTables& leaves,
                 std::size_t tile) {
  for (std::size_t lane = 0; lane < kTile; lane += kLanes) {
    const std::size_t y = tile * kTile + lane;
    const auto split = [&](const Fp* from, Fp* even_to, Fp* odd_to) HWY_ATTR {
      Packed even, odd;
      deinterleave(load_unaligned(from + 2 * lane), load_unaligned(from + 2 * lane + kLanes), even,
                   odd);
      store_unaligned(even, even_to);
      store_unaligned(odd, odd_to);
    };
    split(p, leaves.p0 + y, leaves.p1 + y);
    for (std::size_t c = 0; c < Fp4::kDegree; ++c) {
      const std::size_t word = cpu::tile_word(y) + c * kTile;
      split(q + c * stride, leaves.q0 + word, leaves.q1 + word);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gyre {

HWY_EXPORT(SumPairs);
HWY_EXPORT(FoldAndSumPairs);
HWY_EXPORT(AddFractions);
HWY_EXPORT(CombineColumns);
HWY_EXPORT(StoreLeaves);

namespace cpu {
namespace {

PairSums weighted(const LaneSums& sums, const RoundWeights& weights) {
  PairSums total;
  for (std::size_t lane = 0; lane < kTile; ++lane) {
    total.at_1 += weights.lane[lane] * sums.at_1[lane];
    total.leading += weights.lane[lane] * sums.leading[lane];
  }
  return total;
}

}  // namespace

PairSums sum_pairs(const FractionTables& layer, const Fp4& lambda, const RoundWeights& weights,
                   std::size_t tiles, std::size_t begin, std::size_t end) {
  LaneSums sums;
  HWY_DYNAMIC_DISPATCH(SumPairs)(layer, lambda, weights, tiles, begin, end, sums);
  return weighted(sums, weights);
}

PairSums fold_and_sum_pairs(const FractionTables& in, const Fp4& challenge, const Fp4* lambda,
                            const FractionTables& out, const RoundWeights& weights,
                            std::size_t tiles, std::size_t begin, std::size_t end) {
  LaneSums sums;
  HWY_DYNAMIC_DISPATCH(FoldAndSumPairs)
  (in, challenge, lambda, out, weights, tiles, begin, end, sums);
  return weighted(sums, weights);
}

void add_fractions(const FractionTables& below, const FractionTables& above, std::size_t begin,
                   std::size_t end) {
  HWY_DYNAMIC_DISPATCH(AddFractions)(below, above, begin, end);
}

void combine_columns(std::span<const Fp* const> columns, const Fp4* factors, const Fp4& constant,
                     std::size_t count, Fp* out) {
  HWY_DYNAMIC_DISPATCH(CombineColumns)(columns, factors, constant, count, out);
}

void store_leaves(const Fp* p, const Fp* q, std::size_t stride, const FractionTables& leaves,
                  std::size_t tile) {
  HWY_DYNAMIC_DISPATCH(StoreLeaves)(p, q, stride, leaves, tile);
}

}  // namespace cpu
}  // namespace gyre
#endif  // HWY_ONCE
