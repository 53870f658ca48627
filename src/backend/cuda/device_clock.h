#pragma once

#include <vector>

#include "backend/cuda/device_memory.h"
#include "backend/cuda/queue.h"
#include "support/telemetry_device.h"

namespace gyre::cuda {

/// What spans see of a queue and its arena: marks are CUDA events, kept for the next proof; ranges
/// are those of NVTX, which Nsight Systems shows. Makes no event before it is attached.
class DeviceClock : public TelemetryDevice {
 public:
  /// Both must outlive it.
  DeviceClock(const Queue& queue, DeviceArena& arena) : queue_(queue), arena_(arena) {}
  ~DeviceClock() override;
  DeviceClock(const DeviceClock&) = delete;
  DeviceClock& operator=(const DeviceClock&) = delete;

  /// Device memory that the next proof uses beside the arena: counts as in use throughout.
  void set_beside_arena(std::uint64_t bytes) { beside_arena_ = bytes; }

  unsigned mark() override;
  /// 0 when CUDA refused one of the marks.
  double seconds_between(unsigned first, unsigned last) override;
  void forget_marks() override { used_ = 0; }
  std::uint64_t peak_bytes() const override { return beside_arena_ + arena_.peak(); }
  std::uint64_t reset_peak() override { return beside_arena_ + arena_.reset_peak(); }
  void raise_peak(std::uint64_t bytes) override {
    if (bytes > beside_arena_) arena_.raise_peak(bytes - beside_arena_);
  }
  void begin_range(std::string_view name) override;
  void end_range() override;

 private:
  const Queue& queue_;
  DeviceArena& arena_;
  std::vector<cudaEvent_t> events_;  ///< null where CUDA gave none
  unsigned used_ = 0;
  std::uint64_t beside_arena_ = 0;
};

}  // namespace gyre::cuda
