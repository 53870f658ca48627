#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "backend/cuda/codegen/generator.h"

namespace gyre::cuda {

/// Which AIRs are compiled, and in which launches their compiled code is run instead of the
/// interpreter. Proofs do not depend on it. "Instructions" are those that a point takes in all
/// pieces of an AIR and a form (GeneratedKernel::executed).
///
/// The interpreter runs all AIRs of a launch as one kernel, but takes several times as long for an
/// instruction. Compiled code is a kernel of its own per AIR: some microseconds of the host, and
/// code that is fetched for few points. The values are meant for an H200: measure on others.
struct CompilationRule {
  /// AIRs of fewer instructions are not compiled: they are bound by memory either way.
  std::size_t least_instructions = 100;
  /// In launches over so many AIRs or fewer, all that are compiled run so.
  std::size_t few_airs = 4;
  /// In other launches those with at least so many instructions, times their points.
  std::uint64_t least_work = std::uint64_t{1} << 22;
  /// Where the kernels of an AIR are cut, if not at kernel_instructions(form).
  std::optional<std::size_t> most_kernel_instructions;

  bool compiles(std::size_t instructions) const { return instructions >= least_instructions; }
  /// `work`: instructions times points, of the AIR in the launch; `airs`: those of the launch.
  bool runs_compiled(std::uint64_t work, std::size_t airs) const {
    return airs <= few_airs || work >= least_work;
  }
};

}  // namespace gyre::cuda
