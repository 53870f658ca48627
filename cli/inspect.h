#pragma once

#include "command.h"
#include "gyre/keys/verifying_key.h"
#include "gyre/proof/proof.h"

namespace gyre::cli {

/// Prints the proof's AIRs, structure and sizes; `bytes` is its encoded size.
int inspect_proof(const Proof& proof, std::size_t bytes, const Format& format);

/// Prints the key's parameters, AIRs, buses and height constraints.
int inspect_key(const VerifyingKey& key, std::size_t bytes, const Format& format);

}  // namespace gyre::cli
