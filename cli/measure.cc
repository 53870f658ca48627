#include "measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "gyre/support/error.h"
#include "gyre/verifier.h"
#include "machine.h"

namespace gyre::cli {
namespace {

std::string path_of(const std::vector<SpanRecord>& spans, const SpanRecord& span) {
  if (span.parent < 0) return std::string(span.name);
  return path_of(spans, spans[static_cast<std::size_t>(span.parent)]) + "/" +
         std::string(span.name);
}

/// Adds the spans of one run, the `run`-th, to the phases.
void add_run(std::vector<Phase>& phases, const Telemetry& telemetry, std::size_t run) {
  for (const SpanRecord& span : telemetry.spans()) {
    const std::string path = path_of(telemetry.spans(), span);
    auto phase = std::find_if(phases.begin(), phases.end(),
                              [&](const Phase& other) { return other.path == path; });
    if (phase == phases.end()) {
      phases.push_back({.path = path, .name = std::string(span.name), .depth = span.depth});
      phase = phases.end() - 1;
    }
    phase->seconds.values.resize(run + 1);
    phase->seconds.values[run] += span.seconds;
    phase->peak_buffer_bytes = std::max(phase->peak_buffer_bytes, span.counters.peak_memory);
  }
}

}  // namespace

double Series::median() const {
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double Series::min() const {
  return *std::min_element(values.begin(), values.end());
}

double Series::max() const {
  return *std::max_element(values.begin(), values.end());
}

Json series_json(const Series& series) {
  return {{"median", series.median()},
          {"min", series.min()},
          {"max", series.max()},
          {"runs", series.values}};
}

ProofMeasurement measure_proofs(const Prover& prover, std::span<const AirTraces> traces,
                                const MeasurePlan& plan) {
  reset_process_peak_memory();
  ProofMeasurement result;
  result.device = prover.device();
  std::optional<ResidentTraces> resident;
  result.upload_seconds = timed([&] { resident = prover.upload(traces); });
  result.upload_bytes = resident->bytes();
  std::optional<Proof> proof;
  for (unsigned i = 0; i < plan.warmups; ++i) proof = prover.prove(*resident);
  for (unsigned i = 0; i < plan.repeat; ++i) {
    Telemetry telemetry;
    ProveOptions options;
    options.telemetry = &telemetry;
    result.prove_seconds.values.push_back(timed([&] { proof = prover.prove(*resident, options); }));
    add_run(result.phases, telemetry, i);
  }
  result.peak_resident_bytes = process_peak_memory();
  result.proof_bytes = encode_proof(*proof).size();
  for (unsigned i = 0; i < plan.verifications; ++i) {
    std::optional<VerifyError> error;
    result.verify_seconds.values.push_back(
        timed([&] { error = verify(prover.verifying_key(), *proof); }));
    if (error) {
      throw Error(ErrorKind::kUnsatisfied, "the proof does not verify: " + error->path());
    }
  }
  return result;
}

void add_measurement(Json& object, const ProofMeasurement& measurement) {
  Json phases = Json::array();
  for (const Phase& phase : measurement.phases) {
    phases.push_back({{"path", phase.path},
                      {"seconds", series_json(phase.seconds)},
                      {"peak_buffer_bytes", phase.peak_buffer_bytes}});
  }
  if (measurement.device) {
    object["device"] = device_json(*measurement.device);
    object["upload_seconds"] = measurement.upload_seconds;
    object["upload_bytes"] = measurement.upload_bytes;
  }
  object["prove_seconds"] = series_json(measurement.prove_seconds);
  object["verify_seconds"] = series_json(measurement.verify_seconds);
  object["proof_bytes"] = measurement.proof_bytes;
  object["peak_resident_bytes"] = measurement.peak_resident_bytes;
  object["phases"] = std::move(phases);
}

std::string upload_line(const ProofMeasurement& measurement) {
  if (!measurement.device) return "";
  return fmt::format("traces on {}: {:.2f} GB uploaded in {:.3f} s before the proofs\n",
                     measurement.device->name, static_cast<double>(measurement.upload_bytes) / 1e9,
                     measurement.upload_seconds);
}

std::string phases_table(std::span<const Phase> phases) {
  std::size_t width = 4;
  for (const Phase& phase : phases) width = std::max(width, 2 * phase.depth + phase.name.size());
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{:<{}}  {:>9}  {:>9}  {:>9}  {:>7}  {:>10}\n", "span", width, "median ms",
                 "min", "max", "share", "peak MB");
  for (const Phase& phase : phases) {
    const std::string name = std::string(2 * phase.depth, ' ') + phase.name;
    const double median = phase.seconds.median();
    fmt::format_to(out, "{:<{}}  {:>9.1f}  {:>9.1f}  {:>9.1f}  {:>5.1f} %  {:>10.1f}\n", name,
                   width, 1e3 * median, 1e3 * phase.seconds.min(), 1e3 * phase.seconds.max(),
                   100 * median / phases.front().seconds.median(),
                   static_cast<double>(phase.peak_buffer_bytes) / 1e6);
  }
  return text;
}

}  // namespace gyre::cli
