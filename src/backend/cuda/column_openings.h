#pragma once

#include <cstdint>
#include <span>

#include "backend/cuda/prism_fold.h"
#include "backend/cuda/queue.h"
#include "backend/cuda/row_sums.h"

namespace gyre::cuda {

/// Openings of columns at a point (r_0; r_1 .. r_n) of the prism, as dot products with the weights
/// w[z + 2^l_skip x] = L_z(r_0) eq((r_1 .. r_n), x) of their rows. Spec 05, section 1.

/// The weights for all heights 2^h: row i + kBlockRows j has the weight low(h)[i] high(h)[j].
class RowWeights {
 public:
  static constexpr unsigned kLogBlockRows = 10;
  static constexpr std::uint32_t kBlockRows = 1u << kLogBlockRows;

  /// Uses bytes(most_log_height) of `arena`; `row_point`: r_1, r_2, ...
  RowWeights(Queue& queue, DeviceArena& arena, unsigned l_skip, unsigned most_log_height,
             const Fp4& r0, DeviceSpan<const Fp4> row_point);
  static std::size_t bytes(unsigned most_log_height);

  /// min(2^h, kBlockRows) entries. Those of a trace below 2^l_skip, which is repeated, have the
  /// weights of all repetitions.
  const Fp4* low(unsigned log_height) const {
    return low_ + (std::size_t{1} << (log_height < kLogBlockRows ? log_height : kLogBlockRows));
  }
  /// 2^h / kBlockRows entries. Requires h >= kLogBlockRows.
  const Fp4* high(unsigned log_height) const {
    return high_ + (std::size_t{1} << (log_height - kLogBlockRows));
  }

 private:
  Fp4 *low_ = nullptr, *high_ = nullptr;
};

/// Neighbouring columns of a trace, and where their openings go.
struct OpeningWork {
  /// Blocks of rows that a block of threads goes over at most.
  static constexpr std::uint32_t kPieceHigh = 32;
  const Fp* values = nullptr;                 ///< column by column
  const Fp4 *low = nullptr, *high = nullptr;  ///< of RowWeights; no high ones below kBlockRows rows
  Total* totals = nullptr;                    ///< [column][offset][4]: added to
  std::uint32_t num_columns = 0, log_height = 0;
  std::uint32_t offsets = 1;  ///< 2: with the value of the next row
  std::uint32_t first_block = 0;
  std::uint32_t piece_high = kPieceHigh;  ///< 1 to kPieceHigh: how many a block takes

  static constexpr std::uint32_t kThreads = 256;
  GYRE_HOST_DEVICE std::uint32_t num_high() const {
    return (1u << log_height) / RowWeights::kBlockRows;
  }
  /// Blocks for a column, or 0 if a warp is enough.
  GYRE_HOST_DEVICE std::uint32_t pieces() const {
    return (num_high() + piece_high - 1) / piece_high;
  }
  std::uint32_t blocks() const {
    constexpr std::uint32_t kWarps = kThreads / 32;
    return pieces() != 0 ? num_columns * pieces() : (num_columns + kWarps - 1) / kWarps;
  }
};
/// Runs all of `work`, whose blocks follow one another.
void add_openings(Queue& queue, std::span<const OpeningWork> work, const OpeningWork* device_work);

}  // namespace gyre::cuda
