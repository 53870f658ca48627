#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gyre::simd {

/// Which instruction set the packed kernels use. Each kernel is compiled once per target and picked
/// at run time: the best one that the processor has, or the one that the environment variable
/// GYRE_SIMD names. Thread-safe, but for force_target.

/// Names of the targets that this machine can run, best first: of "avx512", "avx2", "sse4", "neon",
/// "scalar".
std::vector<std::string_view> available_targets();

/// The one in use.
std::string_view target();

/// Uses `name` from now on, "" the best. Misuse (gyre::Error) for a name not in
/// available_targets(). Not while kernels run.
void force_target(std::string_view name);

/// What is wrong with GYRE_SIMD, empty when nothing is. A wrong value is not obeyed; provers refuse
/// to start with it.
std::string environment_problem();

/// Reads GYRE_SIMD once; false if there is a problem with it. Kernels call it as they are loaded.
bool obey_environment();

}  // namespace gyre::simd
