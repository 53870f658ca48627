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

/// A CUDA C++ source with one kernel, kernel(items, num_items, first_piece), for consecutive pieces
/// of an AIR; first_piece: the number of its first one in the key. It includes
/// "backend/cuda/codegen/frame.h" and nothing else. Its text depends on the AIR alone.
struct GeneratedKernel {
  std::string source;
  KernelForm form = KernelForm::kBase;
  std::uint32_t first_piece = 0, num_pieces = 0;  ///< of the AIR
  std::vector<Shape> shapes;
  std::size_t units = 0, table_entries = 0;
  std::size_t instructions = 0;  ///< of the machine code, roughly
  std::size_t executed = 0;      ///< instructions of one point in all pieces
};

/// Instructions of a kernel: few enough for the compiler to be done in some seconds of one core's
/// time, as many as make a launch worth it.
constexpr std::size_t kernel_instructions(KernelForm form) {
  return form == KernelForm::kBase ? 8000 : 12000;
}

/// The kernels of an AIR, about as few as `most_instructions` allows. Piece k makes other outputs
/// than the interpreter's piece k: only the sums over all pieces of a group are the same.
std::vector<GeneratedKernel> generate_kernels(KernelForm form, const GeneratorAir& air,
                                              std::size_t most_instructions,
                                              const char* kernel_name = kGeneratedKernel);

}  // namespace gyre::cuda
