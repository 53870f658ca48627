#pragma once

#include "backend/cuda/cuda.h"
#include "backend/cuda/fraction_layers.h"
#include "backend/cuda/fraction_slices.h"
#include "gyre/hash/scheme.h"

namespace gyre::cuda {

/// What the kernels of the fraction tree do, as the tree calls it. Spec 04, section 10.

/// Pairs of entries (2i, 2i + 1) of a round are weighted by eq(xi, bits(i)), split by index bits:
/// kLogPlaces for the place in a tile, log_run for the tile in its run, the rest for the run.
inline constexpr unsigned kLogPlaces = 7, kMostLogRun = 4;
/// Entries of a tile: one a thread.
inline constexpr unsigned kTileEntries = 2u << kLogPlaces;
static_assert(kTileEntries == kFractionThreads);

struct RoundWeights {
  Fp4 place_point[kLogPlaces];  ///< coordinates
  Fp4 tile[1u << kMostLogRun];  ///< eq over the next log_run coordinates
  const Fp4* run = nullptr;     ///< eq over the rest
  std::uint32_t num_place_coordinates = 0, log_run = 0;
};

/// Weighted sums over the pairs of h(X), h = p0 q1 + p1 q0: at 1 (or, when asked, at 0), and the
/// coefficient of X^2, which is h of the differences of the pairs.
struct PairSums {
  Fp4 at_1, leading;
};

/// What all rounds work with.
struct RoundScratch {
  Fp4* partials = nullptr;            ///< PairSums of each block
  std::uint32_t* finished = nullptr;  ///< blocks that have written theirs; zero between launches
  PairSums* result = nullptr;
};

/// Tables of a round that are made from tables of twice the size, or those tables themselves.
struct StoredRound {
  PaddedTables from;
  bool fold = false;
  Fp4 challenge;
  FractionTables to;      ///< of the fold
  Fp4 lambda;             ///< lambda q0 is added to p0
  std::size_t pairs = 0;  ///< that are summed; 0: only the fold
  bool at_zero = false;
};
void launch_round(Work& work, const StoredRound& round, const RoundWeights& weights,
                  const RoundScratch& scratch);

/// The same of the tables of the layer `height` above the leaves after `folds` folds, made from the
/// traces. Requires height + folds <= 2.
struct LeafRound {
  unsigned height = 0, folds = 0;
  Fp4 challenges[2];
  Fp4 lambda;
  FractionTables to;  ///< no values: not stored
  std::size_t pairs = 0;
  bool at_zero = false;
};
void launch_round(Work& work, const LeafSource& source, const LeafRound& round,
                  const RoundWeights& weights, const RoundScratch& scratch);
/// log2 of the tiles of a run of such a round.
constexpr unsigned log_leaf_run(unsigned height, unsigned folds) {
  return kLogChunk - 1 - (height + folds) - (kLogPlaces + 1);
}

/// The last rounds of a layer by one block, transcript included.
struct TailInput {
  static constexpr unsigned kMostRounds = 10;
  StoredRound first;  ///< how the tables of its first round are made; nothing is stored
  DuplexState sponge;
  Fp4 claim, eq_bound, lambda;
  std::uint32_t rounds = 0;
  Fp4 xi[kMostRounds];  ///< a coordinate a round, none of them 1
};
struct TailOutput {
  Fp4 round_polynomials[TailInput::kMostRounds][3];
  Fp4 challenges[TailInput::kMostRounds];
  Fp4 claims[4];  ///< p0, q0, p1, q1
  DuplexState sponge;
};
void launch_tail(Work& work, const TailInput& input, TailOutput* output);

/// The sums of fractions above a layer: `levels` layers, the first of them that has values in
/// `tables` and those above it.
struct Ascent {
  static constexpr unsigned kMostLevels = kLogChunk - 1;
  unsigned levels = 0;
  FractionTables tables[kMostLevels + 1];  ///< [level]; 0 for the leaves; no values: not stored
};
void launch_ascent(Work& work, const LeafSource& source, const Ascent& ascent);
/// The same from a stored layer, with the denominator of nodes beyond it.
void launch_ascent(Work& work, const FractionTables& below, const Fp4& padding,
                   const Ascent& ascent);

/// out[2^t + i] = eq(last t coordinates of point, bits(i)) for t <= log_size.
void launch_eq_suffixes(Work& work, std::span<const Fp4> point, unsigned log_size, Fp4* out);

/// Blocks of the largest launch of rounds.
unsigned most_round_blocks(const Context& context);

}  // namespace gyre::cuda
