#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/expressions/expression_program.h"

namespace gyre::cpu {

/// Elements in a vector of the instruction set in use: 1, 4, 8 or 16. Blocks, tiles and tables are
/// laid out in vectors of this many.
std::size_t packed_lanes();

/// Most vectors of a block of points in the base field.
inline constexpr std::size_t kBaseBlockVectors = 8;
/// Most groups of a base field program.
inline constexpr std::size_t kBaseGroups = 2;

/// A block of `vectors` (1, 2, 4 or 8) vectors of points; every array is aligned to its vectors.
struct BaseBlock {
  std::size_t vectors;
  const Fp* inputs;  ///< input i at inputs + i * input_stride
  std::size_t input_stride;
  Fp* registers;       ///< one block each
  const Fp4* weights;  ///< per output; these and what follows are for programs with sums
  Fp4 scale;           ///< of the sums
  Fp* totals;          ///< [group][vector][4][lane]; group g at totals + g * total_stride
  std::size_t total_stride;
};

/// totals += scale * weighted sums of the outputs, at each point. The outputs of a program without
/// sums are where `block_value` says.
void run_in_base_field(const ExpressionProgram& program, const BaseBlock& block);

/// An operand's values at the points of a block.
inline const Fp* block_value(const BaseBlock& block, Operand operand) {
  return operand.is_input() ? block.inputs + operand.index() * block.input_stride
                            : block.registers + operand.index() * block.vectors * packed_lanes();
}

/// A table over the cube in four planes: [vector][4][lane]; entry x is in lane x / vectors of
/// vector x % vectors, vectors = size / lanes; for size < lanes, in lane x of the only vector.
/// Neighbours 2y, 2y + 1 are thus the same lane of neighbouring vectors, down to one vector.

/// One vector of points of a table of a single vector: t[low] + at * (t[high] - t[low]).
struct LanePick {
  alignas(64) std::array<std::int32_t, 16> low{}, high{};
  alignas(64) std::array<Fp, 16> at{};
};

/// What an extension field program reads.
struct ExtensionInputs {
  std::span<const Fp* const> tables;  ///< per input; null for uniform ones
  std::span<const Fp> uniform;        ///< per input
};

/// Weight of an output: its coefficients and 11 times the last three.
struct ExtensionWeight {
  std::array<Fp, 8> words;
  explicit ExtensionWeight(const Fp4& weight);
};

/// Weighted sums of the outputs at X = first .. first + count - 1 for the pairs y in the vectors
/// 2 * pair, 2 * pair + 1 of the tables: sums[X][4][lane]. `registers`: 4 * lanes * count values
/// each.
struct ExtensionRun {
  const ExtensionInputs* inputs;
  std::span<const ExtensionWeight> weights;
  Fp* registers;
  Fp* sums;
};
void run_on_pairs(const ExpressionProgram& program, const ExtensionRun& run, std::size_t pair,
                  unsigned first, unsigned count);
/// The same at the points of the picks, tables being single vectors.
void run_on_picks(const ExpressionProgram& program, const ExtensionRun& run,
                  std::span<const LanePick> picks);

/// totals[i] += factor * sums[i] over `vectors` vectors of four planes.
void add_scaled_planes(const Fp* sums, const Fp4& factor, std::size_t vectors, Fp* totals);

}  // namespace gyre::cpu
