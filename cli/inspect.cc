#include "inspect.h"

#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "files.h"
#include "gyre/support/error.h"
#include "report.h"

namespace gyre::cli {
namespace {

struct Options {
  std::string file, vk, proof;
};

int inspect_unknown(const std::string& path, const Format& format) {
  const auto bytes = read_input(path);
  const auto proof = decode_proof(bytes);
  if (proof) return inspect_proof(*proof, bytes.size(), format);
  const auto key = decode_verifying_key(bytes);
  if (key) return inspect_key(*key, bytes.size(), format);
  throw Error(ErrorKind::kInput, fmt::format("{}: neither a proof ({}) nor a verifying key ({})",
                                             path, proof.error().message(), key.error().message()));
}

int inspect(const Options& options, const Format& format) {
  if (!options.file.empty()) return inspect_unknown(options.file, format);
  if (!options.vk.empty()) {
    return inspect_key(read_key(options.vk), read_input(options.vk).size(), format);
  }
  const auto bytes = read_input(options.proof);
  const auto proof = decode_proof(bytes);
  if (!proof) {
    throw Error(ErrorKind::kInput,
                fmt::format("{}: not a proof: {}", options.proof, proof.error().message()));
  }
  return inspect_proof(*proof, bytes.size(), format);
}

}  // namespace

void add_inspect(CLI::App& app, Format& format, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("inspect", "Show what is in a proof or in a verifying key");
  CLI::Option_group* which = command->add_option_group("input", "One of");
  add_path(*which, "file", options->file, "A proof or a verifying key, whichever it is");
  add_path(*which, "--vk", options->vk, "A verifying key: parameters, AIRs, widths, buses");
  add_path(*which, "--proof", options->proof, "A proof: AIRs, heights, structure, sizes by part");
  which->require_option(1);
  add_format(*command, format);
  command->callback(
      [=, &format, &action] { action = [=, &format] { return inspect(*options, format); }; });
}

}  // namespace gyre::cli
