#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "backend/cuda/cuda.h"
#include "backend/cuda/fraction_rounds.h"
#include "gyre/support/error.h"
#include "poly/kernels.h"

namespace gyre::cuda {
namespace {

/// Runs of a stored round are as long as leaves many of them.
constexpr unsigned kLogManyRuns = 11;

FractionShape shape_of(const MemoryPolicy& policy, std::size_t leaves, unsigned num_layers) {
  return {
      .leaves = leaves, .num_layers = num_layers, .unstored_layers = policy.narrow_tree ? 2u : 1u};
}

/// How the pairs of a round are split. Spec 04, section 10: eq over the coordinates not bound yet.
struct RoundSplit {
  unsigned coordinates, log_run;

  RoundSplit(const FractionShape& shape, unsigned layer, unsigned round)
      : coordinates(layer - 2 - round) {
    const unsigned log_tiles = above(kLogPlaces);
    log_run = shape.from_leaves(layer, round)
                  ? log_leaf_run(shape.num_layers - layer, round)
                  : std::min(kMostLogRun, log_tiles - std::min(log_tiles, kLogManyRuns));
  }
  unsigned places() const { return std::min(coordinates, kLogPlaces); }
  unsigned tiles() const { return std::min(above(kLogPlaces), log_run); }
  unsigned runs() const { return above(kLogPlaces + log_run); }

 private:
  unsigned above(unsigned count) const { return coordinates - std::min(coordinates, count); }
};

/// log2 of the longest table of weights of runs among the rounds of a layer.
unsigned log_run_weights(const FractionShape& shape, unsigned layer) {
  unsigned most = 0;
  for (unsigned round = 0; round + 1 < layer; ++round) {
    most = std::max(most, RoundSplit(shape, layer, round).runs());
  }
  return most;
}

unsigned log_run_weights(const FractionShape& shape) {
  unsigned most = 0;
  for (unsigned layer = 2; layer <= shape.num_layers; ++layer) {
    most = std::max(most, log_run_weights(shape, layer));
  }
  return most;
}

class DeviceFractionTree : public FractionTree {
 public:
  DeviceFractionTree(Work& work, std::span<const TraceInput> traces,
                     std::span<const FractionBlock> blocks, unsigned num_layers, const Fp4& alpha,
                     const Fp4& beta)
      : scope_(work.arena),
        work_(work),
        source_(make_leaf_source(work, traces, blocks, alpha, beta)),
        shape_(shape_of(work.policy, source_.leaves, num_layers)),
        tables_(shape_.lowest_stored() + 1) {
    for (unsigned j = 1; j <= shape_.lowest_stored(); ++j) {
      const std::size_t entries = shape_.entries(j);
      tables_[j] = {work.arena.take<Fp4>(4 * entries).data, entries};
    }
    run_weights_ = work.arena.take<Fp4>(std::size_t{2} << log_run_weights(shape_)).data;
    scratch_.partials = work.arena.take<Fp4>(2 * most_round_blocks(work.context)).data;
    scratch_.finished = work.arena.take<std::uint32_t>(1).data;
    scratch_.result = work.arena.take<PairSums>(1).data;
    tail_ = work.arena.take<TailOutput>(1).data;
    work.queue.fill_zero(scratch_.finished, sizeof(std::uint32_t));
    add_layers();
    first_layer_ = only_entry();
  }

  Fraction root() const override {
    const GkrLayerClaims& c = first_layer_;
    return {c.p0 * c.q1 + c.p1 * c.q0, c.q0 * c.q1};
  }

  GkrLayerClaims first_layer() const override { return first_layer_; }

  void begin_layer(unsigned layer, std::span<const Fp4> xi, const Fp4& lambda) override {
    layer_ = layer;
    xi_.assign(xi.begin(), xi.end());
    lambda_ = lambda;
    eq_bound_ = Fp4::one();
    challenges_.clear();
    run_weights_ready_ = false;
  }

  /// S(X) = eq(xi_s, X) S'(X) with S' of degree 2, known by S'(1), its leading coefficient and the
  /// claim. Spec 04, section 10.
  std::array<Fp4, 3> round(const Fp4& claim) override {
    const Fp4 xi = xi_[round_number()];
    // At the coordinate 1 the claim does not tell the value at 0.
    const Fp4 measured_at_0 = xi == Fp4::one() ? sums(true).at_1 : Fp4();
    const PairSums s = sums(false);
    const Fp4 at_0 =
        xi == Fp4::one() ? measured_at_0 : (claim - xi * s.at_1) * (Fp4::one() - xi).inverse();
    const Fp4 slope = s.at_1 - at_0 + s.leading.doubled();
    const Fp4 at_2 = s.at_1 + slope;
    const Fp4 at_3 = at_2 + slope + s.leading.doubled();
    return {xi * s.at_1, eq1(xi, Fp4(Fp::from_canonical(2))) * at_2,
            eq1(xi, Fp4(Fp::from_canonical(3))) * at_3};
  }

  /// The next round folds.
  void fold(const Fp4& challenge) override {
    eq_bound_ *= eq1(xi_[round_number()], challenge);
    challenges_.push_back(challenge);
    if (round_number() + 1 == layer_) launch(0, false);
  }

  std::optional<LayerRest> finish_layer(const Fp4& claim, DuplexState& sponge) override {
    const unsigned rounds = layer_ - 1 - round_number();
    const auto coordinates = std::span(xi_).subspan(round_number());
    if (rounds > std::min(work_.context.log_fraction_tail, TailInput::kMostRounds) ||
        shape_.from_leaves(layer_, round_number()) ||
        std::ranges::find(coordinates, Fp4::one()) != coordinates.end()) {
      return std::nullopt;
    }
    TailInput input;
    input.first = stored_round();
    input.sponge = sponge;
    input.claim = claim;
    input.eq_bound = eq_bound_;
    input.lambda = lambda_;
    input.rounds = rounds;
    std::ranges::copy(coordinates, input.xi);
    launch_tail(work_, input, tail_);
    TailOutput output;
    work_.queue.download_bytes(&output, tail_, sizeof output);
    LayerRest rest;
    for (unsigned i = 0; i < rounds; ++i) {
      const Fp4* const s = output.round_polynomials[i];
      rest.round_polynomials.push_back({s[0], s[1], s[2]});
      rest.challenges.push_back(output.challenges[i]);
    }
    const Fp4* const c = output.claims;
    rest.claims = {.p0 = c[0], .q0 = c[1], .p1 = c[2], .q1 = c[3]};
    sponge = output.sponge;
    return rest;
  }

  GkrLayerClaims claims() const override {
    GkrLayerClaims claims = only_entry();
    claims.p0 -= lambda_ * claims.q0;
    return claims;
  }

 private:
  unsigned round_number() const { return static_cast<unsigned>(challenges_.size()); }
  /// Denominator of a node of `layer` without real leaves.
  Fp4 padding(unsigned layer) const {
    return source_.alpha.pow_power_of_2(shape_.num_layers - layer);
  }

  /// Layer 1, or a layer that is folded to one entry and has taken its place.
  GkrLayerClaims only_entry() const {
    const std::vector<Fp4> entry = work_.queue.download(DeviceSpan<Fp4>(tables_[1].values, 4));
    return {.p0 = entry[0], .q0 = entry[1], .p1 = entry[2], .q1 = entry[3]};
  }

  /// All stored layers.
  void add_layers() {
    unsigned below = shape_.num_layers;
    while (below > 1 || below == shape_.num_layers) {
      Ascent ascent;
      ascent.levels = std::min(Ascent::kMostLevels, below - 1);
      for (unsigned level = 0; level <= ascent.levels; ++level) {
        const unsigned layer = below - level;
        const bool wanted = below == shape_.num_layers || level > 0;
        if (wanted && layer < tables_.size()) ascent.tables[level] = tables_[layer];
      }
      if (below == shape_.num_layers) {
        launch_ascent(work_, source_, ascent);
      } else {
        launch_ascent(work_, tables_[below], padding(below), ascent);
      }
      if (ascent.levels == 0) break;
      below -= ascent.levels;
    }
  }

  /// Pairs of this round that are not padding alone.
  std::size_t pairs() const { return (shape_.entries(layer_ - round_number()) + 1) / 2; }

  /// The sums of this round: S'(1), or S'(0) in its place, and the leading coefficient.
  PairSums sums(bool at_zero) {
    launch(pairs(), at_zero);
    PairSums sums;
    work_.queue.download_bytes(&sums, scratch_.result, sizeof sums);
    // Beyond these pairs all have the fractions lambda c / c, 0 / c.
    const auto rest = std::span(xi_).subspan(round_number() + 1);
    sums.at_1 += (Fp4::one() - eq_prefix_sum(rest, pairs())) * lambda_ * padding(layer_).squared();
    sums.at_1 *= eq_bound_;
    sums.leading *= eq_bound_;
    return sums;
  }

  /// Makes the tables of this round, unless they are there, and the sums over `pairs`.
  void launch(std::size_t pairs, bool at_zero) {
    if (!run_weights_ready_) {
      launch_eq_suffixes(work_, xi_, log_run_weights(shape_, layer_), run_weights_);
      run_weights_ready_ = true;
    }
    const unsigned round = round_number();
    if (shape_.from_leaves(layer_, round)) {
      LeafRound made{.height = shape_.num_layers - layer_,
                     .folds = round,
                     .challenges = {},
                     .lambda = lambda_,
                     .to = {},
                     .pairs = pairs,
                     .at_zero = at_zero};
      std::copy(challenges_.begin(), challenges_.end(), made.challenges);
      if (layer_ - round == shape_.lowest_stored()) made.to = tables_[layer_ - round];
      launch_round(work_, source_, made, weights(), scratch_);
      return;
    }
    StoredRound stored = stored_round();
    stored.pairs = pairs;
    stored.at_zero = at_zero;
    launch_round(work_, stored, weights(), scratch_);
  }

  /// How the tables of this round are made of stored ones.
  StoredRound stored_round() const {
    const unsigned round = round_number();
    StoredRound stored;
    stored.fold = round > 0;
    stored.from.tables = tables_[stored.fold ? layer_ - round + 1 : layer_];
    stored.from.padding = padding(layer_);
    stored.lambda = round <= 1 ? lambda_ : Fp4();
    if (!stored.fold) return stored;
    stored.to = tables_[layer_ - round];
    stored.challenge = challenges_.back();
    if (round > 1) stored.from.left_padding = lambda_ * stored.from.padding;
    return stored;
  }

  RoundWeights weights() const {
    RoundWeights result;
    result.run = run_weights_ + 1;
    if (round_number() + 1 == layer_) return result;  // the last fold, nothing is summed
    const RoundSplit split(shape_, layer_, round_number());
    const auto rest = std::span(xi_).subspan(round_number() + 1);
    result.num_place_coordinates = split.places();
    std::copy_n(rest.begin(), split.places(), result.place_point);
    result.log_run = split.log_run;
    const std::vector<Fp4> tile = eq_table(rest.subspan(split.places(), split.tiles()));
    std::copy(tile.begin(), tile.end(), result.tile);
    result.run = run_weights_ + (std::size_t{1} << split.runs());
    return result;
  }

  DeviceArena::Scope scope_;
  Work& work_;
  LeafSource source_;
  FractionShape shape_;
  std::vector<FractionTables> tables_;  ///< 1 to the lowest stored layer
  Fp4* run_weights_ = nullptr;          ///< launch_eq_suffixes of xi, when ready
  bool run_weights_ready_ = false;
  RoundScratch scratch_;
  TailOutput* tail_ = nullptr;
  GkrLayerClaims first_layer_;

  unsigned layer_ = 0;
  std::vector<Fp4> xi_;
  Fp4 lambda_;
  Fp4 eq_bound_;                 ///< eq of the coordinates that are bound
  std::vector<Fp4> challenges_;  ///< of the layer's folds
};

}  // namespace

std::size_t fraction_tree_bytes(const Context& context, const Workload& workload,
                                const MemoryPolicy& policy) {
  const FractionShape shape =
      shape_of(policy, static_cast<std::size_t>(workload.num_leaves), workload.num_gkr_layers);
  std::size_t bytes = leaf_source_bytes(context, workload);
  for (unsigned j = 1; j <= shape.lowest_stored(); ++j) {
    bytes += DeviceArena::bytes_of<Fp4>(4 * shape.entries(j));
  }
  return bytes + DeviceArena::bytes_of<Fp4>(std::size_t{2} << log_run_weights(shape)) +
         DeviceArena::bytes_of<Fp4>(2 * most_round_blocks(context)) +
         DeviceArena::bytes_of<std::uint32_t>(1) + DeviceArena::bytes_of<PairSums>(1) +
         DeviceArena::bytes_of<TailOutput>(1);
}

std::unique_ptr<FractionTree> make_fraction_tree(Work& work, std::span<const TraceInput> traces,
                                                 std::span<const FractionBlock> blocks,
                                                 unsigned num_layers, const Fp4& alpha,
                                                 const Fp4& beta) {
  keep_traces(work, traces);
  return std::make_unique<DeviceFractionTree>(work, traces, blocks, num_layers, alpha, beta);
}

}  // namespace gyre::cuda
