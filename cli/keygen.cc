#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "files.h"
#include "keccak.h"
#include "report.h"

namespace gyre::cli {
namespace {

struct Options {
  std::string air, preset = "app:21", out;
};

int keygen_to_file(const Options& options, const Format& format) {
  Outputs outputs;
  outputs.expect(options.out);
  const ProvingKey key = keccak_proving_key(options.preset);
  const auto bytes = encode_verifying_key(key.vk);
  outputs.add(options.out, bytes);
  outputs.commit();
  if (format.json) {
    print_json({{"status", "done"},
                {"out", options.out},
                {"bytes", bytes.size()},
                {"vk_pre_hash", canonical_json(key.vk.pre_hash)}});
  } else {
    fmt::print("wrote {}: {} bytes, pre-hash {}\n", options.out, grouped(bytes.size()),
               canonical_json(key.vk.pre_hash).dump());
  }
  return kDone;
}

}  // namespace

void add_keygen(CLI::App& app, Format& format, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("keygen", "Make a verifying key");
  command->add_option("air", options->air, "keccak: the Keccak-f AIR")
      ->required()
      ->check(CLI::IsMember({"keccak"}));
  command->add_option("--preset", options->preset, "Parameters: app:11..24, leaf, internal, ...")
      ->check(preset_validator())
      ->capture_default_str();
  add_path(*command, "--out", options->out, "File for the key, as vk.postcard in bundles")
      ->required();
  add_format(*command, format);
  command->callback([=, &format, &action] {
    action = [=, &format] { return keygen_to_file(*options, format); };
  });
}

}  // namespace gyre::cli
