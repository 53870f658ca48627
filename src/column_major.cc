#include "column_major.h"

#include <algorithm>

#include "support/parallel.h"

namespace gyre {
namespace {

/// Rows and columns of a tile: 64 x 64 values lie in the first-level cache twice.
constexpr std::size_t kTile = 64;
/// Tiles of a thread's share.
constexpr std::size_t kGrain = 16;

std::uint64_t bytes_of(const MatrixView& matrix) {
  return matrix.values().size_bytes();
}

template <class Visit>
void for_each_part(const AirTraces& traces, Visit&& visit) {
  for (const MatrixView& main : traces.cached_mains) visit(main);
  visit(traces.common_main);
}

}  // namespace

Matrix column_major(const MatrixView& row_major) {
  const std::size_t height = row_major.height(), width = row_major.width();
  Matrix result(height, width);
  if (width == 0) return result;
  const Fp* const from = row_major.values().data();
  Fp* const to = result.column(0).data();
  const std::size_t across = (width + kTile - 1) / kTile, down = (height + kTile - 1) / kTile;
  static const Parallel parallel(0);
  parallel.ranges(across * down, kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t tile = begin; tile < end; ++tile) {
      const std::size_t first_row = tile / across * kTile, first_column = tile % across * kTile;
      const std::size_t end_row = std::min(height, first_row + kTile);
      const std::size_t end_column = std::min(width, first_column + kTile);
      for (std::size_t column = first_column; column < end_column; ++column) {
        for (std::size_t row = first_row; row < end_row; ++row) {
          to[column * height + row] = from[row * width + column];
        }
      }
    }
  });
  return result;
}

ColumnMajorTraces::ColumnMajorTraces(std::span<const AirTraces> traces)
    : traces_(traces.begin(), traces.end()) {
  for (AirTraces& air : traces_) {
    if (air.order == MatrixOrder::kColumnMajor) continue;
    const auto transpose = [&](MatrixView& part) {
      part = copies_.emplace_back(column_major(part));
    };
    for (MatrixView& main : air.cached_mains) transpose(main);
    transpose(air.common_main);
    air.order = MatrixOrder::kColumnMajor;
  }
}

std::uint64_t ColumnMajorTraces::bytes() const {
  std::uint64_t bytes = 0;
  for (const Matrix& copy : copies_) bytes += bytes_of(copy);
  return bytes;
}

std::uint64_t ColumnMajorTraces::bytes(std::span<const AirTraces> traces) {
  std::uint64_t bytes = 0;
  for (const AirTraces& air : traces) {
    if (air.order == MatrixOrder::kColumnMajor) continue;
    for_each_part(air, [&](const MatrixView& part) { bytes += bytes_of(part); });
  }
  return bytes;
}

}  // namespace gyre
