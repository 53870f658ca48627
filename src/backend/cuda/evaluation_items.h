#pragma once

#include <cstdint>

#include "backend/cuda/totals.h"
#include "gyre/field/fp4.h"

namespace gyre::cuda {

/// What an evaluation kernel gets for each item of its launch. Generated kernels include this, too.

/// Threads of a block of every evaluation kernel.
inline constexpr unsigned kEvaluationThreads = 128;

/// A piece in the base field. Input i at point j is inputs[i][j], or uniforms[i] at all points if
/// inputs[i] is null.
struct BaseItem {
  const Fp* const* inputs;
  const Fp* uniforms;
  const Fp4* weights;  ///< of the piece's outputs
  Fp4* sums;           ///< out: the weighted sum of the outputs at each point
  std::uint32_t num_points;
  std::uint32_t first_block;   ///< it has the blocks from this to that of the next item
  std::uint32_t piece;         ///< number in the key
  std::uint32_t block_points;  ///< 32, 64 or 128: how many a block covers
};

/// A piece in the extension field. Its points are X = first_x + k, k < num_x, of each pair
/// y < 2^log_pairs; the value of input i there is t0 + X (t1 - t0), t0 = T[2y], t1 = T[2y + 1] in
/// the i-th table T, or uniforms[i] from i = num_tables on. There is a total for each X, to which
/// eq[y] times the weighted sum of the outputs is added for all y.
struct ExtensionItem {
  const Fp4* tables;  ///< num_tables of 2^(log_pairs + 1) entries, one after another
  const Fp* uniforms;
  const Fp4* weights;
  const Fp4* eq;
  Total* totals;  ///< [k][4]
  std::uint32_t num_tables;
  std::uint32_t num_points;  ///< num_x 2^log_pairs
  std::uint32_t first_block, piece;
  std::uint8_t log_pairs, first_x;
  std::uint16_t num_x;
  /// Not 0: tables have num_x entries, the values at as many points; first_x = 0 and log_pairs = 0.
  /// One more entry after the tables is read and not used.
  std::uint16_t are_values;
  std::uint16_t block_points;  ///< 32, 64 or 128

  GYRE_HOST_DEVICE std::uint32_t table_entries() const {
    return are_values != 0 ? num_x : 2u << log_pairs;
  }
};

/// A point of an item. The points of the same pairs lie together, so that cells are read from near
/// memory: 2^log_chunk pairs for an X, the same for the next X, and so on; then the next pairs.
struct ExtensionPoint {
  std::uint32_t pair, k;  ///< X = first_x + k, or number k of the values

  GYRE_HOST_DEVICE static unsigned log_chunk(const ExtensionItem& item) {
    return item.log_pairs < 5 ? item.log_pairs : 5;
  }
  GYRE_HOST_DEVICE ExtensionPoint(const ExtensionItem& item, std::uint32_t j) {
    const unsigned chunk = log_chunk(item);
    const std::uint32_t chunks = j >> chunk;
    k = chunks % item.num_x;
    pair = chunks / item.num_x << chunk | (j & ((1u << chunk) - 1));
  }

  /// Where in a table the pair or the value is.
  GYRE_HOST_DEVICE std::uint32_t entry(const ExtensionItem& item) const {
    return item.are_values != 0 ? k : 2 * pair;
  }
  /// What lies between the entry and the next one: 0 where that is not to count.
  GYRE_HOST_DEVICE std::uint32_t x(const ExtensionItem& item) const {
    return item.are_values != 0 ? 0 : item.first_x + k;
  }
};

}  // namespace gyre::cuda
