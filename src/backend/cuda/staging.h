#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "backend/cuda/handles.h"

namespace gyre::cuda {

/// Pinned memory that copies to the device go through: a few buffers in turn, so that one is filled
/// while others are on their way. Makes each when all before are on their way.
class Staging {
 public:
  /// For work of `stream`, which must outlive it.
  explicit Staging(cudaStream_t stream) : stream_(stream) {}

  static constexpr std::size_t kBytes = std::size_t{4} << 20;  ///< of a buffer

  /// `bytes` of them, 1 to kBytes, for what is queued on the stream before the next call. Waits for
  /// the copies that used the same buffer before.
  char* take(std::size_t bytes);
  /// What is left of the present buffer; all of one when nothing is.
  std::size_t room() const { return used_ < kBytes ? kBytes - used_ : kBytes; }

 private:
  static constexpr unsigned kBuffers = 4;
  static constexpr std::size_t kAlignment = 16;
  struct Buffer {
    PinnedMemory memory{kBytes};
    Event free;  ///< recorded when its last copy was queued
  };

  void change_buffer();

  cudaStream_t stream_;
  std::array<std::optional<Buffer>, kBuffers> buffers_;
  unsigned present_ = 0;
  std::size_t used_ = 0;  ///< bytes taken of the present buffer
};

}  // namespace gyre::cuda
