#pragma once

#include <string>

#include "command.h"
#include "files.h"
#include "measure.h"

namespace gyre::cli {

/// What every benchmark of the command takes.
struct BenchOptions {
  std::string backend = "cpu", out;
  unsigned threads = 0;
  MeasurePlan plan;
};

/// --backend, --threads, --warmups, --repeat, --memory-limit, --low-memory, --out and --json, with
/// the values in `options` as defaults.
void add_bench_options(CLI::App& command, BenchOptions& options, Format& format);

void add_bench_keccak(CLI::App& bench, Format& format, Action& action);
void add_bench_replay(CLI::App& bench, Format& format, Action& action);

/// The head of a scorecard: {"benchmark", "version", "machine", "backend", "threads", "warmups",
/// "repeat", "low_memory", "memory_limit"}.
Json bench_head(const char* benchmark, const BenchOptions& options);
/// The same for people, in one line.
std::string bench_head_text(const BenchOptions& options);

/// Writes the scorecard to the file of --out, if that was given, in place of what was there.
void write_scorecard(const BenchOptions& options, const Json& scorecard);

}  // namespace gyre::cli
