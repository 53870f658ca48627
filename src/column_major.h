#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "gyre/traces.h"

namespace gyre {

/// The same matrix, column-major, from values that are row-major; on every core.
Matrix column_major(const MatrixView& row_major);

/// Traces as column-major ones: views of those that are, copies of the others.
class ColumnMajorTraces {
 public:
  explicit ColumnMajorTraces(std::span<const AirTraces> traces);
  ColumnMajorTraces(const ColumnMajorTraces&) = delete;
  ColumnMajorTraces& operator=(const ColumnMajorTraces&) = delete;

  std::span<const AirTraces> traces() const { return traces_; }
  /// Of the copies.
  std::uint64_t bytes() const;
  /// Of the copies that would be made.
  static std::uint64_t bytes(std::span<const AirTraces> traces);

 private:
  std::vector<AirTraces> traces_;
  std::deque<Matrix> copies_;
};

}  // namespace gyre
