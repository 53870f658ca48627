#pragma once

#include <span>

#include "backend/backend.h"
#include "protocol/statement.h"

namespace gyre {

/// What a backend needs to know of a proof to lay out its memory. `commitments` are those of the
/// statement and must outlive the result.
Workload workload(const Statement& statement, std::span<const StackedCommitment> commitments,
                  bool low_memory);

}  // namespace gyre
