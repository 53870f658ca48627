#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "backend/cuda/codegen/shapes.h"
#include "backend/expressions/program_pieces.h"

namespace gyre::cuda {

/// Changes with the text that is generated for the same AIRs.
inline constexpr const char* kGeneratorVersion = "1";
/// Name of the kernel in every source.
inline constexpr const char* kGeneratedKernel = "gyre_generated";

/// An AIR with the pieces that the items of its launches name.
struct GeneratorAir {
  const SymbolicConstraints* symbolic;
  const AirExpressions* expressions;
  const AirPieces* pieces;
};

/// A CUDA C++ source with one kernel, of the signature kernel(items, num_items) as evaluation.h has
/// it. It includes "backend/cuda/codegen/frame.h" and nothing else.
struct GeneratedKernel {
  std::string source;
  std::vector<Shape> shapes;
  std::size_t units = 0, table_entries = 0;
};

/// The kernel for consecutive AIRs of a key. Its piece k makes other outputs than the interpreter's
/// piece k: only the sums over all pieces of a group are the same.
GeneratedKernel generate_kernel(KernelForm form, std::span<const GeneratorAir> airs,
                                const char* kernel_name = kGeneratedKernel);

}  // namespace gyre::cuda
