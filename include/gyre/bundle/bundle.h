#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gyre/keys/proving_key.h"
#include "gyre/prover.h"

namespace gyre {

/// A set of AIRs with their traces in a folder: `case.json`, `vk.postcard` and raw column-major
/// little-endian u32 trace files of canonical values. Any tool can write one; docs/bundle.md has
/// the format.
struct Bundle {
  struct AirData {
    bool present = false;
    std::vector<Matrix> cached_mains;
    Matrix common_main;
    std::vector<Fp> public_values;
  };

  std::string name;
  ProvingKey proving_key;
  std::vector<AirData> airs;  ///< key order

  /// Views of the present AIRs, ascending; valid as long as the bundle is.
  std::vector<AirTraces> traces() const;
};

/// Reads and checks a folder. gyre::Error(kInput) that names the file, AIR, field and limit.
Bundle read_bundle(const std::filesystem::path& folder);

}  // namespace gyre
