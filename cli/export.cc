#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "gyre/bundle/bundle.h"
#include "keccak.h"
#include "report.h"

namespace gyre::cli {
namespace {

struct Options {
  std::string air, out;
  KeccakOptions keccak;
};

int export_bundle(const Options& options, const Format& format) {
  check_bundle_target(options.out);
  const Bundle bundle = keccak_bundle(options.keccak);
  write_bundle(options.out, bundle);
  const std::size_t height = bundle.airs[0].common_main.height();
  if (format.json) {
    print_json({{"status", "done"}, {"out", options.out}, {"rows", height}});
  } else {
    fmt::print("wrote {}: {} rows\n", options.out, grouped(height));
  }
  return kDone;
}

}  // namespace

void add_export(CLI::App& app, Format& format, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("export", "Write an AIR, its key and a trace as a bundle folder");
  command->add_option("air", options->air, "keccak: the Keccak-f AIR")
      ->required()
      ->check(CLI::IsMember({"keccak"}));
  add_keccak_options(*command, options->keccak)->required();
  add_path(*command, "--out", options->out, "Folder to make; it must not exist", "DIR")->required();
  add_format(*command, format);
  command->callback(
      [=, &format, &action] { action = [=, &format] { return export_bundle(*options, format); }; });
}

}  // namespace gyre::cli
