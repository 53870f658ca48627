#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "backend/cuda/codegen/shapes.h"
#include "backend/expressions/program_pieces.h"

namespace gyre::cuda {

/// Name of the kernel in every source, unless told otherwise.
inline constexpr const char* kGeneratedKernel = "gyre_generated";

/// An AIR with the pieces that the items of its launches name.
struct GeneratorAir {
  const SymbolicConstraints* symbolic;
  const AirExpressions* expressions;
  const AirPieces* pieces;
};

/// A CUDA C++ source with one kernel, of the signature kernel(items, num_items), for consecutive
/// pieces of a key. It includes "backend/cuda/codegen/frame.h" and nothing else.
struct GeneratedKernel {
  std::string source;
  KernelForm form = KernelForm::kBase;
  std::uint32_t first_piece = 0, num_pieces = 0;
  std::vector<Shape> shapes;
  std::size_t units = 0, table_entries = 0;
  std::size_t instructions = 0;  ///< of the machine, roughly
};

/// Instructions of a kernel that a compiler does in about a minute of one core's time.
inline constexpr std::size_t kKernelInstructions = 50000;

/// The kernels for consecutive AIRs of a key, about as few as `most_instructions` allows. Piece k
/// makes other outputs than the interpreter's piece k: only the sums over all pieces of a group are
/// the same. The same text for the same AIRs.
std::vector<GeneratedKernel> generate_kernels(KernelForm form, std::span<const GeneratorAir> airs,
                                              std::size_t most_instructions = kKernelInstructions,
                                              const char* kernel_name = kGeneratedKernel);

}  // namespace gyre::cuda
