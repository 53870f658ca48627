#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gyre {

/// Work done inside a span, its children included.
struct SpanCounters {
  std::uint64_t dispatches = 0;   ///< parallel loops or kernel launches
  std::uint64_t bytes_moved = 0;  ///< main-memory traffic that the kernels declare, reads + writes
  std::uint64_t peak_memory = 0;  ///< highest number of bytes in the process's Gyre buffers
};

/// One finished span. Spans form a tree in order of their start.
struct SpanRecord {
  std::string_view name;  ///< a string literal; OpenVM's names
  int parent = -1;        ///< index in Telemetry::spans(), -1 at the top
  unsigned depth = 0;
  double start_seconds = 0;  ///< since the Telemetry was made
  double seconds = 0;
  SpanCounters counters;
};

/// Collects the spans of the work done on one thread while a `TelemetryScope` is open there.
/// Off (no scope) costs one thread-local load a span. Not thread-safe: one object per proof.
class Telemetry {
 public:
  Telemetry();
  const std::vector<SpanRecord>& spans() const { return spans_; }

  /// What the work was done with, in the order of the first mention: "backend", "simd", "threads".
  struct Attribute {
    std::string name, value;
  };
  const std::vector<Attribute>& attributes() const { return attributes_; }
  void set_attribute(std::string_view name, std::string_view value);

  /// Table for people: name (indented), seconds, share of the longest top span, dispatches, GB
  /// moved, peak MB; below it a line of attributes.
  std::string table() const;
  /// {"attributes": {"name": "value", ...}, "spans": [{"name", "path", "parent", "start_seconds",
  /// "seconds", "dispatches", "bytes_moved", "peak_memory_bytes"}, ...]}
  std::string json() const;
  /// Chrome trace-event JSON, one complete event a span: opens in ui.perfetto.dev.
  std::string perfetto_json() const;

  /// Calls `observer` as each span starts, for progress displays. It must not throw.
  void on_span_start(std::function<void(const SpanRecord&)> observer);

 private:
  friend class Span;
  friend void count_dispatch(std::uint64_t bytes_moved);
  double now() const;
  std::vector<SpanRecord> spans_;
  std::vector<Attribute> attributes_;
  int open_ = -1;
  std::chrono::steady_clock::time_point origin_;
  std::function<void(const SpanRecord&)> observer_;
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
  int index_ = -1;
  std::uint64_t peak_before_ = 0;  ///< of the enclosing span, up to this one's start
};

/// Sets an attribute of the calling thread's collector.
void note_attribute(std::string_view name, std::string_view value);

/// Adds to the open spans of the calling thread.
void count_dispatch(std::uint64_t bytes_moved = 0);

/// Bytes in Gyre's buffers now, over all threads, and peak resident set of the process.
std::uint64_t buffer_bytes_in_use();
std::uint64_t process_peak_memory();

}  // namespace gyre
