#pragma once

#include <cstdint>
#include <string>

#include "gyre/backend/devices.h"
#include "report.h"

namespace gyre::cli {

/// What the figures of a benchmark were measured on.
struct Machine {
  std::string cpu;  ///< model name; empty where the system does not tell
  unsigned hardware_threads = 0;
  std::uint64_t memory_bytes = 0;
  std::string simd;  ///< instruction set of the kernels in use
};

Machine this_machine();
Json machine_json(const Machine& machine);
Json device_json(const DeviceInfo& device);

/// Bytes that the process could still take without swapping, within the limit of its control group.
/// The largest value where the system does not tell.
std::uint64_t available_memory();

/// Bytes of the process that are in memory now; 0 where the system does not tell.
std::uint64_t resident_memory();

/// Starts process_peak_memory() anew, where the system allows it.
void reset_process_peak_memory();

}  // namespace gyre::cli
