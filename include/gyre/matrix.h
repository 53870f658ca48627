#pragma once

#include <bit>
#include <cstddef>
#include <span>
#include <vector>

#include "gyre/field/fp.h"
#include "gyre/support/huge_pages.h"

namespace gyre {

/// A read-only column-major matrix: element (row, column) is at column * height + row.
/// Does not own its values.
class MatrixView {
 public:
  MatrixView() = default;
  /// Requires values.size() == height * width.
  MatrixView(std::span<const Fp> values, std::size_t height, std::size_t width)
      : values_(values), height_(height), width_(width) {}

  std::size_t height() const { return height_; }
  std::size_t width() const { return width_; }
  /// log2 of the height. Requires a power of two.
  unsigned log_height() const { return static_cast<unsigned>(std::countr_zero(height_)); }
  std::span<const Fp> column(std::size_t index) const {
    return values_.subspan(index * height_, height_);
  }
  Fp operator()(std::size_t row, std::size_t column) const {
    return values_[column * height_ + row];
  }
  std::span<const Fp> values() const { return values_; }

 private:
  std::span<const Fp> values_;
  std::size_t height_ = 0, width_ = 0;
};

/// An owning column-major matrix, zero on construction.
class Matrix {
 public:
  Matrix() = default;
  Matrix(std::size_t height, std::size_t width)
      : values_(height * width), height_(height), width_(width) {}
  /// Requires values.size() == height * width.
  Matrix(std::span<const Fp> values, std::size_t height, std::size_t width)
      : values_(values.begin(), values.end()), height_(height), width_(width) {}

  std::size_t height() const { return height_; }
  std::size_t width() const { return width_; }
  std::span<Fp> column(std::size_t index) {
    return std::span(values_).subspan(index * height_, height_);
  }
  Fp& operator()(std::size_t row, std::size_t column) { return values_[column * height_ + row]; }
  Fp operator()(std::size_t row, std::size_t column) const {
    return values_[column * height_ + row];
  }
  MatrixView view() const { return {values_, height_, width_}; }
  operator MatrixView() const { return view(); }

 private:
  std::vector<Fp, HugePageAllocator<Fp>> values_;
  std::size_t height_ = 0, width_ = 0;
};

}  // namespace gyre
