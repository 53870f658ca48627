#include "support/memory.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>

namespace gyre {
namespace {

std::atomic<std::uint64_t> bytes_in_use{0};
std::atomic<std::uint64_t> bytes_peak{0};

}  // namespace

void MemoryAccount::acquire(std::uint64_t bytes) {
  raise_peak(bytes_in_use += bytes);
}

void MemoryAccount::release(std::uint64_t bytes) {
  bytes_in_use -= bytes;
}

std::uint64_t MemoryAccount::in_use() {
  return bytes_in_use;
}

std::uint64_t MemoryAccount::peak() {
  return bytes_peak;
}

std::uint64_t MemoryAccount::reset_peak() {
  return bytes_peak.exchange(bytes_in_use);
}

void MemoryAccount::raise_peak(std::uint64_t bytes) {
  std::uint64_t seen = bytes_peak;
  while (seen < bytes && !bytes_peak.compare_exchange_weak(seen, bytes)) {
  }
}

std::uint64_t machine_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return UINT64_MAX;
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
}

}  // namespace gyre
