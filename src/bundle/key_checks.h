#pragma once

#include "bundle/json_reader.h"
#include "gyre/keys/verifying_key.h"

namespace gyre {

/// Compares what `case.json` says about the key, all of it optional, with the key itself:
/// parameters, pre-hash, trace height constraints. gyre::Error(kInput) for the first difference.
void check_system(const JsonReader& description, const VerifyingKey& key);

/// The same for one entry of `airs`: widths, counts, flags.
void check_air(const JsonReader& description, const AirVerifyingKey& key);

}  // namespace gyre
