#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gyre/prover.h"
#include "measure.h"

namespace gyre::cli {

/// Where repeated proofs find their traces.
enum class TraceSource {
  kDevice,    ///< copied there before the first one
  kHost,      ///< in the machine's memory, column-major: each proof copies them
  kRowMajor,  ///< the same, row-major
};

/// How many proofs of the same traces, and how many of them at once.
struct RepeatPlan {
  unsigned repeat = 1, in_flight = 1;
  TraceSource source = TraceSource::kDevice;
};

/// What is in use after some of the proofs.
struct MemoryPoint {
  unsigned proofs = 0;  ///< that are done
  std::uint64_t resident_bytes = 0;
  std::optional<std::uint64_t> device_bytes;  ///< on the backend's device, by whomever
};

/// Equal proofs of one statement.
struct RepeatedProofs {
  Proof proof;
  std::vector<std::uint8_t> bytes;  ///< its encoding
  Series latency;                   ///< seconds of each proof, in order of their start
  double seconds = 0;               ///< from the start of the first to the end of the last
  /// Before the first proof, after a tenth of them (at least one) and after the last.
  std::vector<MemoryPoint> memory;

  double per_second() const { return static_cast<double>(latency.values.size()) / seconds; }
};

/// Proves on plan.in_flight threads; the spans of the first proof go to options.telemetry. The
/// memory limit is for all proofs at once.
/// Errors as Prover::prove, the first there is; std::logic_error if two proofs differ.
RepeatedProofs prove_repeatedly(const Prover& prover, std::span<const AirTraces> traces,
                                const ProveOptions& options, const RepeatPlan& plan);

}  // namespace gyre::cli
