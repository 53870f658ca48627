#include "backend/cuda/staging.h"

namespace gyre::cuda {

/// The next one whose copies are done, or a new one, or the next of all.
void Staging::change_buffer() {
  buffers_[present_]->free.record(stream_);
  used_ = 0;
  const unsigned full = present_;
  for (present_ = (full + 1) % kBuffers; present_ != full; present_ = (present_ + 1) % kBuffers) {
    if (buffers_[present_] && buffers_[present_]->free.passed()) return;
  }
  for (present_ = (full + 1) % kBuffers; present_ != full; present_ = (present_ + 1) % kBuffers) {
    if (!buffers_[present_]) return;
  }
  present_ = (full + 1) % kBuffers;
  buffers_[present_]->free.wait();
}

char* Staging::take(std::size_t bytes) {
  if (bytes > kBytes - used_) change_buffer();
  if (!buffers_[present_]) buffers_[present_].emplace();
  char* const memory = buffers_[present_]->memory.data() + used_;
  used_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  return memory;
}

}  // namespace gyre::cuda
