#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "backend/backend.h"
#include "gyre/backend/memory_plan.h"
#include "gyre/keys/proving_key.h"
#include "gyre/traces.h"
#include "protocol/statement.h"

namespace gyre {

/// What a prover refuses before it computes anything. All throw gyre::Error.

/// "AIR 3 (name)".
std::string air_label(const ProvingKey& key, std::size_t air);

/// Height of any part that has columns; they all have the same.
std::size_t height_of(const AirTraces& traces);

/// Heights, order and required AIRs: misuse.
void check_input(const ProvingKey& key, std::span<const AirTraces> traces);

/// The statement's linear bounds on heights and the stacked width, which a verifier would refuse:
/// misuse.
void check_limits(const VerifyingKey& key, const Statement& statement,
                  std::span<const StackedCommitment> commitments);

/// A limit that proofs share; 0: all of the backend's memory.
struct MemoryLimit {
  std::uint64_t bytes = 0;
  unsigned proofs_at_once = 1;

  std::uint64_t of(const Backend::Memory& memory) const {
    return bytes != 0 ? bytes : memory.bytes;
  }
};
/// kResource: says how much the proofs at once need and how much there is, and what they would need
/// in low-memory mode where that is less.
[[noreturn]] void refuse_for_memory(const MemoryPlan& plan, const MemoryPlan& low_memory,
                                    const MemoryLimit& limit, const Backend::Memory& memory);

}  // namespace gyre
