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

/// sums[i] += values[i].
void add_values(Series& sums, const Series& series) {
  sums.values.resize(std::max(sums.values.size(), series.values.size()));
  for (std::size_t i = 0; i < series.values.size(); ++i) sums.values[i] += series.values[i];
}

Json phase_json(const Phase& phase) {
  Json result = {{"path", phase.path},
                 {"seconds", series_json(phase.seconds)},
                 {"peak_buffer_bytes", phase.peak_buffer_bytes}};
  if (!phase.used_device()) return result;
  result["device_seconds"] = series_json(phase.device_seconds);
  result["dispatches"] = phase.counters.dispatches;
  result["host_syncs"] = phase.counters.host_syncs;
  result["bytes_moved"] = phase.counters.bytes_moved;
  result["bytes_to_device"] = phase.counters.bytes_to_device;
  result["bytes_from_device"] = phase.counters.bytes_from_device;
  result["peak_device_bytes"] = phase.counters.peak_device_bytes;
  return result;
}

/// Adds the spans of one run, the `run`-th, to the phases.
void add_run(std::vector<Phase>& phases, const Telemetry& telemetry, std::size_t run) {
  for (Phase& phase : phases) phase.counters = {};
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
    if (span.device_seconds) {
      phase->device_seconds.values.resize(run + 1);
      phase->device_seconds.values[run] += *span.device_seconds;
    }
    phase->counters.add(span.counters);
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
  ProveOptions options;
  options.memory_limit = plan.memory_limit;
  options.low_memory = plan.low_memory;
  for (unsigned i = 0; i < plan.warmups; ++i) proof = prover.prove(*resident, options);
  for (unsigned i = 0; i < plan.repeat; ++i) {
    Telemetry telemetry;
    options.telemetry = &telemetry;
    result.prove_seconds.values.push_back(timed([&] { proof = prover.prove(*resident, options); }));
    add_run(result.phases, telemetry, i);
    for (const Telemetry::Attribute& attribute : telemetry.attributes()) {
      if (attribute.name == "memory_savings") result.memory_savings = attribute.value;
    }
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

void add_phases(std::vector<Phase>& sums, std::span<const Phase> phases) {
  std::size_t place = 0;  // after the phase before
  for (const Phase& phase : phases) {
    const auto known = std::find_if(sums.begin(), sums.end(),
                                    [&](const Phase& sum) { return sum.path == phase.path; });
    if (known == sums.end()) {
      sums.insert(sums.begin() + static_cast<std::ptrdiff_t>(place), phase);
      ++place;
      continue;
    }
    place = static_cast<std::size_t>(known - sums.begin()) + 1;
    add_values(known->seconds, phase.seconds);
    add_values(known->device_seconds, phase.device_seconds);
    known->counters.add(phase.counters);
    known->peak_buffer_bytes = std::max(known->peak_buffer_bytes, phase.peak_buffer_bytes);
  }
}

Json phases_json(std::span<const Phase> phases) {
  Json list = Json::array();
  for (const Phase& phase : phases) list.push_back(phase_json(phase));
  return list;
}

void add_measurement(Json& object, const ProofMeasurement& measurement) {
  if (measurement.device) {
    object["device"] = device_json(*measurement.device);
    object["upload_seconds"] = measurement.upload_seconds;
    object["upload_bytes"] = measurement.upload_bytes;
  }
  object["prove_seconds"] = series_json(measurement.prove_seconds);
  object["verify_seconds"] = series_json(measurement.verify_seconds);
  object["proof_bytes"] = measurement.proof_bytes;
  object["peak_resident_bytes"] = measurement.peak_resident_bytes;
  object["memory_savings"] = measurement.memory_savings;
  if (measurement.used_device()) object["peak_device_bytes"] = measurement.peak_device_bytes();
  object["phases"] = phases_json(measurement.phases);
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
  const Phase& whole = phases.front();
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "{:<{}}  {:>9}  {:>9}  {:>9}  {:>7}  {:>10}", "span", width, "median ms",
                 "min", "max", "share", "peak MB");
  if (whole.used_device()) {
    fmt::format_to(out, "  {:>9}  {:>7}  {:>8}  {:>6}  {:>9}  {:>9}", "device ms", "share",
                   "launches", "syncs", "moved GB", "device MB");
  }
  text += '\n';
  for (const Phase& phase : phases) {
    const std::string name = std::string(2 * phase.depth, ' ') + phase.name;
    const double median = phase.seconds.median();
    fmt::format_to(out, "{:<{}}  {:>9.1f}  {:>9.1f}  {:>9.1f}  {:>5.1f} %  {:>10.1f}", name, width,
                   1e3 * median, 1e3 * phase.seconds.min(), 1e3 * phase.seconds.max(),
                   100 * median / whole.seconds.median(),
                   static_cast<double>(phase.peak_buffer_bytes) / 1e6);
    if (phase.used_device()) {
      const double device_median = phase.device_seconds.median();
      fmt::format_to(out, "  {:>9.3f}  {:>5.1f} %  {:>8}  {:>6}  {:>9.2f}  {:>9.1f}",
                     1e3 * device_median, 100 * device_median / whole.device_seconds.median(),
                     phase.counters.dispatches, phase.counters.host_syncs,
                     static_cast<double>(phase.counters.bytes_moved) / 1e9,
                     static_cast<double>(phase.counters.peak_device_bytes) / 1e6);
    }
    text += '\n';
  }
  return text;
}

}  // namespace gyre::cli
