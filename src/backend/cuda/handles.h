#pragma once

#include <cstddef>

#include "backend/cuda/cuda_api.h"
#include "backend/cuda/device.h"

namespace gyre::cuda {

/// Owners of what the CUDA runtime hands out for the current device. Constructors:
/// gyre::Error(kResource) when CUDA refuses.

/// A stream that does not wait for the default one. Its owner waits for its work before it ends.
class Stream {
 public:
  /// The blocks of kernels of a higher urgency go before those that wait in other streams; as far
  /// as the device tells so many apart.
  explicit Stream(int urgency = 0) {
    int least = 0, greatest = 0;
    check(cudaDeviceGetStreamPriorityRange(&least, &greatest), "reading the priorities of streams");
    const int priority = least - urgency < greatest ? greatest : least - urgency;
    check(cudaStreamCreateWithPriority(&stream_, cudaStreamNonBlocking, priority),
          "creating a stream");
  }
  ~Stream() { static_cast<void>(cudaStreamDestroy(stream_)); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  operator cudaStream_t() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

/// A point in a stream, without a time.
class Event {
 public:
  Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "creating an event"); }
  ~Event() { static_cast<void>(cudaEventDestroy(event_)); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void record(cudaStream_t stream) { check(cudaEventRecord(event_, stream), "recording an event"); }
  /// The host waits for it; not at all if it was never recorded.
  void wait() const { check(cudaEventSynchronize(event_), "waiting for an event"); }
  /// What was queued before its recording is done; also if it was never recorded.
  bool passed() const {
    const cudaError_t status = cudaEventQuery(event_);
    if (status == cudaErrorNotReady) {
      static_cast<void>(cudaGetLastError());  // or the next launch would seem to have failed
      return false;
    }
    check(status, "asking for an event");
    return true;
  }
  /// What follows on `stream` waits for it.
  void hold(cudaStream_t stream) const {
    check(cudaStreamWaitEvent(stream, event_), "ordering two streams");
  }
  operator cudaEvent_t() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

/// Host memory that the device reads and writes by itself, at the same address.
class PinnedMemory {
 public:
  explicit PinnedMemory(std::size_t bytes) : size_(bytes) {
    check(cudaHostAlloc(&memory_, bytes, cudaHostAllocDefault), "pinned memory");
  }
  ~PinnedMemory() { static_cast<void>(cudaFreeHost(memory_)); }
  PinnedMemory(const PinnedMemory&) = delete;
  PinnedMemory& operator=(const PinnedMemory&) = delete;
  char* data() const { return static_cast<char*>(memory_); }
  std::size_t size() const { return size_; }

 private:
  void* memory_ = nullptr;
  std::size_t size_;
};

}  // namespace gyre::cuda
