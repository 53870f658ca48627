#include <fmt/format.h>

#include <memory>

#include "bench.h"
#include "keccak.h"
#include "thread_limit.h"

namespace gyre::cli {
namespace {

struct Options : BenchOptions {
  KeccakOptions keccak{.permutations = 1024};
};

int bench_keccak(const Options& options, const Format& format) {
  Outputs().expect(options.out);
  const ThreadLimit limit(options.threads);
  Bundle bundle = keccak_bundle(options.keccak);
  const std::vector<AirTraces> traces = bundle.traces();
  const Prover prover(std::move(bundle.proving_key), options.backend, options.threads);
  const ProofMeasurement measurement = measure_proofs(prover, traces, options.plan);

  const MatrixView trace = traces[0].common_main;
  Json scorecard = bench_head("keccak", options);
  scorecard["permutations"] = options.keccak.permutations;
  scorecard["preset"] = options.keccak.preset;
  scorecard["log_stacked_height"] = prover.verifying_key().params.log_stacked_height();
  scorecard["rows"] = trace.height();
  scorecard["columns"] = trace.width();
  add_measurement(scorecard, measurement);
  write_scorecard(options, scorecard);
  if (format.json) {
    print_json(scorecard);
    return kDone;
  }
  fmt::print("{}", bench_head_text(options));
  fmt::print("{} Keccak-f permutations, {}: {} rows of {} columns; {} proofs after {}\n\n",
             grouped(options.keccak.permutations), options.keccak.preset, grouped(trace.height()),
             grouped(trace.width()), options.plan.repeat, options.plan.warmups);
  fmt::print("{}\n", phases_table(measurement.phases));
  fmt::print("{}", upload_line(measurement));
  fmt::print("proof:        {} bytes\n", grouped(measurement.proof_bytes));
  fmt::print("verification: {:.1f} ms on one thread\n", 1e3 * measurement.verify_seconds.median());
  fmt::print("peak memory:  {:.2f} GB\n",
             static_cast<double>(measurement.peak_resident_bytes) / 1e9);
  if (measurement.used_device()) {
    fmt::print("on the device: {:.2f} GB\n",
               static_cast<double>(measurement.peak_device_bytes()) / 1e9);
  }
  if (!measurement.memory_savings.empty()) {
    fmt::print("saves memory: {}\n", measurement.memory_savings);
  }
  return kDone;
}

}  // namespace

void add_bench_keccak(CLI::App& bench, Format& format, Action& action) {
  auto options = std::make_shared<Options>();
  options->plan = {.warmups = 3, .repeat = 5, .verifications = 5};
  CLI::App* command =
      bench.add_subcommand("keccak", "Proofs of Keccak-f permutations, phase by phase");
  add_keccak_options(*command, options->keccak)->capture_default_str();
  add_bench_options(*command, *options, format);
  command->callback(
      [=, &format, &action] { action = [=, &format] { return bench_keccak(*options, format); }; });
}

}  // namespace gyre::cli
