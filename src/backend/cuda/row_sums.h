#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backend/cuda/queue.h"
#include "backend/cuda/totals.h"

namespace gyre::cuda {

/// Equality tables over row bits, and sums over rows that are weighted with them.

/// values[i]: the element that words [4 i, 4 i + 4) make.
void reduce_totals(Queue& queue, DeviceSpan<const Total> words, Fp4* values);

/// Weight tables of a list of points of [0, 1]^n: for the point (x_0 .. x_{n-1}), a table over m of
/// its coordinates at [2^m, 2^(m+1)) for each m <= n, lowest variable first.
enum class EqCoordinates {
  kFirst,  ///< the first m coordinates
  kLast,   ///< the last m
};
/// Entries of the tables of a point of n coordinates.
constexpr std::size_t eq_tables_size(unsigned n) {
  return std::size_t{2} << n;
}
void fill_eq_tables(Queue& queue, DeviceSpan<const Fp4> point, EqCoordinates coordinates,
                    Fp4* tables);

/// Sums at points, made in num_parts arrays of num_points one after another. Points are planes of
/// 2^log_plane, which has a chunk of 2^log_chunk values for each entry of eq.
struct RowSumWork {
  const Fp4* parts = nullptr;
  const Fp4* eq = nullptr;
  Total* totals = nullptr;  ///< [plane][2^log_chunk][4]: added to
  std::uint32_t num_parts = 0, num_points = 0;
  std::uint32_t log_plane = 0, log_chunk = 0;  ///< log_chunk <= 8
  std::uint32_t first_block = 0;

  std::uint32_t blocks() const {
    return (num_points >> log_plane) * blocks_per_plane() *
           ((num_parts + kPartsPerBlock - 1) / kPartsPerBlock);
  }
  GYRE_HOST_DEVICE std::uint32_t blocks_per_plane() const {
    const std::uint32_t plane = 1u << log_plane;
    return plane <= kPointsPerBlock ? 1 : plane / kPointsPerBlock;
  }
  static constexpr std::uint32_t kThreads = 256, kPointsPerBlock = 512, kPartsPerBlock = 16;
};
/// totals[p][z] += sum over parts and x of eq[x] part[p][x 2^log_chunk + z], for all `work`.
void add_row_sums(Queue& queue, std::span<const RowSumWork> work, const RowSumWork* device_work);

/// out[i] = in[2i] + r (in[2i + 1] - in[2i]), i < count; `r` in device memory.
void fold_pairs(Queue& queue, const Fp4* in, const Fp4* r, std::size_t count, Fp4* out);

}  // namespace gyre::cuda
