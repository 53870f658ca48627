#include "backend/cuda/staging.h"

namespace gyre::cuda {

char* Staging::take(std::size_t bytes) {
  if (bytes > kBytes - used_) {
    buffers_[present_]->free.record(stream_);
    present_ = (present_ + 1) % kBuffers;
    used_ = 0;
    if (buffers_[present_]) buffers_[present_]->free.wait();
  }
  if (!buffers_[present_]) buffers_[present_].emplace();
  char* const memory = buffers_[present_]->memory.data() + used_;
  used_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  return memory;
}

}  // namespace gyre::cuda
