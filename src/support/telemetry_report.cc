#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "gyre/support/telemetry.h"

/// What a Telemetry has collected, as text.

namespace gyre {
namespace {

using Output = std::back_insert_iterator<std::string>;

/// Span names are literals of the program, but a quote in one must not break the file.
std::string json_string(std::string_view text) {
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

double mega(std::uint64_t bytes) {
  return static_cast<double>(bytes) / 1e6;
}

/// The members of a JSON object that have to do with a device.
void write_device_counters(Output out, const SpanCounters& counters) {
  fmt::format_to(out,
                 ", \"host_syncs\": {}, \"bytes_to_device\": {}, \"bytes_from_device\": {}, "
                 "\"peak_device_bytes\": {}",
                 counters.host_syncs, counters.bytes_to_device, counters.bytes_from_device,
                 counters.peak_device_bytes);
}

}  // namespace

bool Telemetry::used_device() const {
  return std::any_of(spans_.begin(), spans_.end(),
                     [](const SpanRecord& span) { return span.device_seconds.has_value(); });
}

std::string Telemetry::table() const {
  const bool device = used_device();
  double longest = 0;
  std::size_t name_width = 4;
  for (const SpanRecord& span : spans_) {
    if (span.parent < 0) longest = std::max(longest, span.seconds);
    name_width = std::max(name_width, 2 * span.depth + span.name.size());
  }
  std::string text;
  const Output out = std::back_inserter(text);
  fmt::format_to(out, "{:<{}}  {:>10}  {:>7}  {:>10}  {:>9}  {:>9}", "span", name_width, "time",
                 "share", "dispatches", "moved GB", "peak MB");
  if (device) {
    fmt::format_to(out, "  {:>10}  {:>6}  {:>9}  {:>9}  {:>14}", "on device", "syncs", "to MB",
                   "from MB", "device peak MB");
  }
  text += '\n';
  for (const SpanRecord& span : spans_) {
    const std::string name = std::string(2 * span.depth, ' ') + std::string(span.name);
    const double share = longest > 0 ? 100 * span.seconds / longest : 0;
    const SpanCounters& counters = span.counters;
    fmt::format_to(out, "{:<{}}  {:>8.3f} s  {:>5.1f} %  {:>10}  {:>9.2f}  {:>9.1f}", name,
                   name_width, span.seconds, share, counters.dispatches,
                   static_cast<double>(counters.bytes_moved) / 1e9, mega(counters.peak_memory));
    if (span.device_seconds) {
      fmt::format_to(out, "  {:>7.3f} ms  {:>6}  {:>9.3f}  {:>9.3f}  {:>14.1f}",
                     1e3 * *span.device_seconds, counters.host_syncs,
                     mega(counters.bytes_to_device), mega(counters.bytes_from_device),
                     mega(counters.peak_device_bytes));
    }
    text += '\n';
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
  const Output out = std::back_inserter(text);
  const char* separator = "";
  for (const Attribute& attribute : attributes_) {
    fmt::format_to(out, "{}{}: {}", std::exchange(separator, ", "), json_string(attribute.name),
                   json_string(attribute.value));
  }
  text += "},\n\"spans\": [";
  separator = "\n";
  for (const SpanRecord& span : spans_) {
    fmt::format_to(out,
                   "{}  {{\"name\": {}, \"path\": {}, \"parent\": {}, \"start_seconds\": {:.9f}, "
                   "\"seconds\": {:.9f}, \"dispatches\": {}, \"bytes_moved\": {}, "
                   "\"peak_memory_bytes\": {}",
                   separator, json_string(span.name), json_string(path(spans_, span)), span.parent,
                   span.start_seconds, span.seconds, span.counters.dispatches,
                   span.counters.bytes_moved, span.counters.peak_memory);
    if (span.device_seconds) {
      fmt::format_to(out, ", \"device_start_seconds\": {:.9f}, \"device_seconds\": {:.9f}",
                     span.device_start_seconds, *span.device_seconds);
      write_device_counters(out, span.counters);
    }
    text += '}';
    separator = ",\n";
  }
  return text += "\n]}\n";
}

std::string Telemetry::perfetto_json() const {
  std::string text = "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [";
  const Output out = std::back_inserter(text);
  const char* separator = "\n";
  const auto write = [&](const SpanRecord& span, int track, double start, double seconds) {
    fmt::format_to(out,
                   "{}  {{\"name\": {}, \"cat\": \"gyre\", \"ph\": \"X\", \"pid\": 1, \"tid\": {}, "
                   "\"ts\": {:.3f}, \"dur\": {:.3f}, \"args\": {{\"dispatches\": {}, "
                   "\"bytes_moved\": {}, \"peak_memory_bytes\": {}",
                   std::exchange(separator, ",\n"), json_string(span.name), track, 1e6 * start,
                   1e6 * seconds, span.counters.dispatches, span.counters.bytes_moved,
                   span.counters.peak_memory);
    if (span.device_seconds) write_device_counters(out, span.counters);
    text += "}}";
  };
  constexpr int kHost = 1, kDevice = 2;
  if (used_device()) {
    for (const auto& [track, name] : {std::pair(kHost, "host"), std::pair(kDevice, "device")}) {
      fmt::format_to(out,
                     "{}  {{\"name\": \"thread_name\", \"ph\": \"M\", \"pid\": 1, \"tid\": {}, "
                     "\"args\": {{\"name\": \"{}\"}}}}",
                     std::exchange(separator, ",\n"), track, name);
    }
  }
  for (const SpanRecord& span : spans_) {
    write(span, kHost, span.start_seconds, span.seconds);
    if (span.device_seconds) {
      write(span, kDevice, span.device_start_seconds, *span.device_seconds);
    }
  }
  return text += "\n]}\n";
}

}  // namespace gyre
