#pragma once

#include <cstdint>
#include <string_view>

namespace gyre {

class Telemetry;

/// A device that works through a queue on its own time, as the spans of a proof see it. Nothing
/// here may throw: a device that fails says so where its results are read. Used by one thread at a
/// time.
class TelemetryDevice {
 public:
  virtual ~TelemetryDevice() = default;

  /// Notes, without waiting, the point that the queue has come to. Returns 0, 1, ... in order.
  virtual unsigned mark() = 0;
  /// Device time from a mark to a later one, once the device has come there.
  virtual double seconds_between(unsigned first, unsigned last) = 0;
  /// The next mark is 0 again.
  virtual void forget_marks() = 0;

  /// The device memory of the proof: its highest use since the last reset.
  virtual std::uint64_t peak_bytes() const = 0;
  /// Starts a new peak at the present use; returns the old one.
  virtual std::uint64_t reset_peak() = 0;
  /// Raises the peak to at least `bytes`.
  virtual void raise_peak(std::uint64_t bytes) = 0;

  /// A named range of the calling thread, for the device vendor's profilers. Ranges nest.
  virtual void begin_range(std::string_view name) = 0;
  virtual void end_range() = 0;

 private:
  friend class Telemetry;
  friend class TelemetryDeviceScope;
  Telemetry* watched_by_ = nullptr;
};

/// Attaches a device to the collector of the calling thread, in place of the one attached there;
/// does nothing when there is none or it has no open span. From then on spans, the open ones
/// included, note when the device comes to their start and end. This ends, with one wait for the
/// device, with the scope, the collector's outermost span or the next attachment.
class TelemetryDeviceScope {
 public:
  explicit TelemetryDeviceScope(TelemetryDevice& device);
  ~TelemetryDeviceScope();
  TelemetryDeviceScope(const TelemetryDeviceScope&) = delete;
  TelemetryDeviceScope& operator=(const TelemetryDeviceScope&) = delete;

 private:
  TelemetryDevice& device_;
};

}  // namespace gyre
