#pragma once

#include <cstdint>
#include <string>

#include "command.h"
#include "gyre/bundle/bundle.h"

namespace gyre::cli {

/// What to prove about Keccak-f: this many permutations of pseudo-random states.
struct KeccakOptions {
  std::uint64_t permutations = 0;
  std::string preset = "app:21";
  std::uint64_t seed = 0;
};

/// The options of a command that makes a Keccak-f trace; the returned one is --permutations.
CLI::Option* add_keccak_options(CLI::App& command, KeccakOptions& options);

/// Key of the Keccak-f AIR alone.
ProvingKey keccak_proving_key(const std::string& preset);

/// The key and the trace. gyre::Error(kInput) for more permutations than the preset has rows for.
/// Spans: keygen, generate_trace.
Bundle keccak_bundle(const KeccakOptions& options);

}  // namespace gyre::cli
