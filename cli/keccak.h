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

/// Key of the Keccak-f AIR alone. Span: keygen.
ProvingKey keccak_proving_key(const std::string& preset);

/// log2 of the rows of the trace. gyre::Error(kInput) for more permutations than the preset has
/// rows for.
unsigned keccak_log_height(const KeccakOptions& options);

/// The trace alone: a bundle without a key. Span: generate_trace.
Bundle keccak_traces(const KeccakOptions& options);

/// The key and the trace.
Bundle keccak_bundle(const KeccakOptions& options);

}  // namespace gyre::cli
