#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gyre {

class TelemetryDevice;

/// Work done inside a span, its children included.
struct SpanCounters {
  std::uint64_t dispatches = 0;   ///< parallel loops or kernel launches, fills and device copies
  std::uint64_t bytes_moved = 0;  ///< main-memory traffic that the kernels declare, reads + writes
  std::uint64_t peak_memory = 0;  ///< highest number of bytes in the process's Gyre buffers

  // Of a device with memory of its own; zero without one.
  std::uint64_t host_syncs = 0;         ///< waits of the host for the device
  std::uint64_t bytes_to_device = 0;    ///< copied from the host
  std::uint64_t bytes_from_device = 0;  ///< copied to the host
  std::uint64_t peak_device_bytes = 0;  ///< highest number of bytes in the proof's device memory

  /// Takes in those of an inner span or of a later span of the same name.
  void add(const SpanCounters& other);
};

/// One finished span. Spans form a tree in order of their start.
struct SpanRecord {
  std::string_view name;  ///< a string literal; OpenVM's names
  int parent = -1;        ///< index in Telemetry::spans(), -1 at the top
  unsigned depth = 0;
  double start_seconds = 0;  ///< since the Telemetry was made
  /// On the host. A device works on while the host goes ahead, so where there are device_seconds
  /// this is the time to queue the span's work and to wait for the results that the host reads; it
  /// may wait here for what earlier spans have queued.
  double seconds = 0;
  /// From the device's being done with all that was queued before the span to its being done with
  /// all of the span's, its waits for the host included. Absent where no device was at work, and
  /// until the outermost span or the proof on the device ends.
  std::optional<double> device_seconds;
  double device_start_seconds = 0;  ///< when device_seconds begin, on the clock of start_seconds
  SpanCounters counters;
};

/// Collects the spans of the work done on one thread while a `TelemetryScope` is open there.
/// Off (no scope) costs one thread-local load a span. Not thread-safe: one object per proof. Must
/// outlive its open spans and not be copied while there are any.
class Telemetry {
 public:
  Telemetry();
  Telemetry(const Telemetry&) = default;
  Telemetry& operator=(const Telemetry&) = default;
  virtual ~Telemetry() = default;
  const std::vector<SpanRecord>& spans() const { return spans_; }
  /// Whether any span has device_seconds.
  bool used_device() const;

  /// What the work was done with, in the order of the first mention: "backend", "simd", "threads".
  struct Attribute {
    std::string name, value;
  };
  const std::vector<Attribute>& attributes() const { return attributes_; }
  void set_attribute(std::string_view name, std::string_view value);

  /// Table for people: name (indented), seconds, share of the longest top span, dispatches, GB
  /// moved, peak MB; below it a line of attributes. If a device was used also device seconds,
  /// syncs, MB copied to and from the device, its peak MB.
  std::string table() const;
  /// {"attributes": {"name": "value", ...}, "spans": [{"name", "path", "parent", "start_seconds",
  /// "seconds", "dispatches", "bytes_moved", "peak_memory_bytes"}, ...]}; spans with device times
  /// have also "device_start_seconds", "device_seconds", "host_syncs", "bytes_to_device",
  /// "bytes_from_device", "peak_device_bytes".
  std::string json() const;
  /// Chrome trace-event JSON, one complete event a span: opens in ui.perfetto.dev. Device times are
  /// a second track.
  std::string perfetto_json() const;

  /// Calls `observer` as each span starts, for progress displays. It must not throw.
  void on_span_start(std::function<void(const SpanRecord&)> observer);

 private:
  friend class Span;
  friend class TelemetryDeviceScope;
  friend SpanCounters* open_counters();

  struct OpenSpan {
    int index;
    std::uint64_t peak_before;  ///< of the enclosing span, up to this one's start
    // While a device is attached:
    std::uint64_t device_peak_before = 0;
    unsigned first_mark = 0;
  };
  /// A span that has ended on the host, and the device's marks at its start and end.
  struct MarkedSpan {
    int index;
    unsigned first_mark, last_mark;
  };

  /// Called by spans. Virtual, for a backend in a shared object has its own copy of this library:
  /// its spans, too, are to ask the memory account of the program that made the object.
  virtual void start_span(std::string_view name);
  virtual void end_span();

  void attach(TelemetryDevice& device);
  /// Waits for the device and notes its times.
  void detach();
  void start_on_device(OpenSpan& span);
  void end_on_device(const OpenSpan& span);

  double now() const;
  SpanRecord& record(int index) { return spans_[static_cast<std::size_t>(index)]; }
  std::vector<SpanRecord> spans_;
  std::vector<OpenSpan> open_;  ///< outermost first
  std::vector<Attribute> attributes_;
  std::chrono::steady_clock::time_point origin_;
  std::function<void(const SpanRecord&)> observer_;
  TelemetryDevice* device_ = nullptr;
  double attached_seconds_ = 0;  ///< time of the device's first mark
  std::vector<MarkedSpan> marked_;
};

/// Makes `telemetry` (may be null: off) the collector of the calling thread until destruction.
class TelemetryScope {
 public:
  explicit TelemetryScope(Telemetry* telemetry);
  ~TelemetryScope();
  TelemetryScope(const TelemetryScope&) = delete;
  TelemetryScope& operator=(const TelemetryScope&) = delete;

 private:
  Telemetry* previous_;
};

/// Times its own lifetime as a span of the calling thread's collector.
class Span {
 public:
  /// `name` must be a string literal.
  explicit Span(std::string_view name);
  ~Span();
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

 private:
  Telemetry* telemetry_;
};

/// Sets an attribute of the calling thread's collector.
void note_attribute(std::string_view name, std::string_view value);

/// Each adds to the open spans of the calling thread.
void count_dispatch(std::uint64_t bytes_moved = 0);
/// A wait of the host for a device.
void count_sync();
/// Copies between the host and a device.
void count_upload(std::uint64_t bytes);
void count_download(std::uint64_t bytes);

/// Bytes in Gyre's buffers now, over all threads, and peak resident set of the process.
std::uint64_t buffer_bytes_in_use();
std::uint64_t process_peak_memory();

}  // namespace gyre
