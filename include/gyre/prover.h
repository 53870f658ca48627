#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "gyre/keys/proving_key.h"
#include "gyre/proof/proof.h"
#include "gyre/support/telemetry.h"
#include "gyre/traces.h"
#include "gyre/transcript/transcript.h"

namespace gyre {

struct ProveOptions {
  /// Collects spans and counters. Null: off.
  Telemetry* telemetry = nullptr;
  /// Records the transcript for debugging.
  TranscriptLog* transcript_log = nullptr;
  /// Witnesses for the proof-of-work steps with more than 0 bits, in transcript order, in place of
  /// searching. Each must be valid, none left over. For comparison with provers that return any
  /// witness.
  std::optional<std::vector<Fp>> forced_witnesses;
};

/// A proving key prepared for one backend. Immutable; proofs may run concurrently on it.
class Prover {
 public:
  /// `backend`: "cpu" (threads) or "reference" (plain oracle, slow). Misuse for other names.
  /// `threads`: upper bound for the cpu backend; 0 takes every core.
  Prover(ProvingKey key, std::string_view backend = "cpu", unsigned threads = 0);
  ~Prover();
  Prover(Prover&&) noexcept;
  Prover& operator=(Prover&&) noexcept;

  const ProvingKey& proving_key() const;
  const VerifyingKey& verifying_key() const;

  /// Proves that the traces satisfy their AIRs and that all buses balance. One entry per present
  /// AIR, ascending air_index.
  /// Errors (gyre::Error): kMisuse for wrong shapes, an absent required AIR, wrong public values;
  /// kUnsatisfied for unbalanced buses. A trace that violates a constraint gives a proof that does
  /// not verify; the trace checker (air/checker.h) names the constraint.
  Proof prove(std::span<const AirTraces> traces, const ProveOptions& options = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Names of the backends in this build.
std::vector<std::string_view> backend_names();

}  // namespace gyre
