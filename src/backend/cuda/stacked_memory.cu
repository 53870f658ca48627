#include "backend/cuda/stacked_memory.h"

#include "backend/cuda/column_sums.h"
#include "backend/cuda/stacked_rounds.h"

namespace gyre::cuda {
namespace {

/// Index in layout.columns() of the end of a matrix.
std::size_t matrix_end(const StackedLayout& layout, std::size_t matrix) {
  const auto starts = layout.matrix_starts();
  return matrix + 1 < starts.size() ? starts[matrix + 1] : layout.columns().size();
}

}  // namespace

StackedSizes::StackedSizes(const Context& context, std::span<const StackedShape> shapes)
    : l_skip(context.l_skip()), n_stack(static_cast<unsigned>(context.params.n_stack)) {
  std::vector<GroupedMatrix> matrices;
  for (const StackedShape& shape : shapes) {
    const StackedLayout& layout = *shape.layout;
    num_openings += layout.width();
    for (std::size_t m = 0; m < layout.matrix_starts().size(); ++m) {
      const std::size_t start = layout.matrix_starts()[m];
      const std::size_t width = matrix_end(layout, m) - start;
      if (width == 0) continue;
      matrices.push_back({.log_height = layout.columns()[start].log_height,
                          .rotated = shape.need_rot[m],
                          .width = width});
    }
  }
  const unsigned multiprocessors = context.device.multiprocessors;
  groups = column_groups(l_skip, multiprocessors, matrices);
  num_sources = max_slice_sources(n_stack, groups.num_columns, shapes.size());
  for (const ColumnGroup& group : groups.groups()) {
    const ColumnRange range = columns_with(groups, group.n_lifted);
    num_values = std::max(num_values, std::size_t{range.count} * range.pieces);
    num_high = std::max<std::size_t>(num_high, group.height() / ColumnGroups::kBlockRows);
  }
  num_blocks = stacked_round_blocks(multiprocessors, groups.cube_size(1), groups.num_columns);
}

std::size_t stacked_reduction_bytes(const Context& context, const Workload& workload) {
  // The common main holds a matrix of every trace; the other parts are committed one by one.
  std::vector<StackedShape> shapes;
  for (const Workload::Oracle& oracle : workload.commitments) {
    shapes.push_back({.layout = oracle.layout, .need_rot = {}});
  }
  std::size_t next = 1;
  for (const Workload::Trace& trace : workload.traces) {
    shapes.front().need_rot.push_back(trace.air->need_rot);
    const std::size_t parts =
        trace.air->num_cached_mains() + (trace.air->width.preprocessed.has_value() ? 1 : 0);
    for (std::size_t part = 0; part < parts; ++part) {
      shapes[next++].need_rot.push_back(trace.air->need_rot);
    }
  }
  const StackedSizes sizes(context, shapes);
  std::size_t bytes = 0;
  StackedMemory().each(sizes, [&]<class T>(DeviceSpan<T>&, std::size_t count) {
    bytes += DeviceArena::bytes_of<T>(count);
  });
  return bytes;
}

}  // namespace gyre::cuda
