#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/expressions/air_expressions.h"
#include "gyre/keys/verifying_key.h"

namespace gyre {

/// The expressions of an AIR cut into programs that can run side by side.

/// The sums that the pieces over the base field make.
inline constexpr std::uint32_t kConstraintSum = 0, kCountSum = 1, kFieldSum = 2;

/// A program for the weighted sum of some consecutive outputs; what several pieces need, each
/// computes by itself.
struct ProgramPiece {
  ExpressionProgram program;       ///< one group, summed
  std::uint32_t sum = 0;           ///< that it is a part of
  std::uint32_t first_output = 0;  ///< among the outputs of the AIR, which the weights go with
};

/// Immutable, thread-safe.
struct AirPieces {
  /// Outputs: constraints, counts, message fields, without repeats within each. Each piece has
  /// outputs of one of them. Inputs are operands.
  std::vector<ProgramPiece> base;
  /// Outputs: AirExpressions::all, all in sum 0. Inputs are loaded.
  std::vector<ProgramPiece> extension;
  std::uint32_t first_base = 0, first_extension = 0;  ///< numbers of the first pieces in the key
};

/// About the most nodes of a piece; one output may need more.
struct PieceLimits {
  std::size_t base = 1200, extension = 64;
};

/// The pieces of the AIRs of a key, numbered through.
std::vector<AirPieces> make_pieces(std::span<const AirVerifyingKey> airs,
                                   std::span<const AirExpressions> expressions,
                                   const PieceLimits& limits = {});

}  // namespace gyre
