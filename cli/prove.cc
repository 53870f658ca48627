#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>

#include "check.h"
#include "command.h"
#include "files.h"
#include "gyre/prover.h"
#include "gyre/support/error.h"
#include "gyre/verifier.h"
#include "repeat.h"
#include "report.h"
#include "thread_limit.h"
#include "work.h"

namespace gyre::cli {
namespace {

struct Options {
  WorkOptions work;
  RepeatPlan repetition;
  std::string trace_source = "device";
  std::string out, vk_out, metrics, trace;
  bool no_self_check = false;
};

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

/// A proof, or why there is none.
struct Attempt {
  std::optional<RepeatedProofs> proven;
  std::string refusal;
  double verify_seconds = 0;
};

Json memory_json(std::span<const MemoryPoint> points) {
  Json list = Json::array();
  for (const MemoryPoint& point : points) {
    Json& entry =
        list.emplace_back(Json{{"proofs", point.proofs}, {"resident_bytes", point.resident_bytes}});
    if (point.device_bytes) entry["device_bytes"] = *point.device_bytes;
  }
  return list;
}

Json done_json(const Options& options, const Telemetry& telemetry, const Attempt& attempt) {
  const RepeatedProofs& proven = *attempt.proven;
  Json metrics = Json::parse(telemetry.json());
  Json result = {{"status", "proven"},
                 {"out", options.out},
                 {"backend", options.work.backend},
                 {"prove_seconds", proven.latency.median()},
                 {"self_check_seconds", nullptr},
                 {"proof_bytes", proven.bytes.size()},
                 {"part_bytes", part_sizes_json(proof_part_sizes(proven.proof))},
                 {"peak_memory_bytes", process_peak_memory()},
                 {"attributes", std::move(metrics["attributes"])},
                 {"spans", std::move(metrics["spans"])}};
  if (!options.no_self_check) result["self_check_seconds"] = attempt.verify_seconds;
  if (options.repetition.repeat > 1) {
    result["repeat"] = options.repetition.repeat;
    result["in_flight"] = options.repetition.in_flight;
    result["proofs_per_second"] = proven.per_second();
    result["latency_seconds"] = series_json(proven.latency);
    result["memory"] = memory_json(proven.memory);
  }
  return result;
}

void report_done(const Options& options, const Format& format, const Telemetry& telemetry,
                 const Attempt& attempt) {
  if (format.json) {
    print_json(done_json(options, telemetry, attempt));
    return;
  }
  const RepeatedProofs& proven = *attempt.proven;
  const Series& latency = proven.latency;
  fmt::print("{}\n", telemetry.table());
  fmt::print("proof:        {} bytes, {}\n", grouped(proven.bytes.size()), options.out);
  fmt::print("proving time: {:.3f} s\n", latency.median());
  if (options.repetition.repeat > 1) {
    fmt::print("latency:      median {:.3f} s, {:.3f} to {:.3f}\n", latency.median(), latency.min(),
               latency.max());
    fmt::print("throughput:   {:.2f} proofs/s: {} equal proofs in {:.3f} s, {} at once\n",
               proven.per_second(), latency.values.size(), proven.seconds,
               options.repetition.in_flight);
  }
  if (!options.no_self_check) {
    fmt::print("self-check:   valid, {:.1f} ms\n", 1e3 * attempt.verify_seconds);
  }
  fmt::print("peak memory:  {:.2f} GB\n", static_cast<double>(process_peak_memory()) / 1e9);
}

/// Proves and, unless told otherwise, verifies the proof: it does not verify when a trace violates
/// a constraint.
Attempt attempt_proof(const Prover& prover, std::span<const AirTraces> traces,
                      const Options& options, Telemetry& telemetry) {
  Attempt attempt;
  try {
    ProveOptions prove_options = options.work.prove_options();
    prove_options.telemetry = &telemetry;
    attempt.proven = prove_repeatedly(prover, traces, prove_options, options.repetition);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnsatisfied) throw;
    attempt.refusal = error.what();
    return attempt;
  }
  if (options.no_self_check) return attempt;

  const Span span("self_check");
  std::optional<VerifyError> error;
  attempt.verify_seconds =
      timed([&] { error = verify(prover.verifying_key(), attempt.proven->proof); });
  if (error) {
    attempt.refusal = "the proof does not verify: " + error->path();
    attempt.proven.reset();
  }
  return attempt;
}

int prove_to_file(const Options& options, const Format& format) {
  Outputs outputs;
  for (const std::string* path :
       {&options.out, &options.vk_out, &options.metrics, &options.trace}) {
    outputs.expect(*path);
  }
  // Trace generation too; the prover bounds itself.
  const ThreadLimit limit(options.work.threads);
  Telemetry telemetry;
  const TelemetryScope scope(&telemetry);
  std::optional<Progress> progress(std::in_place, telemetry);
  LoadedWork work = load_work(options.work);
  const Prover& prover = work.prover;
  prover.check_memory(work.heights, options.work.prove_options());
  work.generate(options.work);
  const std::vector<AirTraces> traces = work.bundle.traces();
  const Attempt attempt = attempt_proof(prover, traces, options, telemetry);
  progress.reset();
  if (!attempt.proven) {
    return report_unsatisfied(attempt.refusal, prover.proving_key(), traces, format);
  }
  outputs.add(options.out, attempt.proven->bytes);
  outputs.add(options.vk_out, encode_verifying_key(prover.verifying_key()));
  outputs.add(options.metrics, telemetry.json());
  outputs.add(options.trace, telemetry.perfetto_json());
  outputs.commit();
  report_done(options, format, telemetry, attempt);
  return kDone;
}

}  // namespace

void add_prove(CLI::App& app, Format& format, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "prove", "Prove Keccak-f permutations (prove keccak) or a bundle (prove --bundle DIR)");
  add_work_options(*command, options->work);
  add_path(*command, "--out", options->out, "File for the proof")->required();
  add_path(*command, "--vk-out", options->vk_out, "File for the verifying key");
  add_path(*command, "--metrics", options->metrics, "File for spans and counters as JSON");
  add_path(*command, "--trace", options->trace, "File for spans as a ui.perfetto.dev trace");
  command->add_flag("--no-self-check", options->no_self_check,
                    "Write the proof without verifying it first");
  command
      ->add_option("--repeat", options->repetition.repeat,
                   "Prove the same so many times: all proofs must be equal, one is written")
      ->check(CLI::Range(1u, 1000000u))
      ->capture_default_str();
  command
      ->add_option("--in-flight", options->repetition.in_flight,
                   "Proofs at once, each on a thread of its own")
      ->check(CLI::Range(1u, 1024u))
      ->capture_default_str();
  command
      ->add_option(
          "--trace-source", options->trace_source,
          "Where repeated proofs find the traces: device (copied there once), host (copied "
          "for each proof) or row-major (the same, from row-major values)")
      ->check(CLI::IsMember({"device", "host", "row-major"}))
      ->capture_default_str();
  add_format(*command, format);
  command->footer(
      "Exit code 1, and the report of the debug checker, if the traces do not satisfy their AIRs.");
  command->callback([=, &format, &action] {
    check_work_options(*command, options->work);
    if (options->trace_source == "host") options->repetition.source = TraceSource::kHost;
    if (options->trace_source == "row-major") options->repetition.source = TraceSource::kRowMajor;
    action = [=, &format] { return prove_to_file(*options, format); };
  });
}

}  // namespace gyre::cli
