#include <fmt/format.h>
#include <tbb/global_control.h>

#include <chrono>
#include <memory>
#include <optional>

#include "check.h"
#include "command.h"
#include "files.h"
#include "gyre/bundle/bundle.h"
#include "gyre/prover.h"
#include "gyre/support/error.h"
#include "gyre/verifier.h"
#include "keccak.h"
#include "report.h"

namespace gyre::cli {
namespace {

struct Options {
  std::string air, bundle, out, vk_out, metrics, trace, backend = "cpu";
  KeccakOptions keccak;
  unsigned threads = 0;
  bool no_self_check = false;
};

/// What is to be proven, read or generated under the telemetry of the command.
Bundle load(const Options& options) {
  if (options.bundle.empty()) return keccak_bundle(options.keccak);
  const Span span("read_bundle");
  return read_bundle(options.bundle);
}

/// Says why there is no proof: where the traces fail, as far as the checker sees it.
int report_unsatisfied(const std::string& reason, const ProvingKey& key,
                       std::span<const AirTraces> traces, const Format& format) {
  fmt::print(stderr, "gyre: {}; checking the traces\n", reason);
  const CheckReport report = check_traces(key, traces);
  if (report.ok()) {
    throw std::logic_error(reason + ", but the traces satisfy their AIRs");
  }
  if (format.json) {
    print_json({{"status", "unsatisfied"}, {"error", reason}, {"check", check_json(report)}});
  } else {
    fmt::print("{}", report.text());
  }
  return kInvalid;
}

struct Timing {
  double prove_seconds = 0, verify_seconds = 0;
};

void report_done(const Options& options, const Format& format, const Telemetry& telemetry,
                 const Proof& proof, std::size_t bytes, const Timing& timing) {
  const auto sizes = proof_part_sizes(proof);
  if (format.json) {
    Json spans = Json::parse(telemetry.json())["spans"];
    Json result = {{"status", "proven"},
                   {"out", options.out},
                   {"backend", options.backend},
                   {"prove_seconds", timing.prove_seconds},
                   {"self_check_seconds", nullptr},
                   {"proof_bytes", bytes},
                   {"part_bytes", part_sizes_json(sizes)},
                   {"peak_memory_bytes", process_peak_memory()},
                   {"spans", std::move(spans)}};
    if (!options.no_self_check) result["self_check_seconds"] = timing.verify_seconds;
    print_json(result);
    return;
  }
  fmt::print("{}\n", telemetry.table());
  fmt::print("proof:        {} bytes, {}\n", grouped(bytes), options.out);
  fmt::print("proving time: {:.3f} s\n", timing.prove_seconds);
  if (!options.no_self_check) {
    fmt::print("self-check:   valid, {:.1f} ms\n", 1e3 * timing.verify_seconds);
  }
  fmt::print("peak memory:  {:.2f} GB\n", static_cast<double>(process_peak_memory()) / 1e9);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The proof, or nothing after `code` was set because the traces do not satisfy their AIRs.
std::optional<Proof> prove_checked(const Options& options, const Format& format,
                                   const Prover& prover, std::span<const AirTraces> traces,
                                   Telemetry& telemetry, Timing& timing, int& code) {
  const auto start = std::chrono::steady_clock::now();
  std::optional<Proof> proof;
  std::string reason;
  try {
    ProveOptions prove_options;
    prove_options.telemetry = &telemetry;
    proof = prover.prove(traces, prove_options);
    timing.prove_seconds = seconds_since(start);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnsatisfied) throw;
    reason = error.what();
  }
  if (proof && !options.no_self_check) {
    const Span span("self_check");
    const auto verify_start = std::chrono::steady_clock::now();
    if (const auto error = verify(prover.verifying_key(), *proof)) {
      reason = "the proof does not verify: " + error->path();
      proof.reset();
    }
    timing.verify_seconds = seconds_since(verify_start);
  }
  if (!proof) code = report_unsatisfied(reason, prover.proving_key(), traces, format);
  return proof;
}

int prove_to_file(const Options& options, const Format& format) {
  Outputs outputs;
  for (const std::string* path :
       {&options.out, &options.vk_out, &options.metrics, &options.trace}) {
    outputs.expect(*path);
  }
  // Bounds trace generation too; the prover bounds itself.
  std::optional<tbb::global_control> threads;
  if (options.threads != 0) {
    threads.emplace(tbb::global_control::max_allowed_parallelism, options.threads);
  }
  Telemetry telemetry;
  const TelemetryScope scope(&telemetry);
  Timing timing;
  int code = kDone;
  std::optional<Proof> proof;
  std::vector<std::uint8_t> vk_bytes;
  {
    const Progress progress(telemetry);
    Bundle bundle = load(options);
    const std::vector<AirTraces> traces = bundle.traces();
    auto load_span = std::make_unique<Span>("load_proving_key");
    const Prover prover(std::move(bundle.proving_key), options.backend, options.threads);
    load_span.reset();
    vk_bytes = encode_verifying_key(prover.verifying_key());
    proof = prove_checked(options, format, prover, traces, telemetry, timing, code);
  }
  if (!proof) return code;
  const auto bytes = encode_proof(*proof);
  outputs.add(options.out, bytes);
  outputs.add(options.vk_out, vk_bytes);
  outputs.add(options.metrics, telemetry.json());
  outputs.add(options.trace, telemetry.perfetto_json());
  outputs.commit();
  report_done(options, format, telemetry, *proof, bytes.size(), timing);
  return kDone;
}

}  // namespace

void add_prove(CLI::App& app, Format& format, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "prove", "Prove Keccak-f permutations (prove keccak) or a bundle (prove --bundle DIR)");
  CLI::Option_group* what = command->add_option_group("statement", "One of");
  what->add_option("air", options->air, "keccak: the Keccak-f AIR with a generated trace")
      ->check(CLI::IsMember({"keccak"}));
  CLI::Option* bundle = add_path(*what, "--bundle", options->bundle,
                                 "Folder with a key and traces; docs/bundle.md", "DIR");
  what->require_option(1);
  CLI::Option* permutations = add_keccak_options(*command, options->keccak);
  for (const char* option : {"--permutations", "--preset", "--seed"}) {
    bundle->excludes(command->get_option(option));
  }
  add_path(*command, "--out", options->out, "File for the proof")->required();
  add_path(*command, "--vk-out", options->vk_out, "File for the verifying key");
  const auto names = backend_names();
  command->add_option("--backend", options->backend, "cpu, or reference: plain and slow")
      ->check(CLI::IsMember(std::vector<std::string>(names.begin(), names.end())))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Upper bound on threads; 0: every core")
      ->check(CLI::Range(0u, 4096u))
      ->capture_default_str();
  add_path(*command, "--metrics", options->metrics, "File for spans and counters as JSON");
  add_path(*command, "--trace", options->trace, "File for spans as a ui.perfetto.dev trace");
  command->add_flag("--no-self-check", options->no_self_check,
                    "Write the proof without verifying it first");
  add_format(*command, format);
  command->footer(
      "Exit code 1, and the report of the debug checker, if the traces do not satisfy their AIRs.");
  command->callback([=, &format, &action] {
    if (!options->air.empty() && permutations->count() == 0) {
      throw CLI::RequiredError("--permutations");
    }
    action = [=, &format] { return prove_to_file(*options, format); };
  });
}

}  // namespace gyre::cli
