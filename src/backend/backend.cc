#include "backend/backend.h"

#include "support/memory.h"

namespace gyre {

Backend::Memory Backend::memory() const {
  return {.owner = "the machine", .bytes = machine_memory()};
}

std::uint64_t trace_bytes(const Workload& workload) {
  std::uint64_t cells = 0;
  for (const Workload::Trace& trace : workload.traces) {
    const TraceWidth& width = trace.air->width;
    std::uint64_t columns = width.common_main + width.preprocessed.value_or(0);
    for (const auto cached : width.cached_mains) columns += cached;
    cells += columns << trace.log_height;
  }
  return cells * sizeof(Fp);
}

}  // namespace gyre
