#pragma once

#include <filesystem>

namespace gyre {

/// Copies the golden case in `from` to the new folder `to` as a bundle: without golden results.
inline void copy_bundle(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::create_directory(to);
  for (const auto& entry : std::filesystem::directory_iterator(from)) {
    const std::filesystem::path& file = entry.path();
    if (file.extension() == ".u32" || file.extension() == ".postcard" ||
        file.filename() == "case.json") {
      std::filesystem::copy_file(file, to / file.filename());
    }
  }
}

}  // namespace gyre
