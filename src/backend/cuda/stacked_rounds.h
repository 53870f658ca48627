#pragma once

#include "backend/cuda/column_groups.h"
#include "backend/cuda/column_sums.h"
#include "backend/cuda/queue.h"
#include "backend/cuda/round_transcript.h"
#include "backend/cuda/slice_levels.h"

namespace gyre::cuda {

/// A table of values and its weight, entry by entry: the round polynomial of their inner product is
/// that of two tables linear in each variable, lowest variable in the lowest bit.
struct WeightedTable {
  Fp4* values = nullptr;
  Fp4* weights = nullptr;
};

/// The nodes of one level of SliceLevels, as they come from the level below and from columns.
struct NodeLevel {
  const NodeSource* sources = nullptr;
  std::uint32_t count = 0;
  WeightedTable nodes;  ///< of this level, by slot
  WeightedTable below;
  // The columns that are nodes of this level.
  ColumnRange columns;
  const Fp4* column_values = nullptr;   ///< as evaluate_columns leaves them
  const Fp4* column_weights = nullptr;  ///< per column
};

/// What a round works on: the tables over the row variables of the groups which have some left, one
/// after the other, and the nodes.
struct StackedRound {
  WeightedTable table;    ///< 2 * pairs entries; written
  std::size_t pairs = 0;  ///< of all such groups
  NodeLevel level;        ///< written
  /// Sources of the level above, whose nodes are the pairs of this round.
  const NodeSource* parents = nullptr;
  std::uint32_t num_parents = 0;
  GridSums sums;  ///< `result` for the host
  RoundStep step;
};

/// Blocks that a round has at most, for `pairs` and `num_parents`.
std::size_t stacked_round_blocks(unsigned multiprocessors, std::size_t pairs,
                                 std::size_t num_parents);

/// The first round's tables before they are made. Spec 06, section 7.
struct PrismTables {
  const Fp4* rows;          ///< A of all groups
  const Fp4* eq;            ///< eq(x, r) of all groups
  const Fp4* skip_weights;  ///< 2^l_skip
  /// Per group the factors of eq(x) and eq(x - 1) in the weight of A.
  const Fp4* factors;
};

/// Makes the tables and nodes of the round, the first ones or those that the challenge leaves, and
/// the round polynomial: sums.result at 1 and 2, or it goes the way of the step.
void first_stacked_round(Queue& queue, unsigned multiprocessors, const ColumnGroups& groups,
                         unsigned l_skip, const PrismTables& prism, const StackedRound& round);
void stacked_round(Queue& queue, unsigned multiprocessors, const WeightedTable& before,
                   const Challenge& challenge, const StackedRound& round);

/// Rounds after the first that one block does at once. Their steps follow one another in one log,
/// which has the challenge before the first of them.
struct SmallRounds {
  static constexpr unsigned kMostRounds = 10;
  WeightedTable before;
  unsigned count = 0;
  StackedRound list[kMostRounds];
};
bool is_small(const StackedRound& round);
void small_stacked_rounds(Queue& queue, const SmallRounds& rounds);

/// Makes the nodes of a level alone. `challenge`: the last one, if there is one.
void make_nodes(Queue& queue, const Fp4& challenge, const NodeLevel& level);

}  // namespace gyre::cuda
