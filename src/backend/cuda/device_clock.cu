#include "backend/cuda/device_clock.h"

#include <string>

#if !defined(GYRE_CUDA_EMULATED)
#include <nvtx3/nvToolsExt.h>
#endif

namespace gyre::cuda {

DeviceClock::~DeviceClock() {
  for (const cudaEvent_t event : events_) {
    if (event != nullptr) static_cast<void>(cudaEventDestroy(event));
  }
}

unsigned DeviceClock::mark() {
  if (used_ == events_.size()) {
    cudaEvent_t event = nullptr;
    if (cudaEventCreateWithFlags(&event, cudaEventDefault) != cudaSuccess) event = nullptr;
    events_.push_back(event);
  }
  if (events_[used_] != nullptr)
    static_cast<void>(cudaEventRecord(events_[used_], queue_.stream()));
  return used_++;
}

double DeviceClock::seconds_between(unsigned first, unsigned last) {
  if (events_[first] == nullptr || events_[last] == nullptr) return 0;
  float milliseconds = 0;
  if (cudaEventSynchronize(events_[last]) != cudaSuccess ||
      cudaEventElapsedTime(&milliseconds, events_[first], events_[last]) != cudaSuccess) {
    return 0;
  }
  return 1e-3 * static_cast<double>(milliseconds);
}

#if defined(GYRE_CUDA_EMULATED)
void DeviceClock::begin_range(std::string_view) {}
void DeviceClock::end_range() {}
#else
void DeviceClock::begin_range(std::string_view name) {
  nvtxRangePushA(std::string(name).c_str());
}
void DeviceClock::end_range() {
  nvtxRangePop();
}
#endif

}  // namespace gyre::cuda
