#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gyre::cuda {

/// Where a node comes from: from its halves, nodes of the level below, or it is a column.
struct NodeSource {
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};        ///< nothing stands there: zero
  static constexpr std::uint32_t kColumn = ~std::uint32_t{0} - 1;  ///< `odd`: `even` is a column
  std::uint32_t even = kNone, odd = kNone;
};

/// A column in its commitment.
struct PlacedColumn {
  std::size_t stacked_column = 0;  ///< counted through all commitments
  std::size_t row = 0;
  std::uint32_t n_lifted = 0;  ///< row variables
  std::uint32_t number = 0;    ///< in a NodeSource
};

/// The slices whose own variables are all bound. A node of level n is a block of 2^(l_skip + n)
/// stacked rows, none higher than the slices in it; it joins two neighbours of level n - 1 or is a
/// slice of that length. So slices that share a block share its work. Spec 06, section 3. The nodes
/// of level n_stack are the stacked columns.
struct SliceLevels {
  std::vector<NodeSource> sources;  ///< level by level, in ascending place
  std::vector<std::size_t> starts;  ///< per level the first of its sources, and the end

  std::size_t count(unsigned level) const { return starts[level + 1] - starts[level]; }
};

/// `columns` in ascending place.
SliceLevels slice_levels(unsigned l_skip, unsigned n_stack, std::span<const PlacedColumn> columns);
/// What |sources| is at most: a level has half the nodes of the one before, half a one more per
/// commitment whose first or last node stands alone, and its slices.
std::size_t max_slice_sources(unsigned n_stack, std::size_t num_columns,
                              std::size_t num_commitments);

}  // namespace gyre::cuda
