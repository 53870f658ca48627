#include "keccak.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <utility>

#include "gyre/airs/keccak.h"
#include "gyre/keys/keygen.h"
#include "gyre/protocol/params.h"
#include "gyre/support/error.h"
#include "gyre/support/telemetry.h"

namespace gyre::cli {
namespace {

/// The validator of the option has accepted the name.
SystemParams preset_params(const std::string& name) {
  const auto params = presets::by_name(name);
  if (!params) throw Error(ErrorKind::kInput, "unknown preset '" + name + "'");
  return *params;
}

/// CLI11 by itself wraps negative numbers and saturates large ones.
std::string check_uint64(const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && rest == end) return "";
  return "'" + text + "' is not an integer from 0 to 2^64 - 1";
}

}  // namespace

CLI::Validator preset_validator() {
  return CLI::Validator(
      [](const std::string& name) {
        if (presets::by_name(name)) return std::string();
        return "'" + name +
               "' is not one of app:11 to app:24, leaf, internal, root, hook, test, testing:H";
      },
      "PRESET");
}

CLI::Option* add_keccak_options(CLI::App& command, KeccakOptions& options) {
  command
      .add_option("--preset", options.preset,
                  "keccak: parameters, app:H for 2^H stacked rows; also leaf, internal, root, hook")
      ->check(preset_validator())
      ->capture_default_str();
  command.add_option("--seed", options.seed, "keccak: seed of the input states")
      ->check(CLI::Validator(check_uint64, ""))
      ->capture_default_str();
  return command
      .add_option("--permutations", options.permutations, "keccak: how many, 24 rows each")
      ->check(CLI::PositiveNumber);
}

ProvingKey keccak_proving_key(const std::string& preset) {
  const Span span("keygen");
  const KeccakAir keccak;
  KeyGenerator generator(preset_params(preset));
  generator.add_air(keccak);
  return generator.generate();
}

unsigned keccak_log_height(const KeccakOptions& options) {
  const unsigned log_rows = preset_params(options.preset).log_stacked_height();
  const std::uint64_t most = (std::uint64_t{1} << log_rows) / KeccakAir::kRounds;
  if (options.permutations > most) {
    throw Error(ErrorKind::kInput,
                fmt::format("--permutations {}: the preset {} has 2^{} rows, enough for {}",
                            options.permutations, options.preset, log_rows, most));
  }
  const std::uint64_t rows = options.permutations * KeccakAir::kRounds;
  return static_cast<unsigned>(std::bit_width(rows - 1));
}

Bundle keccak_traces(const KeccakOptions& options) {
  keccak_log_height(options);
  Bundle bundle;
  bundle.name =
      fmt::format("{} Keccak-f permutations, seed {}", options.permutations, options.seed);
  const Span span("generate_trace");
  Bundle::AirData air;
  air.present = true;
  air.common_main = keccak_trace(
      random_keccak_inputs(static_cast<std::size_t>(options.permutations), options.seed));
  bundle.airs.push_back(std::move(air));
  return bundle;
}

Bundle keccak_bundle(const KeccakOptions& options) {
  keccak_log_height(options);
  ProvingKey key = keccak_proving_key(options.preset);
  Bundle bundle = keccak_traces(options);
  bundle.proving_key = std::move(key);
  return bundle;
}

}  // namespace gyre::cli
