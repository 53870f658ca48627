#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gyre/keys/proving_key.h"
#include "gyre/prover.h"

namespace gyre {

/// A set of AIRs with their traces in a folder: `case.json`, `vk.postcard` and raw column-major
/// little-endian u32 trace files of canonical values. Any tool can write one; docs/bundle.md has
/// the format. The functions below may run concurrently, on different folders when they write.
struct Bundle {
  /// What AIR i of the key brings. All parts of a present AIR have the same power-of-two height and
  /// the key's widths; those of an absent one are empty.
  struct AirData {
    bool present = false;
    std::vector<Matrix> cached_mains;  ///< in the key's order
    Matrix common_main;                ///< height x 0 if the key has no such part
    std::vector<Fp> public_values;
  };

  std::string name;  ///< for people
  ProvingKey proving_key;
  std::vector<AirData> airs;  ///< key order

  /// Views of the present AIRs, ascending; valid as long as the bundle is.
  std::vector<AirTraces> traces() const;
};

/// Reads and checks a folder. gyre::Error(kInput) that names the file, AIR, field and limit.
/// The commitments of preprocessed traces are checked when a Prover takes the key.
Bundle read_bundle(const std::filesystem::path& folder);

/// Whether `write_bundle` could make `folder`, before there is a bundle to write.
/// gyre::Error(kInput) that says why not.
void check_bundle_target(const std::filesystem::path& folder);

/// Writes `bundle` as a folder that `read_bundle` reads back. The folder appears complete or not
/// at all. gyre::Error: kInput when `folder` exists or cannot be created, kResource when writing
/// fails, kMisuse when the bundle's parts do not fit its key.
void write_bundle(const std::filesystem::path& folder, const Bundle& bundle);

}  // namespace gyre
