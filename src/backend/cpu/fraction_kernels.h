#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "backend/cpu/fraction_layer.h"

namespace gyre::cpu {

/// The packed loops of the fraction tree. A round works on pairs of entries (2i, 2i + 1) of its
/// tables, counted in tiles of kTile pairs, in runs of kRun such tiles.
inline constexpr std::size_t kLogRun = 6, kRun = std::size_t{1} << kLogRun;

/// eq(xi, bits(i)) over the pairs of a round, split by index bits: 4 for the place in a tile,
/// kLogRun for the tile in its run, the rest for the run.
struct RoundWeights {
  std::array<Fp4, kTile> lane;
  std::array<Fp4, kRun> low;
  std::span<const Fp4> high;
};

/// Entries of the longest `high` for layers up to `num_layers`.
constexpr std::size_t high_eq_size(unsigned num_layers) {
  return std::size_t{1} << (num_layers > kLogRun + 6 ? num_layers - kLogRun - 6 : 0);
}

/// Sums over pairs of weight * h(X), h = p0 q1 + p1 q0: at 1, and the coefficient of X^2, which is
/// h of the differences of the pairs.
struct PairSums {
  Fp4 at_1, leading;
  PairSums& operator+=(const PairSums& other) {
    at_1 += other.at_1;
    leading += other.leading;
    return *this;
  }
};

/// The same per place in a tile, without the weight of the place.
struct LaneSums {
  Fp4 at_1[kTile], leading[kTile];
};

/// Sums over the tiles of pairs of runs [begin, end), `tiles` in all, of a layer as the tree holds
/// it, with lambda q0 added to p0.
PairSums sum_pairs(const FractionTables& layer, const Fp4& lambda, const RoundWeights& weights,
                   std::size_t tiles, std::size_t begin, std::size_t end);

/// The same sums of the tables `out`, which it makes first: out[y] = in[2y] + challenge
/// (in[2y + 1] - in[2y]), 2 tiles for each of pairs. `lambda`, when not null, times q0 is added
/// to p0.
PairSums fold_and_sum_pairs(const FractionTables& in, const Fp4& challenge, const Fp4* lambda,
                            const FractionTables& out, const RoundWeights& weights,
                            std::size_t tiles, std::size_t begin, std::size_t end);

/// Node k of the layer above is the sum of the fractions k of the layer below; tiles [begin, end)
/// of each table of `above`.
void add_fractions(const FractionTables& below, const FractionTables& above, std::size_t begin,
                   std::size_t end);

/// out[c * count + i] = coefficient c of constant + sum_f factors[f] columns[f][i], i < count.
/// Requires count divisible by packed_lanes().
void combine_columns(std::span<const Fp* const> columns, const Fp4* factors, const Fp4& constant,
                     std::size_t count, Fp* out);

/// Writes 2 kTile leaves with numerators p and denominators q (coefficient c at q + c * stride) as
/// tile `tile` of the leaf tables.
void store_leaves(const Fp* p, const Fp* q, std::size_t stride, const FractionTables& leaves,
                  std::size_t tile);

}  // namespace gyre::cpu
