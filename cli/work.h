#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "gyre/bundle/bundle.h"
#include "gyre/prover.h"
#include "keccak.h"

namespace gyre::cli {

/// What `prove` and `plan` are about, and how it is to be proven.
struct WorkOptions {
  std::string air, bundle, backend = "cpu";
  KeccakOptions keccak;
  unsigned threads = 0;
  std::uint64_t memory_limit = 0;
  bool low_memory = false;

  ProveOptions prove_options() const;
};

/// Adds keccak or --bundle with its options, --backend, --threads, --memory-limit, --low-memory.
void add_work_options(CLI::App& command, WorkOptions& options);
/// Misuse of the command line that only shows when it is whole.
void check_work_options(const CLI::App& command, const WorkOptions& options);

/// A prover and, for bundles, the traces that were read with its key.
struct LoadedWork {
  Prover prover;
  Bundle bundle;  ///< without its key; no AIRs before generate()
  std::vector<AirHeight> heights;

  /// Makes the traces that are not there yet.
  void generate(const WorkOptions& options);
};
/// Spans: read_bundle or keygen, load_proving_key.
LoadedWork load_work(const WorkOptions& options);

}  // namespace gyre::cli
