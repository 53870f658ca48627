#pragma once

#include <deque>
#include <span>
#include <vector>

#include "gyre/traces.h"

namespace gyre {

/// Traces whose values are laid out row by row.
class RowMajorTraces {
 public:
  explicit RowMajorTraces(std::span<const AirTraces> column_major)
      : traces_(column_major.begin(), column_major.end()) {
    for (AirTraces& air : traces_) {
      for (MatrixView& part : air.cached_mains) part = row_major(part);
      air.common_main = row_major(air.common_main);
      air.order = MatrixOrder::kRowMajor;
    }
  }
  RowMajorTraces(const RowMajorTraces&) = delete;
  RowMajorTraces& operator=(const RowMajorTraces&) = delete;

  std::span<const AirTraces> traces() const { return traces_; }
  /// A view with the shape of `matrix` and its values in the other order, which live here.
  MatrixView row_major(const MatrixView& matrix) {
    std::vector<Fp>& values = values_.emplace_back();
    for (std::size_t row = 0; row < matrix.height(); ++row) {
      for (std::size_t column = 0; column < matrix.width(); ++column) {
        values.push_back(matrix(row, column));
      }
    }
    return {values, matrix.height(), matrix.width()};
  }

 private:
  std::vector<AirTraces> traces_;
  std::deque<std::vector<Fp>> values_;
};

}  // namespace gyre
