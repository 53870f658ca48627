#include "backend/cuda/stacked_rounds.h"

#include <algorithm>

namespace gyre::cuda {
namespace {

constexpr unsigned kThreads = 256;
/// Of the block that does small rounds; it takes up to two pairs a thread.
constexpr unsigned kSmallThreads = 512;

struct Entry {
  Fp4 value, weight;
};
__device__ __forceinline__ Entry read(const WeightedTable& table, std::size_t i) {
  return {load(table.values + i), load(table.weights + i)};
}
__device__ __forceinline__ void write(const WeightedTable& table, std::size_t i,
                                      const Entry& entry) {
  store(table.values + i, entry.value);
  store(table.weights + i, entry.weight);
}
__device__ __forceinline__ Entry fold(const Entry& even, const Entry& odd, const Fp4& challenge) {
  return {even.value + challenge * (odd.value - even.value),
          even.weight + challenge * (odd.weight - even.weight)};
}
/// Adds the values at 1 and 2 of the product over a pair.
__device__ __forceinline__ void add_pair(Fp4 (&at)[2], const Entry& even, const Entry& odd) {
  at[0] += odd.value * odd.weight;
  at[1] += (odd.value.doubled() - even.value) * (odd.weight.doubled() - even.weight);
}

/// The entries of the first round: A at u_0, and its weight.
struct FromPrism {
  ColumnGroups groups;
  unsigned l_skip;
  PrismTables tables;

  __device__ __forceinline__ Entry operator()(std::size_t i, const Fp4& /*challenge*/) const {
    const std::uint32_t g = find_group(groups, static_cast<std::uint32_t>(i),
                                       [](const ColumnGroup& each) { return each.first_cube; });
    const ColumnGroup& group = groups.list[g];
    const auto x = static_cast<std::uint32_t>(i) - group.first_cube;
    const Fp4* const rows = tables.rows + group.first_row + (std::size_t{x} << l_skip);
    Entry entry;
    for (unsigned z = 0; z < 1u << l_skip; ++z) {
      entry.value += load(tables.skip_weights + z) * load(rows + z);
    }
    const Fp4* const eq = tables.eq + group.first_cube;
    entry.weight = load(tables.factors + 2 * g) * load(eq + x);
    if (group.rotated != 0) {
      entry.weight += load(tables.factors + 2 * g + 1) * load(eq + ((x - 1) & (group.cube() - 1)));
    }
    return entry;
  }
};
/// The entries of the other rounds.
struct FromFold {
  WeightedTable before;
  __device__ __forceinline__ Entry operator()(std::size_t i, const Fp4& challenge) const {
    return fold(read(before, 2 * i), read(before, 2 * i + 1), challenge);
  }
};

/// Makes the node of a slot. Every slot has one parent, so one thread makes it.
__device__ __forceinline__ Entry make_node(const NodeLevel& level, std::uint32_t slot,
                                           const Fp4& challenge) {
  Entry node;
  if (slot == NodeSource::kNone) return node;
  const NodeSource source = level.sources[slot];
  if (source.odd == NodeSource::kColumn) {
    const ColumnRange& columns = level.columns;
    const Fp4* const pieces =
        level.column_values + std::size_t{source.even - columns.first} * columns.pieces;
    for (std::uint32_t p = 0; p < columns.pieces; ++p) node.value += load(pieces + p);
    node.weight = load(level.column_weights + source.even);
  } else {
    Entry even, odd;
    if (source.even != NodeSource::kNone) even = read(level.below, source.even);
    if (source.odd != NodeSource::kNone) odd = read(level.below, source.odd);
    node = fold(even, odd, challenge);
  }
  write(level.nodes, slot, node);
  return node;
}

/// Makes a pair of the tables and adds its share of the round polynomial.
template <class Source>
__device__ __forceinline__ void add_table_pair(Fp4 (&at)[2], const Source& source,
                                               const StackedRound& round, std::size_t i,
                                               const Fp4& challenge) {
  const Entry even = source(2 * i, challenge), odd = source(2 * i + 1, challenge);
  write(round.table, 2 * i, even);
  write(round.table, 2 * i + 1, odd);
  add_pair(at, even, odd);
}
/// The same of the nodes that a parent joins.
__device__ __forceinline__ void add_node_pair(Fp4 (&at)[2], const StackedRound& round,
                                              std::uint32_t parent, const Fp4& challenge) {
  const NodeSource pair = round.parents[parent];
  if (pair.odd == NodeSource::kColumn) return;
  const Entry even = make_node(round.level, pair.even, challenge);
  add_pair(at, even, make_node(round.level, pair.odd, challenge));
}

/// The first blocks take the pairs of the tables, the others the pairs of nodes.
template <class Source>
__global__ void __launch_bounds__(kThreads)
    round_sums(Source source, StackedRound round, unsigned table_blocks, Challenge last) {
  const Fp4 challenge = last.value();
  Fp4 at[2];
  if (blockIdx.x < table_blocks) {
    for (std::size_t i = global_thread(); i < round.pairs;
         i += std::size_t{table_blocks} * kThreads) {
      add_table_pair(at, source, round, i, challenge);
    }
  } else {
    const std::uint32_t i = (blockIdx.x - table_blocks) * kThreads + threadIdx.x;
    if (i < round.num_parents) add_node_pair(at, round, i, challenge);
  }
  finish_round(at, round.sums, round.step);
}

/// One block.
__global__ void __launch_bounds__(kSmallThreads) small_round_sums(SmallRounds rounds) {
  WeightedTable before = rounds.before;
  for (unsigned r = 0; r < rounds.count; ++r) {
    const StackedRound& round = rounds.list[r];
    const Fp4 challenge = load(round.step.log->challenges + round.step.round - 1);
    Fp4 at[2];
    for (std::size_t i = threadIdx.x; i < round.pairs + round.num_parents; i += kSmallThreads) {
      if (i < round.pairs) {
        add_table_pair(at, FromFold{before}, round, i, challenge);
      } else {
        add_node_pair(at, round, static_cast<std::uint32_t>(i - round.pairs), challenge);
      }
    }
    block_sums(at);
    end_round(at, round.step);
    __syncthreads();
    before = round.table;
  }
}

__global__ void nodes_of_level(NodeLevel level, Fp4 challenge) {
  const std::size_t i = global_thread();
  if (i < level.count) make_node(level, static_cast<std::uint32_t>(i), challenge);
}

std::size_t table_blocks(unsigned multiprocessors, std::size_t pairs) {
  return std::min<std::size_t>((pairs + kThreads - 1) / kThreads, 4 * std::size_t{multiprocessors});
}
std::size_t node_blocks(std::size_t num_parents) {
  return (num_parents + kThreads - 1) / kThreads;
}

template <class Source>
void launch_round(Queue& queue, unsigned multiprocessors, std::size_t bytes, const Source& source,
                  const StackedRound& round, const Challenge& challenge) {
  const std::size_t blocks = stacked_round_blocks(multiprocessors, round.pairs, round.num_parents);
  queue.launch(round_sums<Source>, {dim3(static_cast<unsigned>(blocks)), dim3(kThreads)},
               bytes + 4 * (round.pairs + round.num_parents) * sizeof(Fp4), source, round,
               static_cast<unsigned>(table_blocks(multiprocessors, round.pairs)), challenge);
}

}  // namespace

std::size_t stacked_round_blocks(unsigned multiprocessors, std::size_t pairs,
                                 std::size_t num_parents) {
  return std::max<std::size_t>(table_blocks(multiprocessors, pairs) + node_blocks(num_parents), 1);
}

void first_stacked_round(Queue& queue, unsigned multiprocessors, const ColumnGroups& groups,
                         unsigned l_skip, const PrismTables& prism, const StackedRound& round) {
  const std::size_t bytes = 2 * round.pairs * ((std::size_t{1} << l_skip) + 1) * sizeof(Fp4);
  launch_round(queue, multiprocessors, bytes,
               FromPrism{.groups = groups, .l_skip = l_skip, .tables = prism}, round, {});
}

void stacked_round(Queue& queue, unsigned multiprocessors, const WeightedTable& before,
                   const Challenge& challenge, const StackedRound& round) {
  const std::size_t bytes = 8 * round.pairs * sizeof(Fp4);
  launch_round(queue, multiprocessors, bytes, FromFold{before}, round, challenge);
}

bool is_small(const StackedRound& round) {
  return round.pairs + round.num_parents <= 2 * std::size_t{kSmallThreads};
}

void small_stacked_rounds(Queue& queue, const SmallRounds& rounds) {
  std::size_t pairs = 0, nodes = 0;
  for (const StackedRound& round : std::span(rounds.list, rounds.count)) {
    pairs += round.pairs;
    nodes += round.num_parents;
  }
  queue.launch(small_round_sums, {dim3(1), dim3(kSmallThreads)},
               (12 * pairs + 4 * nodes) * sizeof(Fp4), rounds);
}

void make_nodes(Queue& queue, const Fp4& challenge, const NodeLevel& level) {
  queue.launch(nodes_of_level, grid_for(level.count, 128), 6 * level.count * sizeof(Fp4), level,
               challenge);
}

}  // namespace gyre::cuda
