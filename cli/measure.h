#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gyre/prover.h"
#include "report.h"

namespace gyre::cli {

/// Repeated measurements of one quantity.
struct Series {
  std::vector<double> values;  ///< in order of the runs; at least one, or there is no median

  double median() const;
  double min() const;
  double max() const;
};
/// {"median", "min", "max", "runs"}.
Json series_json(const Series& series);

/// A span of the proof, over all runs; spans of the same path are added up.
struct Phase {
  std::string path;  ///< names from the whole proof down, joined by '/'
  std::string name;
  unsigned depth = 0;
  Series seconds;
  std::uint64_t peak_buffer_bytes = 0;  ///< highest of the runs
  Series device_seconds;                ///< without values where no device was at work
  SpanCounters counters;                ///< of the last run

  bool used_device() const { return !device_seconds.values.empty(); }
};

/// Proofs made again and again from the same traces.
struct ProofMeasurement {
  Series prove_seconds;
  Series verify_seconds;
  std::vector<Phase> phases;  ///< in order of their start; the whole proof first
  std::size_t proof_bytes = 0;
  std::string memory_savings;        ///< of the last proof, as MemoryPlan has them
  std::optional<DeviceInfo> device;  ///< that the proofs were made on
  double upload_seconds = 0;         ///< of the traces to the device, before the proofs
  std::uint64_t upload_bytes = 0;
  std::uint64_t peak_resident_bytes = 0;  ///< of the process while it proved

  bool used_device() const { return phases.front().used_device(); }
  std::uint64_t peak_device_bytes() const { return phases.front().counters.peak_device_bytes; }
};

/// How often: `warmups` proofs that do not count, then `repeat` (at least 1) that do. The last one
/// is verified `verifications` times (at least 1) on the calling thread.
struct MeasurePlan {
  unsigned warmups = 0, repeat = 1, verifications = 1;
  std::uint64_t memory_limit = 0;  ///< as in ProveOptions
  bool low_memory = false;         ///< the same
};

/// The traces are copied to the backend's device, if it has one, before the proofs.
/// gyre::Error(kUnsatisfied) if the proof does not verify.
ProofMeasurement measure_proofs(const Prover& prover, std::span<const AirTraces> traces,
                                const MeasurePlan& plan);

/// Adds the members "prove_seconds", "verify_seconds", "phases", ... to `object`;
/// "peak_device_bytes" and, in phases, the device's times and counters only if a device was used.
void add_measurement(Json& object, const ProofMeasurement& measurement);

/// The device and the upload of the traces, in one line; empty without a device.
std::string upload_line(const ProofMeasurement& measurement);

/// Adds the phases of one measurement to the sums over several with the same number of runs: times
/// run by run, counters in sum, peaks in maximum.
void add_phases(std::vector<Phase>& sums, std::span<const Phase> phases);

/// [{"path", "seconds", "peak_buffer_bytes"}, ...]; of phases with device times also
/// "device_seconds", "dispatches", "host_syncs", "bytes_moved", "bytes_to_device",
/// "bytes_from_device", "peak_device_bytes".
Json phases_json(std::span<const Phase> phases);

/// Table of the phases: median, range, share of the whole, peak memory; if a device was used also
/// its median and its share in that of the whole, launches, syncs and peak memory.
std::string phases_table(std::span<const Phase> phases);

/// Seconds that a call takes.
template <class Function>
double timed(Function&& function) {
  const auto start = std::chrono::steady_clock::now();
  function();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace gyre::cli
