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

/// kResource if `plan` needs more than `limit` bytes; 0: than there are of the backend's memory.
/// The message says how much, and what low-memory mode would need where that is less.
void require_memory(const MemoryPlan& plan, std::uint64_t limit, const Backend::Memory& memory,
                    std::uint64_t low_memory_total);

}  // namespace gyre
