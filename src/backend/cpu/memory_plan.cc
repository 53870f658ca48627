#include "backend/cpu/cpu.h"

namespace gyre::cpu {

MemoryPlan memory_plan(const Context&, const Workload&) {
  return {};
}

}  // namespace gyre::cpu
