#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gyre/air/air.h"
#include "gyre/keys/proving_key.h"
#include "gyre/keys/verifying_key.h"
#include "gyre/matrix.h"
#include "gyre/protocol/params.h"
#include "gyre/traces.h"
#include "gyre/transcript/transcript.h"

namespace gyre {

/// One AIR of a golden case, as tests/data/README.md describes it.
struct GoldenAir {
  std::string name;
  nlohmann::json definition;  ///< which AIR it is; "kind" names it
  nlohmann::json entry;       ///< all of `airs[i]` in case.json
  TraceWidth width;
  std::uint64_t num_public_values = 0;
  bool required = false;
  bool present = false;
  std::optional<unsigned> log_height;  ///< of a present AIR
  std::vector<Fp> public_values;
  std::optional<Matrix> preprocessed;  ///< given for absent AIRs too
  std::vector<Matrix> cached_mains;
  Matrix common_main;
  std::string program;  ///< text of the .prog file; empty for AIRs with a name of their own
};

/// A proof of the reference implementation with everything needed to make the same bytes again.
struct GoldenCase {
  struct Witness {
    std::string phase;
    unsigned bits;
    Fp witness;
  };

  std::string name;
  std::string directory;
  nlohmann::json json;  ///< all of case.json
  SystemParams params;
  std::vector<std::uint8_t> vk_bytes;
  Digest vk_pre_hash{};
  std::vector<LinearConstraint> trace_height_constraints;
  std::vector<std::uint8_t> proof_bytes;
  std::vector<TranscriptLog::Entry> transcript;
  std::vector<std::pair<std::string, std::size_t>> marks;  ///< name, entries before it
  std::vector<Witness> pow_witnesses;  ///< transcript order; bits 0: not in the transcript
  nlohmann::json sizes;
  std::vector<std::array<std::uint64_t, 25>> keccak_inputs;
  std::vector<GoldenAir> airs;  ///< key order

  /// The AIRs, built from their definitions.
  std::vector<std::unique_ptr<Air>> build_airs() const;
  /// Decoded from vk_bytes. std::runtime_error if they do not decode.
  VerifyingKey verifying_key() const;
  /// The decoded key with the names and preprocessed traces of the case.
  ProvingKey proving_key_from_vk() const;
  /// The traces of the present AIRs; the views point into this object.
  std::vector<AirTraces> traces() const;
  /// stages.json; null where the case has none.
  nlohmann::json stages() const;
};

/// Names of all cases in tests/data, ascending. `with_keccak` = false leaves the large ones out.
std::vector<std::string> golden_case_names(bool with_keccak = true);

/// std::runtime_error that names the file if it is absent or malformed.
GoldenCase load_golden_case(const std::string& name);

/// A test value read as a whole. std::runtime_error that names the file if it is absent.
std::vector<std::uint8_t> read_test_file(const std::string& path);

/// An element from its canonical number.
inline Fp fp_from_json(const nlohmann::json& value) {
  return Fp::from_canonical(value.get<std::uint32_t>());
}
/// 8 canonical numbers.
Digest digest_from_json(const nlohmann::json& value);
/// The 14 parameters in the form of case.json.
SystemParams params_from_json(const nlohmann::json& value);
/// A directory of golden cases: GYRE_TEST_DATA of the environment, otherwise of the build.
std::string golden_directory();

}  // namespace gyre
