#pragma once

#include <cstdint>

#include "backend/cuda/totals.h"
#include "gyre/field/fp4.h"

namespace gyre::cuda {

/// What an evaluation kernel gets for each item of its launch. Generated kernels include this, too.

/// Threads of a block of every evaluation kernel, and points that a block covers.
inline constexpr unsigned kEvaluationThreads = 128;

/// A piece in the base field. Input i at point j is inputs[i][j], or uniforms[i] at all points if
/// inputs[i] is null.
struct BaseItem {
  const Fp* const* inputs;
  const Fp* uniforms;
  const Fp4* weights;  ///< of the piece's outputs
  Fp4* sums;           ///< out: the weighted sum of the outputs at each point
  std::uint32_t num_points;
  std::uint32_t first_block;  ///< it has the blocks from this to that of the next item
  std::uint32_t piece;        ///< number in the key
  std::uint32_t unused;
};

/// A piece in the extension field. Point j is X = first_x + (j >> log_pairs) and the pair
/// y = j mod 2^log_pairs; the value of input i there is t0 + X (t1 - t0), t0 = tables[i][2y],
/// t1 = tables[i][2y + 1], or uniforms[i] if tables[i] is null. There is a total for each X, to
/// which eq[y] times the weighted sum of the outputs is added for all y.
struct ExtensionItem {
  const Fp4* const* tables;
  const Fp* uniforms;
  const Fp4* weights;
  const Fp4* eq;
  Total* totals;  ///< [X - first_x][4]
  std::uint32_t num_points, first_block, piece;
  std::uint8_t log_pairs, first_x;
  std::uint8_t single;  ///< not 0: one point, with the values tables[i][0]
  std::uint8_t unused;
};

}  // namespace gyre::cuda
