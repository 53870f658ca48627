#pragma once

#include <optional>
#include <string_view>

#include "cost_model.h"

namespace gyre::bench {

/// What one iteration of a benchmark has to do, by its name as Google Benchmark writes it, such as
/// "Ntt<Fp>/22". Nothing for benchmarks without a bound: single operations, whose latency counts,
/// and those that no entry of the table in kernel_work.cc names.
std::optional<Work> kernel_work(std::string_view benchmark);

/// Whether the benchmark uses all threads: those do that take real time.
bool uses_all_threads(std::string_view benchmark);

}  // namespace gyre::bench
