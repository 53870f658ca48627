#pragma once

#include <span>
#include <vector>

#include "backend/cuda/cuda.h"
#include "backend/cuda/fraction_layers.h"

namespace gyre::cuda {

/// The leaves of the fraction tree as kernels make them from the traces. Spec 04, sections 3 and 5.

/// Leaves that a block makes at a time, in shared memory.
inline constexpr unsigned kLogChunk = 11, kChunk = 1u << kLogChunk;

/// What an atom is at a row: a cell of this or the next row, or a selector.
struct RowInput {
  enum Kind : std::uint32_t { kThisRow = 0, kNextRow = 1, kIsFirst, kIsLast, kIsTransition };
  const Fp* values = nullptr;  ///< of the column; a value that all rows share when mask is 0
  std::uint32_t mask = 0;      ///< height of the trace - 1
  std::uint32_t kind = kThisRow;
};
struct WeightedInput {
  RowInput input;
  Fp4 weight;
};
/// An instruction of ExpressionProgram. kSum: the value `a` times weight `b` is added to the
/// numerator (target 0) or the denominator (target 1).
struct SliceInstruction {
  std::uint32_t op_and_target = 0;  ///< target * 256 + op
  std::uint32_t a = 0, b = 0, c = 0;
};

/// The fractions of one interaction: count_constant + its terms + products over
/// message_constant + its terms + products.
struct Slice {
  std::uint64_t offset = 0;  ///< first leaf
  std::uint32_t log_length = 0;
  std::uint32_t height_mask = 0;
  std::uint32_t first_term = 0, count_terms = 0, message_terms = 0;
  std::uint32_t first_instruction = 0, instructions = 0, first_input = 0;
  Fp4 message_constant;
  Fp count_constant;
  /// Not 0: a tall slice without instructions and without repeated rows, whose terms are all cells
  /// of the row itself, in columns that are aligned to 16 bytes.
  std::uint32_t plain = 0;
};

/// Consecutive chunks of the work list. The chunks of tall slices, one trace's, are taken rows
/// first, so that blocks that run together read the same rows; other chunks have leaves of several
/// slices and are in the order of the leaves.
struct ChunkGroup {
  std::uint64_t first_leaf = 0;
  std::uint32_t first_chunk = 0;
  std::uint32_t first_slice = 0, slices = 0;
  std::uint32_t tall = 0;
};

/// What kernels need to make leaves, by value.
struct LeafSource {
  const Slice* slices = nullptr;
  const WeightedInput* terms = nullptr;
  const SliceInstruction* instructions = nullptr;
  const RowInput* inputs = nullptr;
  const Fp4* weights = nullptr;
  const ChunkGroup* groups = nullptr;
  Fp* registers = nullptr;  ///< of the programs, per thread of the grid; null: in shared memory
  std::uint32_t num_groups = 0, num_registers = 0, num_chunks = 0;
  std::uint64_t leaves = 0;
  std::uint64_t trace_bytes = 0;  ///< of the cells that are read, each once
  Fp4 alpha;                      ///< denominator of padding
};

/// Puts the device copies of all that the interactions read where they stay for the proof.
void keep_traces(Work& work, std::span<const TraceInput> traces);

/// Uploads what a LeafSource points to, into the arena.
LeafSource make_leaf_source(Work& work, std::span<const TraceInput> traces,
                            std::span<const FractionBlock> blocks, const Fp4& alpha,
                            const Fp4& beta);
/// What make_leaf_source takes from the arena.
std::size_t leaf_source_bytes(const Context& context, const Workload& workload);

/// Blocks of a launch that loops over `pieces` of work: as many as run at once.
unsigned loop_blocks(const Context& context, std::size_t pieces, unsigned per_multiprocessor);
inline constexpr unsigned kLeafBlocks = 2;  ///< per multiprocessor, of kernels that make leaves
/// Shared memory of a kernel that makes leaves.
std::size_t leaf_shared_bytes(const LeafSource& source);
inline constexpr unsigned kFractionThreads = 256;

}  // namespace gyre::cuda
