#include "machine.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string_view>
#include <thread>

#include "gyre/simd/targets.h"

namespace gyre::cli {
namespace {

/// The text after "key:" on the first such line of a file of /proc.
std::optional<std::string> proc_entry(const char* file, std::string_view key) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string_view name(line.data(), colon);
    if (name.substr(0, name.find_last_not_of(" \t") + 1) != key) continue;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? std::string() : line.substr(begin);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> meminfo_bytes(std::string_view key) {
  const auto entry = proc_entry("/proc/meminfo", key);
  if (!entry) return std::nullopt;
  return std::strtoull(entry->c_str(), nullptr, 10) * 1024;
}

/// The number in a file of the control group; nothing for "max" or where there is none.
std::optional<std::uint64_t> group_bytes(const char* file) {
  std::ifstream stream(file);
  std::uint64_t bytes = 0;
  if (!(stream >> bytes)) return std::nullopt;
  return bytes;
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.cpu = proc_entry("/proc/cpuinfo", "model name").value_or("");
  machine.hardware_threads = std::thread::hardware_concurrency();
  machine.memory_bytes = meminfo_bytes("MemTotal").value_or(0);
  machine.simd = simd::target();
  return machine;
}

Json machine_json(const Machine& machine) {
  return {{"cpu", machine.cpu},
          {"hardware_threads", machine.hardware_threads},
          {"memory_bytes", machine.memory_bytes},
          {"simd", machine.simd}};
}

Json device_json(const DeviceInfo& device) {
  return {{"index", device.index},
          {"name", device.name},
          {"compute_capability", std::to_string(device.major) + "." + std::to_string(device.minor)},
          {"memory_bytes", device.memory_bytes},
          {"free_bytes", device.free_bytes},
          {"multiprocessors", device.multiprocessors}};
}

std::uint64_t available_memory() {
  std::uint64_t available =
      meminfo_bytes("MemAvailable").value_or(std::numeric_limits<std::uint64_t>::max());
  const auto limit = group_bytes("/sys/fs/cgroup/memory.max");
  const auto used = group_bytes("/sys/fs/cgroup/memory.current");
  if (limit && used) available = std::min(available, *limit - std::min(*used, *limit));
  return available;
}

std::uint64_t resident_memory() {
  const auto entry = proc_entry("/proc/self/status", "VmRSS");
  return entry ? std::strtoull(entry->c_str(), nullptr, 10) * 1024 : 0;
}

void reset_process_peak_memory() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

}  // namespace gyre::cli
