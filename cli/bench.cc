#include "bench.h"

#include <fmt/format.h>
#include <tbb/info.h>

#include "gyre/prover.h"
#include "machine.h"

namespace gyre::cli {
namespace {

unsigned threads_in_use(const BenchOptions& options) {
  if (options.backend != "cpu") return 1;
  const auto cores = static_cast<unsigned>(tbb::info::default_concurrency());
  return options.threads == 0 ? cores : std::min(options.threads, cores);
}

}  // namespace

void add_bench_options(CLI::App& command, BenchOptions& options, Format& format) {
  add_backend_options(command, options.backend, options.threads);
  command.add_option("--warmups", options.plan.warmups, "Proofs before those that count")
      ->check(CLI::Range(0u, 1000u))
      ->capture_default_str();
  command.add_option("--repeat", options.plan.repeat, "Proofs that count")
      ->check(CLI::Range(1u, 1000u))
      ->capture_default_str();
  add_memory_limit(command, options.plan.memory_limit)->check(CLI::PositiveNumber);
  command.add_flag("--low-memory", options.plan.low_memory,
                   "Take the least memory, encode again what is opened: the same proof, slower");
  add_path(command, "--out", options.out, "File for the scorecard as JSON");
  add_format(command, format);
}

Json bench_head(const char* benchmark, const BenchOptions& options) {
  return {{"benchmark", benchmark},
          {"version", GYRE_VERSION},
          {"machine", machine_json(this_machine())},
          {"backend", options.backend},
          {"threads", threads_in_use(options)},
          {"warmups", options.plan.warmups},
          {"repeat", options.plan.repeat},
          {"low_memory", options.plan.low_memory},
          {"memory_limit", options.plan.memory_limit}};
}

std::string bench_head_text(const BenchOptions& options) {
  const Machine machine = this_machine();
  return fmt::format("gyre {}, backend {}, {} of {} threads, {}, {:.1f} GB, {}\n", GYRE_VERSION,
                     options.backend, threads_in_use(options), machine.hardware_threads,
                     machine.simd, static_cast<double>(machine.memory_bytes) / 1e9,
                     machine.cpu.empty() ? "unnamed processor" : machine.cpu);
}

void write_scorecard(const BenchOptions& options, const Json& scorecard) {
  Outputs outputs;
  outputs.add(options.out, scorecard.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  outputs.commit();
}

void add_bench(CLI::App& app, Format& format, Action& action) {
  CLI::App* command = app.add_subcommand("bench", "Measure the prover: bench keccak, bench replay");
  command->require_subcommand(1);
  add_bench_keccak(*command, format, action);
  add_bench_replay(*command, format, action);
}

}  // namespace gyre::cli
