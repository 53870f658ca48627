#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gyre/backend/devices.h"
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
  /// Bound on MemoryPlan::total(proofs_at_once), in bytes. 0: all of the memory that the backend
  /// computes in, the machine's or the device's. A GPU backend does without as much of what saves
  /// time as it takes to stay below, at the least cost: first columns of the codeword, which are
  /// encoded again when they are opened, then large tiles, layers of the LogUp tree, at last the
  /// codeword as a whole. MemoryPlan::savings says what. The proof is the same. One that needs more
  /// even so is refused before it starts, by other backends one that does not fit as it is.
  /// Without a limit a GPU backend takes 512 MiB or, where that is more, what making the
  /// commitments takes, or the later phases that keep no codeword and two layers of the LogUp tree
  /// less.
  std::uint64_t memory_limit = 0;
  /// Proofs on this prover, this one among them, that the limit is for together.
  unsigned proofs_at_once = 1;
  /// The least memory, more time, the same proof. Keeps no codeword and encodes again what is
  /// opened; a GPU backend saves whatever makes its peak lower.
  bool low_memory = false;
};

/// Height of a present AIR's traces.
struct AirHeight {
  std::size_t air_index = 0;
  unsigned log_height = 0;
};

class ResidentMatrix;

class ColumnMajorTraces;

/// Traces with copies in the memory that a prover's backend computes in, for one proof after the
/// other. Where the backend computes in the machine's memory there are copies of row-major traces
/// alone.
class ResidentTraces {
 public:
  /// Bytes of the copies.
  std::uint64_t bytes() const;

 private:
  friend class Prover;
  const void* prover_ = nullptr;
  std::vector<AirTraces> traces_;
  std::vector<std::shared_ptr<const ResidentMatrix>> copies_;
  std::shared_ptr<const ColumnMajorTraces> column_major_;  ///< where `traces_` views it
};

/// A proving key prepared for one backend. Immutable; proofs may run concurrently on it.
class Prover {
 public:
  /// `backend`: "cpu" (threads), "reference" (plain oracle, slow), "cuda" (NVIDIA GPU 0) or
  /// "cuda:1" (another one). Misuse for other names. gyre::Error(kResource), one sentence, where a
  /// GPU cannot be used: never another backend in its place.
  /// `threads`: upper bound for the cpu backend; 0 takes every core.
  Prover(ProvingKey key, std::string_view backend = "cpu", unsigned threads = 0);
  ~Prover();
  Prover(Prover&&) noexcept;
  Prover& operator=(Prover&&) noexcept;

  const ProvingKey& proving_key() const;
  const VerifyingKey& verifying_key() const;

  /// Proves that the traces satisfy their AIRs and that all buses balance. One entry per present
  /// AIR, ascending air_index. The proof is the same whether traces are column- or row-major.
  /// Errors (gyre::Error): kMisuse for wrong shapes, an absent required AIR, wrong public values;
  /// kUnsatisfied for unbalanced buses; kResource, before anything is computed, for more memory
  /// than there is or than the limit allows. A trace that violates a constraint gives a proof that
  /// does not verify; the trace checker (air/checker.h) names the constraint.
  Proof prove(std::span<const AirTraces> traces, const ProveOptions& options = {}) const;

  /// Copies the traces to where the backend computes. Proofs from the result do without the copy
  /// that a proof from `traces` begins with. The host matrices, which must stay as they are, and
  /// the prover must outlive it. Errors as `prove` for shapes and memory.
  ResidentTraces upload(std::span<const AirTraces> traces) const;
  /// As above. Misuse for traces that another prover uploaded.
  Proof prove(const ResidentTraces& traces, const ProveOptions& options = {}) const;

  /// The GPU of the backend, with its free memory at the moment; nothing for other backends.
  std::optional<DeviceInfo> device() const;

  /// What `prove` will hold for traces of these heights, one entry per present AIR, ascending
  /// air_index, that are not uploaded. Of a GPU backend: what it will hold in the memory of the
  /// device. The reference backend does not plan: its plan has the traces alone. Row-major traces
  /// take as much again on backends that compute in the machine's memory; `prove` counts that in.
  /// Misuse (gyre::Error) for AIRs or heights that the key does not allow.
  MemoryPlan plan(std::span<const AirHeight> heights, const ProveOptions& options = {}) const;

  /// Throws what `prove` would throw for memory, before there are traces.
  void check_memory(std::span<const AirHeight> heights, const ProveOptions& options) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Names of all backends: "cpu", "reference", "cuda". Whether a GPU can be used here is another
/// question.
std::vector<std::string> backend_names();
/// Throws what a Prover would for a name that is none, or names a device where there are none.
void check_backend_name(std::string_view backend);
/// The sentence with which a Prover would refuse the backend on this machine; empty if it would
/// not. Misuse as check_backend_name.
std::string backend_obstacle(std::string_view backend);

}  // namespace gyre
