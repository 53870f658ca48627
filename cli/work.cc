#include "work.h"

#include "command.h"
#include "gyre/support/telemetry.h"

namespace gyre::cli {
namespace {

Prover load_prover(ProvingKey key, const WorkOptions& options) {
  const Span span("load_proving_key");
  return Prover(std::move(key), options.backend, options.threads);
}

std::vector<AirHeight> heights_of(std::span<const AirTraces> traces) {
  std::vector<AirHeight> heights;
  for (const AirTraces& trace : traces) {
    const MatrixView& part =
        trace.common_main.width() != 0 ? trace.common_main : trace.cached_mains.front();
    heights.push_back({.air_index = trace.air_index, .log_height = part.log_height()});
  }
  return heights;
}

}  // namespace

ProveOptions WorkOptions::prove_options() const {
  ProveOptions options;
  options.memory_limit = memory_limit;
  options.low_memory = low_memory;
  return options;
}

void add_work_options(CLI::App& command, WorkOptions& options) {
  CLI::Option_group* what = command.add_option_group("statement", "One of");
  what->add_option("air", options.air, "keccak: the Keccak-f AIR with a generated trace")
      ->check(CLI::IsMember({"keccak"}));
  CLI::Option* bundle = add_path(*what, "--bundle", options.bundle,
                                 "Folder with a key and traces; docs/bundle.md", "DIR");
  what->require_option(1);
  add_keccak_options(command, options.keccak);
  for (const char* option : {"--permutations", "--preset", "--seed"}) {
    bundle->excludes(command.get_option(option));
  }
  add_backend_options(command, options.backend, options.threads);
  add_memory_limit(command, options.memory_limit);
  command.add_flag("--low-memory", options.low_memory,
                   "Take the least memory, encode again what is opened: the same proof, slower");
}

void check_work_options(const CLI::App& command, const WorkOptions& options) {
  if (!options.air.empty() && command.get_option("--permutations")->count() == 0) {
    throw CLI::RequiredError("--permutations");
  }
}

void LoadedWork::generate(const WorkOptions& options) {
  if (bundle.airs.empty()) bundle = keccak_traces(options.keccak);
}

LoadedWork load_work(const WorkOptions& options) {
  if (options.bundle.empty()) {
    const unsigned log_height = keccak_log_height(options.keccak);
    return {.prover = load_prover(keccak_proving_key(options.keccak.preset), options),
            .bundle = {},
            .heights = {{.air_index = 0, .log_height = log_height}}};
  }
  Bundle bundle = [&] {
    const Span span("read_bundle");
    return read_bundle(options.bundle);
  }();
  ProvingKey key = std::move(bundle.proving_key);
  std::vector<AirHeight> heights = heights_of(bundle.traces());
  return {.prover = load_prover(std::move(key), options),
          .bundle = std::move(bundle),
          .heights = std::move(heights)};
}

}  // namespace gyre::cli
