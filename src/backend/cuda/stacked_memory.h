#pragma once

#include <algorithm>
#include <vector>

#include "backend/cuda/column_groups.h"
#include "backend/cuda/cuda.h"
#include "backend/cuda/round_transcript.h"
#include "backend/cuda/slice_levels.h"

namespace gyre::cuda {

/// A commitment's layout and the need of a rotation of its matrices.
struct StackedShape {
  const StackedLayout* layout;
  std::vector<bool> need_rot;
};

/// What the memory of a stacked reduction depends on.
struct StackedSizes {
  ColumnGroups groups;
  unsigned l_skip, n_stack;
  std::size_t num_sources = 0, num_openings = 0;
  std::size_t num_high = 1, num_values = 0;  ///< for evaluate_columns
  std::size_t num_blocks = 0;                ///< of a round

  StackedSizes(const Context& context, std::span<const StackedShape> shapes);
};

/// The memory of the phase.
struct StackedMemory {
  DeviceSpan<const Fp*> columns;
  DeviceSpan<std::uint32_t> exponents;
  DeviceSpan<Fp4> weights, eq, rows, partial_rows, partial_sums, sums;
  DeviceSpan<Fp4> skip_weights, factors, low, high, column_values;
  DeviceSpan<NodeSource> sources;
  DeviceSpan<Fp4> nodes[4], tables[4];  ///< values and weights, of two levels each
  DeviceSpan<Fp4> round_partial, round_result;
  DeviceSpan<unsigned> counter;
  DeviceSpan<RoundLog> log;  ///< challenge j is u_j

  /// visit(span, count) for each.
  template <class Visit>
  void each(const StackedSizes& sizes, Visit&& visit) {
    const ColumnGroups& groups = sizes.groups;
    const std::size_t domain = std::size_t{1} << sizes.l_skip;
    visit(columns, groups.num_columns);
    visit(exponents, groups.num_columns);
    visit(weights, groups.num_columns);
    visit(eq, groups.cube_size(0));
    visit(rows, groups.num_rows);
    visit(partial_rows, groups.num_partial_rows);
    visit(partial_sums, groups.num_sums);
    visit(sums, 2 * domain * groups.count);
    visit(skip_weights, domain);
    visit(factors, 2 * groups.count);
    visit(low, std::max<std::size_t>(ColumnGroups::kBlockRows, domain));
    visit(high, sizes.num_high);
    visit(column_values, sizes.num_values);
    visit(sources, sizes.num_sources);
    for (DeviceSpan<Fp4>& span : nodes) {
      visit(span, std::max<std::size_t>(groups.num_columns, sizes.num_openings));
    }
    for (unsigned i = 0; i < 4; ++i) {
      visit(tables[i], i < 2 ? groups.cube_size(1) : groups.cube_size(2) / 2);
    }
    visit(round_partial, 2 * sizes.num_blocks);
    visit(round_result, 2);
    visit(counter, 1);
    visit(log, 1);
  }
};

}  // namespace gyre::cuda
