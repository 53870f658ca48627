#include "backend/cpu/cpu.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "backend/cpu/fraction_leaves.h"
#include "backend/cpu/fraction_tail.h"
#include "gyre/support/telemetry.h"
#include "poly/kernels.h"

namespace gyre::cpu {
namespace {

constexpr unsigned kLogTile = 4;
static_assert(kTile == std::size_t{1} << kLogTile);

/// Runs of a thread's smallest piece of a round.
constexpr std::size_t kRunGrain = 2;
/// Tiles of 2 kTile nodes whose ancestors are made together, kLogSubtree layers of them, while they
/// are in the second-level cache.
constexpr unsigned kLogSubtree = 8;

/// out[i] = eq(x, bits(i)), i < 2^|x|.
void fill_eq_table(std::span<const Fp4> x, std::span<Fp4> out) {
  out[0] = Fp4::one();
  for (std::size_t i = 0, size = 1; i < x.size(); ++i, size *= 2) {
    for (std::size_t k = 0; k < size; ++k) {
      out[size + k] = out[k] * x[i];
      out[k] -= out[size + k];
    }
  }
}

class CpuFractionTree : public FractionTree {
 public:
  CpuFractionTree(const Context& context, Arena& arena, std::span<const TraceInput> traces,
                  std::span<const FractionBlock> blocks, unsigned num_layers, const Fp4& alpha,
                  const Fp4& beta)
      : scope_(arena),
        context_(context),
        num_layers_(num_layers),
        leaves_(num_real_leaves(traces, blocks, context.l_skip())),
        high_eq_(arena.take<Fp4>(high_eq_size(num_layers))),
        layers_(num_layers + 1),
        padding_(num_layers + 1) {
    for (unsigned j = num_layers; j > 0; --j) {
      layers_[j] = take_fraction_tables(arena, shape(j), j == num_layers);
      padding_[j] = alpha.pow_power_of_2(num_layers - j);
    }
    fill_padding();
    fill_leaves(context, traces, blocks, alpha, beta, layers_.back());
    add_layers();
    const FractionTables& top = layers_[1];
    first_layer_ = {.p0 = top.numerator(top.p0, 0),
                    .q0 = tile_element(top.q0, 0),
                    .p1 = top.numerator(top.p1, 0),
                    .q1 = tile_element(top.q1, 0)};
  }

  Fraction root() const override {
    const GkrLayerClaims& c = first_layer_;
    return {c.p0 * c.q1 + c.p1 * c.q0, c.q0 * c.q1};
  }

  GkrLayerClaims first_layer() const override { return first_layer_; }

  void begin_layer(unsigned layer, std::span<const Fp4> xi, const Fp4& lambda) override {
    layer_ = layer;
    round_ = 0;
    xi_.assign(xi.begin(), xi.end());
    lambda_ = lambda;
    eq_bound_ = Fp4::one();
    challenge_.reset();
    if (domain() <= kTile) {
      tail_.load(layers_[layer_], domain(), lambda_);
    } else {
      fill_eq_table(high_coordinates(), high_eq_);
    }
  }

  /// S(X) = eq(xi_s, X) S'(X) with S' of degree 2, known by S'(1), its leading coefficient and the
  /// claim. Spec 04, section 10.
  std::array<Fp4, 3> round(const Fp4& claim) override {
    PairSums sums = domain() <= kTile ? tail_.sums(eq_table(rest())) : wide_round();
    sums.at_1 *= eq_bound_;
    sums.leading *= eq_bound_;
    const Fp4 xi = xi_[round_];
    const Fp4 at_0 = xi == Fp4::one() ? eq_bound_ * sum_at_0()
                                      : (claim - xi * sums.at_1) * (Fp4::one() - xi).inverse();
    const Fp4 slope = sums.at_1 - at_0 + sums.leading.doubled();
    const Fp4 at_2 = sums.at_1 + slope;
    const Fp4 at_3 = at_2 + slope + sums.leading.doubled();
    return {xi * sums.at_1, eq1(xi, Fp4(Fp::from_canonical(2))) * at_2,
            eq1(xi, Fp4(Fp::from_canonical(3))) * at_3};
  }

  /// Wide tables are folded by the next round.
  void fold(const Fp4& challenge) override {
    eq_bound_ *= eq1(xi_[round_], challenge);
    const std::size_t size = domain();
    ++round_;
    if (size <= kTile) {
      tail_.fold(challenge);
    } else if (size <= 2 * kTile) {
      tail_.load_folded(layers_[layer_ - round_ + 1], size, challenge,
                        round_ == 1 ? lambda_ : Fp4());
    } else {
      challenge_ = challenge;
    }
  }

  GkrLayerClaims claims() const override { return tail_.claims(lambda_); }

 private:
  FractionLayerShape shape(unsigned layer) const {
    return fraction_layer_shape(leaves_, num_layers_, layer);
  }
  /// Tiles that hold sums of nodes below: the rest of `capacity` is padding.
  std::size_t summed_tiles(unsigned layer) const { return shape(layer + 1).capacity / 2; }

  void fill_padding() {
    const std::size_t capacity = shape(num_layers_).capacity;
    layers_.back().fill(std::min(capacity, leaves_ / (2 * kTile)), capacity, Fp4(),
                        padding_.back());
    for (unsigned j = num_layers_; j-- > 1;) {
      layers_[j].fill(summed_tiles(j), shape(j).capacity, Fp4(), padding_[j]);
    }
  }

  /// All layers above the leaves.
  void add_layers() {
    unsigned below = num_layers_;
    while (below > kLogTile + 1) {
      const unsigned depth = std::min(kLogSubtree, below - kLogTile - 1);
      const std::size_t tiles = shape(below).capacity;
      count_dispatch(4 * tiles * kTileWords * sizeof(Fp));
      const std::size_t pieces = ((tiles - 1) >> kLogSubtree) + 1;
      context_.parallel.each(pieces,
                             [&](std::size_t i) { add_subtree(below, depth, i, i + 1 == pieces); });
      below -= depth;
    }
    for (; below > 1; --below) {
      const FractionTables &from = layers_[below], &to = layers_[below - 1];
      for (std::size_t y = 0; y < shape(below).domain; ++y) {
        const Fp4 p0 = from.numerator(from.p0, y), p1 = from.numerator(from.p1, y);
        const Fp4 q0 = tile_element(from.q0, y), q1 = tile_element(from.q1, y);
        set_tile_element(y % 2 == 0 ? to.p0 : to.p1, y / 2, p0 * q1 + p1 * q0);
        set_tile_element(y % 2 == 0 ? to.q0 : to.q1, y / 2, q0 * q1);
      }
    }
  }

  /// The ancestors, up to `depth` layers, of piece `index` of 2^kLogSubtree tiles of layer `below`;
  /// the last piece's also of the padding beyond.
  void add_subtree(unsigned below, unsigned depth, std::size_t index, bool last) {
    for (unsigned d = 1; d <= depth; ++d) {
      const unsigned log_tiles = kLogSubtree - d, layer = below - d;
      const std::size_t tiles = summed_tiles(layer);
      add_fractions(layers_[layer + 1], layers_[layer], index << log_tiles,
                    last ? tiles : (index + 1) << log_tiles);
    }
  }

  /// Entries of the tables of this round.
  std::size_t domain() const { return std::size_t{1} << (layer_ - 1 - round_); }

  /// The coordinates of xi that this round's pairs are weighted by.
  std::span<const Fp4> rest() const { return std::span(xi_).subspan(round_ + 1); }
  std::span<const Fp4> tile_coordinates() const { return rest().subspan(kLogTile); }
  std::span<const Fp4> high_coordinates() const {
    const auto tile = tile_coordinates();
    return tile.subspan(std::min<std::size_t>(kLogRun, tile.size()));
  }

  RoundWeights round_weights() const {
    const auto tile = tile_coordinates();
    RoundWeights weights;
    fill_eq_table(rest().first(kLogTile), weights.lane);
    fill_eq_table(tile.first(std::min<std::size_t>(kLogRun, tile.size())), weights.low);
    weights.high = high_eq_;
    return weights;
  }

  /// The sums of a round on tables of more than kTile entries, folding them first from the round
  /// before. Layer j after s folds takes the place of layer j - s, which is done with.
  PairSums wide_round() {
    const FractionTables& tables = layers_[layer_ - round_];
    const Fp4 padding = padding_[layer_];
    std::size_t tiles = shape(layer_).capacity / 2;
    if (round_ > 0) {
      tiles = shape(layer_ - round_ + 1).capacity / 4;
      tables.fill(2 * tiles, shape(layer_ - round_).capacity, lambda_ * padding, padding);
      drop_high_coordinate();
    }
    const RoundWeights weights = round_weights();
    const std::size_t runs = (tiles + kRun - 1) / kRun;
    count_dispatch((round_ == 0 ? 8 : 24) * tiles * kTileWords * sizeof(Fp));
    PairSums sums =
        context_.parallel.sum<PairSums>(runs, kRunGrain, [&](std::size_t begin, std::size_t end) {
          if (round_ == 0) return sum_pairs(tables, lambda_, weights, tiles, begin, end);
          return fold_and_sum_pairs(layers_[layer_ - round_ + 1], *challenge_,
                                    round_ == 1 ? &lambda_ : nullptr, tables, weights, tiles, begin,
                                    end);
        });
    wide_tiles_ = tiles;
    // Beyond the tiles all pairs have the fractions lambda c / c, 0 / c.
    sums.at_1 += outside_weight() * lambda_ * padding.squared();
    return sums;
  }

  /// The weight of the pairs beyond the stored tiles.
  Fp4 outside_weight() const { return Fp4::one() - eq_prefix_sum(tile_coordinates(), wide_tiles_); }

  /// From the weights of the runs of the round before to this round's: dropping a coordinate of eq
  /// adds neighbours.
  void drop_high_coordinate() {
    const std::size_t size = std::size_t{1} << high_coordinates().size();
    if (rest().size() < kLogTile + kLogRun) return;
    for (std::size_t i = 0; i < size; ++i) high_eq_[i] = high_eq_[2 * i] + high_eq_[2 * i + 1];
  }

  /// S'(0) / eq_bound, for a coordinate of xi that leaves it out of the claim: by chance never.
  Fp4 sum_at_0() const {
    if (domain() <= kTile) return tail_.sum_at_0(eq_table(rest()));
    const FractionTables& tables = layers_[layer_ - round_];
    const std::vector<Fp4> eq = eq_table(rest());
    Fp4 sum;
    for (std::size_t pair = 0; pair < wide_tiles_ * kTile; ++pair) {
      const std::size_t y = 2 * pair;
      const Fp4 q0 = tile_element(tables.q0, y), q1 = tile_element(tables.q1, y);
      Fp4 p0 = tables.numerator(tables.p0, y);
      if (round_ == 0) p0 += lambda_ * q0;
      sum += eq[pair] * (p0 * q1 + tables.numerator(tables.p1, y) * q0);
    }
    return sum + outside_weight() * lambda_ * padding_[layer_].squared();
  }

  Arena::Scope scope_;
  const Context& context_;
  unsigned num_layers_;
  std::size_t leaves_;  ///< real ones
  std::span<Fp4> high_eq_;
  std::vector<FractionTables> layers_;  ///< 1 to num_layers
  std::vector<Fp4> padding_;            ///< per layer: denominator of a node without real leaves
  GkrLayerClaims first_layer_;

  unsigned layer_ = 0, round_ = 0;
  std::vector<Fp4> xi_;
  Fp4 lambda_;
  Fp4 eq_bound_;                  ///< eq of the coordinates that are bound
  std::optional<Fp4> challenge_;  ///< of a fold that the next round does
  std::size_t wide_tiles_ = 0;    ///< of pairs in the tables of this round
  FractionTail tail_;
};

}  // namespace

std::unique_ptr<FractionTree> make_fraction_tree(const Context& context, Arena& arena,
                                                 std::span<const TraceInput> traces,
                                                 std::span<const FractionBlock> blocks,
                                                 unsigned num_layers, const Fp4& alpha,
                                                 const Fp4& beta) {
  return std::make_unique<CpuFractionTree>(context, arena, traces, blocks, num_layers, alpha, beta);
}

}  // namespace gyre::cpu
