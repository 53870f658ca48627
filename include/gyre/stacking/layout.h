#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gyre {

/// Width and log2 height of one matrix of a stacked commitment.
struct MatrixShape {
  std::size_t width = 0;
  unsigned log_height = 0;
};

/// Where one trace column sits in the stacked matrix.
struct StackedColumn {
  std::uint32_t matrix = 0;  ///< index in the list of shapes
  std::uint32_t column = 0;  ///< column of that matrix
  std::size_t stacked_column = 0;
  std::size_t row = 0;      ///< first row; a multiple of the slice's length
  unsigned log_height = 0;  ///< true log height of the column (may be below l_skip)
};

/// Slices of 2^max(log_height, l_skip) rows laid end to end and cut into columns of
/// 2^log_stacked_height rows. Spec 03, section 4. Row r of a short column (log_height < l_skip)
/// sits at row + r * stride of its slice.
class StackedLayout {
 public:
  StackedLayout() = default;
  /// Shapes in non-increasing height, none above log_stacked_height (but for zero width).
  /// Misuse (gyre::Error) otherwise.
  StackedLayout(unsigned l_skip, unsigned log_stacked_height, std::span<const MatrixShape> shapes);

  std::span<const StackedColumn> columns() const { return columns_; }
  /// Index in `columns()` of the first column of each matrix.
  std::span<const std::size_t> matrix_starts() const { return matrix_starts_; }
  const StackedColumn& column(std::size_t matrix, std::size_t column) const {
    return columns_[matrix_starts_[matrix] + column];
  }
  /// Number of stacked columns.
  std::size_t width() const { return width_; }
  unsigned log_stacked_height() const { return log_stacked_height_; }
  unsigned l_skip() const { return l_skip_; }
  unsigned log_slice_length(const StackedColumn& column) const {
    return column.log_height > l_skip_ ? column.log_height : l_skip_;
  }
  /// Distance between the rows of a column inside its slice: 2^max(l_skip - log_height, 0).
  std::size_t stride(const StackedColumn& column) const {
    return std::size_t{1} << (log_slice_length(column) - column.log_height);
  }

 private:
  unsigned l_skip_ = 0, log_stacked_height_ = 0;
  std::size_t width_ = 0;
  std::vector<StackedColumn> columns_;
  std::vector<std::size_t> matrix_starts_;
};

}  // namespace gyre
