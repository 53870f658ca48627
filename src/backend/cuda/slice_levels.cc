#include "backend/cuda/slice_levels.h"

#include <utility>

namespace gyre::cuda {

SliceLevels slice_levels(unsigned l_skip, unsigned n_stack, std::span<const PlacedColumn> columns) {
  std::vector<std::vector<const PlacedColumn*>> by_level(n_stack + 1);
  for (const PlacedColumn& column : columns) by_level[column.n_lifted].push_back(&column);
  SliceLevels levels;
  std::vector<std::size_t> places, below;  // of the nodes of this level and the one below
  for (unsigned n = 0; n <= n_stack; ++n) {
    levels.starts.push_back(levels.sources.size());
    std::swap(places, below);
    places.clear();
    const auto place_of = [&](const PlacedColumn& column) {
      return (column.stacked_column << (n_stack - n)) + (column.row >> (l_skip + n));
    };
    std::size_t i = 0;
    const auto join_below = [&](std::size_t end) {
      while (i < below.size() && below[i] / 2 < end) {
        const std::size_t place = below[i] / 2;
        NodeSource source;
        for (; i < below.size() && below[i] / 2 == place; ++i) {
          (below[i] % 2 == 0 ? source.even : source.odd) = static_cast<std::uint32_t>(i);
        }
        levels.sources.push_back(source);
        places.push_back(place);
      }
    };
    for (const PlacedColumn* column : by_level[n]) {
      join_below(place_of(*column));
      levels.sources.push_back({.even = column->number, .odd = NodeSource::kColumn});
      places.push_back(place_of(*column));
    }
    join_below(~std::size_t{0});
  }
  levels.starts.push_back(levels.sources.size());
  return levels;
}

std::size_t max_slice_sources(unsigned n_stack, std::size_t num_columns,
                              std::size_t num_commitments) {
  return 2 * (num_columns + n_stack * num_commitments);
}

}  // namespace gyre::cuda
