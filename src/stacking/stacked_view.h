#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "gyre/matrix.h"
#include "gyre/stacking/layout.h"

namespace gyre {

/// The stacked matrix of a layout, read straight from the traces that it is stacked from, without a
/// copy of its own. Spec 03, section 4. Immutable, thread-safe; layout and matrices must outlive
/// it.
class StackedView {
 public:
  StackedView(const StackedLayout& layout, std::span<const MatrixView> matrices);

  const StackedLayout& layout() const { return *layout_; }
  std::size_t width() const { return layout_->width(); }
  std::size_t height() const { return std::size_t{1} << layout_->log_stacked_height(); }

  /// The values of rows [row, row + count) of a stacked column if they lie together in a trace,
  /// else nullptr. Requires what read does.
  const Fp* find(std::size_t stacked_column, std::size_t row, std::size_t count) const;

  /// The values of rows [row, row + count) of a stacked column: those of the trace where they lie
  /// together there, else put together in `scratch`, which holds `count` values. Requires `count` a
  /// power of two, at most height(), and row a multiple of it.
  const Fp* read(std::size_t stacked_column, std::size_t row, std::size_t count, Fp* scratch) const;

 private:
  /// A trace column inside a stacked column.
  struct Slice {
    std::size_t row, length;  ///< place in the stacked column
    const Fp* values;
    unsigned log_stride;  ///< value i stands at row + i * 2^log_stride
  };

  std::span<const Slice> slices(std::size_t stacked_column) const {
    return std::span(slices_).subspan(starts_[stacked_column],
                                      starts_[stacked_column + 1] - starts_[stacked_column]);
  }

  /// The first slice that ends above a row.
  std::span<const Slice>::iterator slice_at(std::span<const Slice> all, std::size_t row) const;

  const StackedLayout* layout_;
  std::vector<Slice> slices_;        ///< ascending place
  std::vector<std::size_t> starts_;  ///< first slice of each stacked column, and the end
};

}  // namespace gyre
