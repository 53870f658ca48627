#include "gyre/support/telemetry.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <utility>

#include "support/collector.h"
#include "support/memory.h"

namespace gyre {
namespace {

thread_local Telemetry* own_collector = nullptr;

Telemetry** own_slot() {
  return &own_collector;
}

std::atomic<CollectorSlot> slot_in_use{&own_slot};

/// The collector of the calling thread.
Telemetry*& collector() {
  return *slot_in_use.load(std::memory_order_relaxed)();
}

/// Span names are literals of the program, but a quote in one must not break the file.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result += '"';
}

std::string path(const std::vector<SpanRecord>& spans, const SpanRecord& span) {
  if (span.parent < 0) return std::string(span.name);
  return path(spans, spans[static_cast<std::size_t>(span.parent)]) + "/" + std::string(span.name);
}

}  // namespace

Telemetry::Telemetry() : origin_(std::chrono::steady_clock::now()) {}

void Telemetry::on_span_start(std::function<void(const SpanRecord&)> observer) {
  observer_ = std::move(observer);
}

void Telemetry::set_attribute(std::string_view name, std::string_view value) {
  const auto known = std::find_if(attributes_.begin(), attributes_.end(),
                                  [&](const Attribute& a) { return a.name == name; });
  if (known != attributes_.end()) {
    known->value = value;
  } else {
    attributes_.push_back({std::string(name), std::string(value)});
  }
}

double Telemetry::now() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - origin_).count();
}

std::string Telemetry::table() const {
  double longest = 0;
  std::size_t name_width = 4;
  for (const SpanRecord& span : spans_) {
    if (span.parent < 0) longest = std::max(longest, span.seconds);
    name_width = std::max(name_width, 2 * span.depth + span.name.size());
  }
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{:<{}}  {:>10}  {:>7}  {:>10}  {:>9}  {:>9}\n", "span", name_width, "time",
                 "share", "dispatches", "moved GB", "peak MB");
  for (const SpanRecord& span : spans_) {
    const std::string name = std::string(2 * span.depth, ' ') + std::string(span.name);
    const double share = longest > 0 ? 100 * span.seconds / longest : 0;
    fmt::format_to(out, "{:<{}}  {:>8.3f} s  {:>5.1f} %  {:>10}  {:>9.2f}  {:>9.1f}\n", name,
                   name_width, span.seconds, share, span.counters.dispatches,
                   static_cast<double>(span.counters.bytes_moved) / 1e9,
                   static_cast<double>(span.counters.peak_memory) / 1e6);
  }
  const char* separator = "";
  for (const Attribute& attribute : attributes_) {
    fmt::format_to(out, "{}{} {}", std::exchange(separator, ", "), attribute.name, attribute.value);
  }
  if (!attributes_.empty()) text += '\n';
  return text;
}

std::string Telemetry::json() const {
  std::string text = "{\"attributes\": {";
  auto out = std::back_inserter(text);
  const char* separator = "";
  for (const Attribute& attribute : attributes_) {
    fmt::format_to(out, "{}{}: {}", std::exchange(separator, ", "), quoted(attribute.name),
                   quoted(attribute.value));
  }
  text += "},\n\"spans\": [";
  separator = "\n";
  for (const SpanRecord& span : spans_) {
    fmt::format_to(out,
                   "{}  {{\"name\": {}, \"path\": {}, \"parent\": {}, \"start_seconds\": {:.9f}, "
                   "\"seconds\": {:.9f}, \"dispatches\": {}, \"bytes_moved\": {}, "
                   "\"peak_memory_bytes\": {}}}",
                   separator, quoted(span.name), quoted(path(spans_, span)), span.parent,
                   span.start_seconds, span.seconds, span.counters.dispatches,
                   span.counters.bytes_moved, span.counters.peak_memory);
    separator = ",\n";
  }
  return text += "\n]}\n";
}

std::string Telemetry::perfetto_json() const {
  std::string text = "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [";
  auto out = std::back_inserter(text);
  const char* separator = "\n";
  for (const SpanRecord& span : spans_) {
    fmt::format_to(out,
                   "{}  {{\"name\": {}, \"cat\": \"gyre\", \"ph\": \"X\", \"pid\": 1, \"tid\": 1, "
                   "\"ts\": {:.3f}, \"dur\": {:.3f}, \"args\": {{\"dispatches\": {}, "
                   "\"bytes_moved\": {}, \"peak_memory_bytes\": {}}}}}",
                   separator, quoted(span.name), 1e6 * span.start_seconds, 1e6 * span.seconds,
                   span.counters.dispatches, span.counters.bytes_moved, span.counters.peak_memory);
    separator = ",\n";
  }
  return text += "\n]}\n";
}

CollectorSlot collector_slot() {
  return slot_in_use;
}

void use_collector_slot(CollectorSlot slot) {
  slot_in_use = slot;
}

TelemetryScope::TelemetryScope(Telemetry* telemetry) : previous_(collector()) {
  collector() = telemetry;
}

TelemetryScope::~TelemetryScope() {
  collector() = previous_;
}

Span::Span(std::string_view name) : telemetry_(collector()) {
  if (telemetry_ == nullptr) return;
  auto& spans = telemetry_->spans_;
  SpanRecord span;
  span.name = name;
  span.parent = telemetry_->open_;
  if (span.parent >= 0) span.depth = spans[static_cast<std::size_t>(span.parent)].depth + 1;
  span.start_seconds = telemetry_->now();
  spans.push_back(span);
  index_ = telemetry_->open_ = static_cast<int>(spans.size()) - 1;
  peak_before_ = MemoryAccount::reset_peak();
  if (telemetry_->observer_) telemetry_->observer_(spans.back());
}

Span::~Span() {
  if (telemetry_ == nullptr) return;
  auto& spans = telemetry_->spans_;
  SpanRecord& span = spans[static_cast<std::size_t>(index_)];
  span.seconds = telemetry_->now() - span.start_seconds;
  span.counters.peak_memory = MemoryAccount::peak();
  // The account goes on with the enclosing span's peak: its own so far, or this span's.
  MemoryAccount::raise_peak(peak_before_);
  telemetry_->open_ = span.parent;
  if (span.parent < 0) return;
  SpanCounters& parent = spans[static_cast<std::size_t>(span.parent)].counters;
  parent.dispatches += span.counters.dispatches;
  parent.bytes_moved += span.counters.bytes_moved;
}

void note_attribute(std::string_view name, std::string_view value) {
  if (Telemetry* const telemetry = collector()) telemetry->set_attribute(name, value);
}

void count_dispatch(std::uint64_t bytes_moved) {
  Telemetry* const telemetry = collector();
  if (telemetry == nullptr || telemetry->open_ < 0) return;
  // Enclosing spans receive the sum when this span ends.
  SpanCounters& counters = telemetry->spans_[static_cast<std::size_t>(telemetry->open_)].counters;
  ++counters.dispatches;
  counters.bytes_moved += bytes_moved;
}

std::uint64_t buffer_bytes_in_use() {
  return MemoryAccount::in_use();
}

std::uint64_t process_peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key;) {
    if (key == "VmHWM:") {
      std::uint64_t kibibytes = 0;
      status >> kibibytes;
      return kibibytes * 1024;
    }
    status.ignore(4096, '\n');
  }
  return 0;
}

}  // namespace gyre
