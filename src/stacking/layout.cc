#include "gyre/stacking/layout.h"

#include <string>

#include "gyre/support/error.h"

namespace gyre {

StackedLayout::StackedLayout(unsigned l_skip, unsigned log_stacked_height,
                             std::span<const MatrixShape> shapes)
    : l_skip_(l_skip), log_stacked_height_(log_stacked_height) {
  const std::uint64_t stacked_height = std::uint64_t{1} << log_stacked_height;
  std::uint64_t cursor = 0;  // 2^24 columns of 2^27 rows: more than 32 bits
  unsigned previous_log_height = log_stacked_height;
  for (std::size_t m = 0; m < shapes.size(); ++m) {
    matrix_starts_.push_back(columns_.size());
    const MatrixShape& shape = shapes[m];
    if (shape.width == 0) continue;
    if (shape.log_height > log_stacked_height) {
      throw misuse("stacking: matrix " + std::to_string(m) + " has 2^" +
                   std::to_string(shape.log_height) + " rows, a stacked column only 2^" +
                   std::to_string(log_stacked_height));
    }
    if (shape.log_height > previous_log_height) {
      throw misuse("stacking: matrix " + std::to_string(m) +
                   " is taller than the one before it; sort by height, descending");
    }
    previous_log_height = shape.log_height;
    for (std::size_t j = 0; j < shape.width; ++j) {
      columns_.push_back({.matrix = static_cast<std::uint32_t>(m),
                          .column = static_cast<std::uint32_t>(j),
                          .stacked_column = static_cast<std::size_t>(cursor >> log_stacked_height),
                          .row = static_cast<std::size_t>(cursor & (stacked_height - 1)),
                          .log_height = shape.log_height});
      cursor += std::uint64_t{1} << log_slice_length(columns_.back());
    }
  }
  width_ = static_cast<std::size_t>((cursor + stacked_height - 1) >> log_stacked_height);
}

}  // namespace gyre
