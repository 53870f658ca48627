#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "gyre/backend/memory_plan.h"
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
  /// Bound on MemoryPlan::total(), in bytes. A proof that needs more is refused before it starts.
  /// 0: the machine's memory.
  std::uint64_t memory_limit = 0;
  /// Keeps no codeword and encodes again what is opened: less memory, more time, the same proof.
  bool low_memory = false;
};

/// Height of a present AIR's traces.
struct AirHeight {
  std::size_t air_index = 0;
  unsigned log_height = 0;
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
  /// kUnsatisfied for unbalanced buses; kResource, before anything is computed, for more memory
  /// than there is or than the limit allows. A trace that violates a constraint gives a proof that
  /// does not verify; the trace checker (air/checker.h) names the constraint.
  Proof prove(std::span<const AirTraces> traces, const ProveOptions& options = {}) const;

  /// What `prove` will hold for traces of these heights, one entry per present AIR, ascending
  /// air_index. The reference backend does not plan: its plan has the traces alone.
  /// Misuse (gyre::Error) for AIRs or heights that the key does not allow.
  MemoryPlan plan(std::span<const AirHeight> heights, bool low_memory = false) const;

  /// Throws what `prove` would throw for memory, before there are traces.
  void check_memory(std::span<const AirHeight> heights, const ProveOptions& options) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Names of the backends in this build.
std::vector<std::string_view> backend_names();

}  // namespace gyre
