#pragma once

#include <span>

#include "gyre/checker/checker.h"

namespace gyre {

/// Adds the violated constraints of one AIR to `report`. Requires accepted shapes.
void check_constraints(const ProvingKey& key, const AirTraces& traces, const CheckOptions& options,
                       CheckReport& report);

/// Adds the messages that do not balance over all traces. Requires accepted shapes.
void check_buses(const ProvingKey& key, std::span<const AirTraces> traces,
                 const CheckOptions& options, CheckReport& report);

}  // namespace gyre
