#include "gyre/support/telemetry.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <string>
#include <utility>

#include "support/collector.h"
#include "support/memory.h"
#include "support/telemetry_device.h"

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

}  // namespace

void SpanCounters::add(const SpanCounters& other) {
  dispatches += other.dispatches;
  bytes_moved += other.bytes_moved;
  peak_memory = std::max(peak_memory, other.peak_memory);
  host_syncs += other.host_syncs;
  bytes_to_device += other.bytes_to_device;
  bytes_from_device += other.bytes_from_device;
  peak_device_bytes = std::max(peak_device_bytes, other.peak_device_bytes);
}

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
  if (telemetry_ != nullptr) telemetry_->start_span(name);
}

Span::~Span() {
  if (telemetry_ != nullptr) telemetry_->end_span();
}

void Telemetry::start_span(std::string_view name) {
  SpanRecord span;
  span.name = name;
  span.parent = open_.empty() ? -1 : open_.back().index;
  span.depth = static_cast<unsigned>(open_.size());
  span.start_seconds = now();
  spans_.push_back(span);
  open_.push_back(
      {.index = static_cast<int>(spans_.size()) - 1, .peak_before = MemoryAccount::reset_peak()});
  if (device_ != nullptr) start_on_device(open_.back());
  if (observer_) observer_(spans_.back());
}

void Telemetry::end_span() {
  const OpenSpan ended = open_.back();
  SpanRecord& span = record(ended.index);
  span.counters.peak_memory = MemoryAccount::peak();
  // The account goes on with the enclosing span's peak: its own so far, or this span's.
  MemoryAccount::raise_peak(ended.peak_before);
  if (device_ != nullptr) end_on_device(ended);
  open_.pop_back();
  span.seconds = now() - span.start_seconds;
  if (!open_.empty()) {
    record(open_.back().index).counters.add(span.counters);
  } else if (device_ != nullptr) {
    detach();
  }
}

TelemetryDeviceScope::TelemetryDeviceScope(TelemetryDevice& device) : device_(device) {
  Telemetry* const telemetry = collector();
  if (telemetry != nullptr && !telemetry->open_.empty()) telemetry->attach(device);
}

TelemetryDeviceScope::~TelemetryDeviceScope() {
  if (device_.watched_by_ != nullptr) device_.watched_by_->detach();
}

void Telemetry::attach(TelemetryDevice& device) {
  if (device_ != nullptr) detach();
  device_ = &device;
  device.watched_by_ = this;
  attached_seconds_ = now();
  device.reset_peak();
  for (OpenSpan& span : open_) start_on_device(span);
}

void Telemetry::detach() {
  for (auto span = open_.rbegin(); span != open_.rend(); ++span) end_on_device(*span);
  // The last mark comes first, so that the device is waited for once.
  for (auto marked = marked_.rbegin(); marked != marked_.rend(); ++marked) {
    SpanRecord& span = record(marked->index);
    const double seconds = device_->seconds_between(marked->first_mark, marked->last_mark);
    if (!span.device_seconds) {
      span.device_start_seconds =
          attached_seconds_ + device_->seconds_between(0, marked->first_mark);
    }
    span.device_seconds = span.device_seconds.value_or(0) + seconds;
  }
  marked_.clear();
  device_->forget_marks();
  device_->watched_by_ = nullptr;
  device_ = nullptr;
}

void Telemetry::start_on_device(OpenSpan& span) {
  device_->begin_range(record(span.index).name);
  span.first_mark = device_->mark();
  span.device_peak_before = device_->reset_peak();
}

void Telemetry::end_on_device(const OpenSpan& span) {
  SpanCounters& counters = record(span.index).counters;
  counters.peak_device_bytes = std::max(counters.peak_device_bytes, device_->peak_bytes());
  device_->raise_peak(span.device_peak_before);
  marked_.push_back(
      {.index = span.index, .first_mark = span.first_mark, .last_mark = device_->mark()});
  device_->end_range();
}

void note_attribute(std::string_view name, std::string_view value) {
  if (Telemetry* const telemetry = collector()) telemetry->set_attribute(name, value);
}

/// Of the calling thread's innermost span, from which enclosing ones receive the sum when it ends.
SpanCounters* open_counters() {
  Telemetry* const telemetry = collector();
  if (telemetry == nullptr || telemetry->open_.empty()) return nullptr;
  return &telemetry->record(telemetry->open_.back().index).counters;
}

void count_dispatch(std::uint64_t bytes_moved) {
  if (SpanCounters* const counters = open_counters()) {
    ++counters->dispatches;
    counters->bytes_moved += bytes_moved;
  }
}

void count_sync() {
  if (SpanCounters* const counters = open_counters()) ++counters->host_syncs;
}

void count_upload(std::uint64_t bytes) {
  if (SpanCounters* const counters = open_counters()) counters->bytes_to_device += bytes;
}

void count_download(std::uint64_t bytes) {
  if (SpanCounters* const counters = open_counters()) counters->bytes_from_device += bytes;
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
