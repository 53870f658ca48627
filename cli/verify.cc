#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "files.h"
#include "gyre/support/error.h"
#include "gyre/verifier.h"
#include "report.h"

namespace gyre::cli {
namespace {

/// Parsed JSON takes many times the memory of its text.
constexpr std::uint64_t kMaxPublicValuesBytes = 16u << 20;

struct Options {
  std::string vk, proof, public_values, preset;
};

/// Reads one list of integers per AIR of the key; null or [] for an absent AIR.
std::vector<std::vector<Fp>> read_public_values(const std::string& path) {
  const auto refuse = [&](const std::string& message) {
    return Error(ErrorKind::kInput, path + ": " + message);
  };
  const auto bytes = read_file(path, kMaxPublicValuesBytes);
  const auto document = nlohmann::json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (!document.is_array()) throw refuse("expected a JSON list with one list of integers per AIR");
  std::vector<std::vector<Fp>> result;
  for (const auto& list : document) {
    const std::size_t air = result.size();
    result.emplace_back();
    if (list.is_null()) continue;
    if (!list.is_array()) throw refuse(fmt::format("entry {} is neither a list nor null", air));
    for (const auto& value : list) {
      if (!value.is_number_unsigned() || value.get<std::uint64_t>() >= Fp::kModulus) {
        throw refuse(fmt::format("entry {}: {} is not an integer in [0, {})", air,
                                 value.is_number() ? value.dump() : value.type_name(),
                                 Fp::kModulus));
      }
      result.back().push_back(Fp::from_canonical(value.get<std::uint32_t>()));
    }
  }
  return result;
}

int reject(const Format& format, const std::string& stage, const std::string& name,
           const std::string& message, const std::string& debug) {
  if (format.json) {
    print_json({{"status", "invalid"},
                {"valid", false},
                {"stage", stage},
                {"error", name},
                {"message", message},
                {"debug", debug}});
  } else {
    fmt::print("invalid: {}: {}\n", name, message);
  }
  return kInvalid;
}

/// Which AIR's public values are not the expected ones; nothing if all are.
std::optional<std::string> public_values_difference(const Proof& proof,
                                                    const std::vector<std::vector<Fp>>& expected) {
  if (expected.size() != proof.public_values.size()) {
    return fmt::format("the proof has {} AIRs, {} lists are expected", proof.public_values.size(),
                       expected.size());
  }
  for (std::size_t air = 0; air < expected.size(); ++air) {
    if (expected[air] != proof.public_values[air]) {
      return fmt::format("AIR {}: {}, expected {}", air,
                         canonical_json(proof.public_values[air]).dump(),
                         canonical_json(expected[air]).dump());
    }
  }
  return std::nullopt;
}

int verify_files(const Options& options, const Format& format) {
  VerifyOptions verify_options;
  if (!options.preset.empty()) verify_options.params = presets::by_name(options.preset);
  std::optional<std::vector<std::vector<Fp>>> expected;
  if (!options.public_values.empty()) expected = read_public_values(options.public_values);
  const VerifyingKey key = read_key(options.vk);
  const auto bytes = read_input(options.proof);

  const auto start = std::chrono::steady_clock::now();
  const auto proof = decode_proof(bytes);
  if (!proof) {
    const ProofDecodeError& error = proof.error();
    return reject(format, "decode", error.name(), error.message(), error.message());
  }
  const auto error = verify(key, *proof, verify_options);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  if (error) return reject(format, "verify", error->path(), error->message(), error->debug());
  if (expected) {
    if (const auto difference = public_values_difference(*proof, *expected)) {
      return reject(format, "public_values", "PublicValuesMismatch", *difference, *difference);
    }
  }

  if (format.json) {
    Json values = Json::array();
    for (const auto& list : proof->public_values) values.push_back(canonical_json(list));
    print_json({{"status", "valid"},
                {"valid", true},
                {"seconds", elapsed.count()},
                {"proof_bytes", bytes.size()},
                {"public_values", std::move(values)}});
  } else {
    fmt::print("valid: {} bytes, verified in {:.1f} ms\n", grouped(bytes.size()),
               1e3 * elapsed.count());
  }
  return kDone;
}

}  // namespace

void add_verify(CLI::App& app, Format& format, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("verify", "Verify a proof against a verifying key");
  add_path(*command, "--vk", options->vk, "Verifying key (vk.postcard of a bundle, or keygen's)")
      ->required();
  add_path(*command, "--proof", options->proof, "Proof")->required();
  add_path(*command, "--public-values", options->public_values,
           "JSON file with the public values to insist on: one list per AIR of the key");
  command->add_option("--preset", options->preset, "Parameters to insist on, such as app:21")
      ->check(preset_validator());
  add_format(*command, format);
  command->footer("Exit code 0 if the proof is valid, 1 if it is not.");
  command->callback(
      [=, &format, &action] { action = [=, &format] { return verify_files(*options, format); }; });
}

}  // namespace gyre::cli
