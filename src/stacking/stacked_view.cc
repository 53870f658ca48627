#include "stacking/stacked_view.h"

#include <algorithm>

namespace gyre {

StackedView::StackedView(const StackedLayout& layout, std::span<const MatrixView> matrices)
    : layout_(&layout) {
  for (const StackedColumn& column : layout.columns()) {
    while (starts_.size() <= column.stacked_column) starts_.push_back(slices_.size());
    const unsigned log_length = layout.log_slice_length(column);
    slices_.push_back({.row = column.row,
                       .length = std::size_t{1} << log_length,
                       .values = matrices[column.matrix].column(column.column).data(),
                       .log_stride = log_length - column.log_height});
  }
  while (starts_.size() <= layout.width()) starts_.push_back(slices_.size());
}

std::span<const StackedView::Slice>::iterator StackedView::slice_at(std::span<const Slice> all,
                                                                    std::size_t row) const {
  return std::partition_point(all.begin(), all.end(),
                              [&](const Slice& s) { return s.row + s.length <= row; });
}

const Fp* StackedView::find(std::size_t stacked_column, std::size_t row, std::size_t count) const {
  const std::span<const Slice> all = slices(stacked_column);
  // Slices are powers of two at multiples of their length, as the block is: one contains the other.
  const auto slice = slice_at(all, row);
  if (slice == all.end() || slice->length < count || slice->log_stride != 0) return nullptr;
  return slice->values + (row - slice->row);
}

const Fp* StackedView::read(std::size_t stacked_column, std::size_t row, std::size_t count,
                            Fp* scratch) const {
  if (const Fp* const values = find(stacked_column, row, count)) return values;
  const std::span<const Slice> all = slices(stacked_column);
  std::fill_n(scratch, count, Fp());
  for (auto slice = slice_at(all, row); slice != all.end() && slice->row < row + count; ++slice) {
    const std::size_t first = std::max(row, slice->row);
    const std::size_t end = std::min(row + count, slice->row + slice->length);
    const std::size_t stride = std::size_t{1} << slice->log_stride;
    for (std::size_t r = (first + stride - 1) & ~(stride - 1); r < end; r += stride) {
      scratch[r - row] = slice->values[(r - slice->row) >> slice->log_stride];
    }
  }
  return scratch;
}

}  // namespace gyre
