#include "backend/cuda_library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <string_view>

#include "build_tag.h"
#include "gyre/support/error.h"

namespace gyre {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "libgyre_cuda.so";

Error unusable(const std::string& sentence) {
  return Error(ErrorKind::kResource, "cuda: " + sentence);
}

const CudaPlugin& checked_plugin(void* library, const std::string& path) {
  const auto entry = reinterpret_cast<CudaPluginEntry*>(::dlsym(library, kCudaPluginSymbol));
  if (entry == nullptr) {
    throw unusable(
        fmt::format("{} is not Gyre's CUDA backend: it has no {}", path, kCudaPluginSymbol));
  }
  const CudaPlugin* const plugin = entry();
  if (std::string_view(plugin->build_tag) != kBuildTag) {
    throw unusable(fmt::format("{} is of another build of Gyre: it is {}, this program is {}", path,
                               plugin->build_tag, kBuildTag));
  }
  plugin->use_collector_slot(collector_slot());
  return *plugin;
}

std::string loader_message() {
  const char* const message = ::dlerror();
  return message == nullptr ? "no reason given" : message;
}

/// The folders that may have the library, seen from the folder of a program or library.
void add_neighbours(std::vector<fs::path>& paths, const fs::path& folder) {
  for (const char* place : {"", "../lib/gyre", "../lib", "../" GYRE_INSTALL_LIBDIR "/gyre"}) {
    const fs::path path = (folder / place / kName).lexically_normal();
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
  }
}

const CudaPlugin& find_plugin() {
  const char* const given = std::getenv("GYRE_CUDA_LIBRARY");
  if (given != nullptr && *given != '\0') return load_cuda_plugin(given);
  const std::vector<fs::path> paths = cuda_library_paths();
  std::error_code ignored;
  for (const fs::path& path : paths) {
    if (fs::exists(path, ignored)) return load_cuda_plugin(path.string());
  }
  if (void* const library = ::dlopen(kName, RTLD_NOW | RTLD_LOCAL)) {
    return checked_plugin(library, kName);
  }
  std::vector<std::string> looked_at;
  for (const fs::path& path : paths) looked_at.push_back(path.string());
  throw unusable(fmt::format("the CUDA backend was not found: there is no {} ({})",
                             fmt::join(looked_at, ", "), loader_message()));
}

}  // namespace

std::vector<fs::path> cuda_library_paths() {
  std::vector<fs::path> paths;
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  if (!program.empty()) add_neighbours(paths, program.parent_path());
  Dl_info self;
  if (::dladdr(reinterpret_cast<const void*>(&cuda_library_paths), &self) != 0) {
    const fs::path library = fs::weakly_canonical(self.dli_fname, ignored);
    if (!library.empty()) add_neighbours(paths, library.parent_path());
  }
  for (const char* folder : {GYRE_CUDA_BUILD_FOLDER, GYRE_INSTALL_FULL_LIBDIR "/gyre"}) {
    paths.push_back(fs::path(folder) / kName);
  }
  return paths;
}

const CudaPlugin& load_cuda_plugin(const std::string& path) {
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw unusable("cannot load the CUDA backend: " + loader_message());
  return checked_plugin(library, path);
}

const CudaPlugin& cuda_plugin() {
  static std::mutex mutex;
  static const CudaPlugin* plugin = nullptr;
  const std::lock_guard lock(mutex);
  if (plugin == nullptr) plugin = &find_plugin();
  return *plugin;
}

std::vector<DeviceInfo> cuda_devices() {
  return cuda_plugin().devices();
}

}  // namespace gyre
