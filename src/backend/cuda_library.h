#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "backend/cuda_plugin.h"

namespace gyre {

/// The CUDA backend's shared object, loaded when it is first asked for and kept for good. Its path
/// is GYRE_CUDA_LIBRARY of the environment; without it, the first that there is of
/// cuda_library_paths(), or what the loader finds by its name.
/// gyre::Error(kResource), one sentence: not found (and where it was looked for), not loadable, not
/// of this build. Thread-safe.
const CudaPlugin& cuda_plugin();

/// Loads a shared object. Errors as cuda_plugin().
const CudaPlugin& load_cuda_plugin(const std::string& path);

/// Beside the running program and in the lib folders beside its own, the same from the library that
/// has this function, the build tree, the folder of the installation.
std::vector<std::filesystem::path> cuda_library_paths();

}  // namespace gyre
