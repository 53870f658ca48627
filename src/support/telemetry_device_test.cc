#include "support/telemetry_device.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "gyre/support/telemetry.h"

namespace gyre {
namespace {

/// Its queue takes a second for each unit of work; memory is what the test says.
class FakeDevice : public TelemetryDevice {
 public:
  unsigned mark() override {
    marks_.push_back(queued);
    ++marks_made;
    return static_cast<unsigned>(marks_.size()) - 1;
  }
  double seconds_between(unsigned first, unsigned last) override {
    if (waited_for_ < marks_.at(last)) ++waits;
    waited_for_ = std::max(waited_for_, marks_.at(last));
    return marks_.at(last) - marks_.at(first);
  }
  void forget_marks() override { marks_.clear(); }
  std::uint64_t peak_bytes() const override { return peak_; }
  std::uint64_t reset_peak() override { return std::exchange(peak_, used_); }
  void raise_peak(std::uint64_t bytes) override { peak_ = std::max(peak_, bytes); }
  void begin_range(std::string_view name) override { ranges += "(" + std::string(name); }
  void end_range() override { ranges += ")"; }

  void use(std::uint64_t bytes) {
    used_ = bytes;
    raise_peak(bytes);
  }

  double queued = 0;
  unsigned marks_made = 0, waits = 0;
  std::string ranges;

 private:
  std::vector<double> marks_;
  double waited_for_ = 0;
  std::uint64_t used_ = 0, peak_ = 0;
};

TEST(TelemetryDevice, SpansHaveTheTimesOfTheQueue) {
  Telemetry telemetry;
  const TelemetryScope scope(&telemetry);
  FakeDevice device;
  device.queued = 100;
  {
    Span proof("proof");
    {
      const TelemetryDeviceScope attached(device);
      device.queued += 1;
      {
        Span commit("commit");
        device.queued += 2;
        Span hash("hash");
        device.queued += 4;
      }
      Span open("open");
      device.queued += 8;
      EXPECT_EQ(device.waits, 0u);
      EXPECT_FALSE(telemetry.used_device());
    }
    Span late("late");
    device.queued += 16;
  }
  const auto& spans = telemetry.spans();
  EXPECT_EQ(spans[0].device_seconds, 15);
  EXPECT_EQ(spans[1].device_seconds, 6);
  EXPECT_EQ(spans[2].device_seconds, 4);
  EXPECT_EQ(spans[3].device_seconds, 8);
  EXPECT_FALSE(spans[4].device_seconds);
  EXPECT_EQ(spans[2].device_start_seconds, spans[0].device_start_seconds + 3);
  EXPECT_EQ(device.marks_made, 8u);
  EXPECT_EQ(device.waits, 1u);
  EXPECT_EQ(device.ranges, "(proof(commit(hash))(open))");
}

TEST(TelemetryDevice, ASpanOpenWhenTheDeviceGoesKeepsWhatItHadTillThen) {
  Telemetry telemetry;
  const TelemetryScope scope(&telemetry);
  FakeDevice first, second;
  {
    Span proof("proof");
    Span inner("inner");
    {
      const TelemetryDeviceScope attached(first);
      first.queued += 1;
    }
    const TelemetryDeviceScope again(first);
    first.queued += 2;
    const TelemetryDeviceScope other(second);
    first.queued += 4;
    second.queued += 8;
  }
  EXPECT_EQ(telemetry.spans()[0].device_seconds, 11);
  EXPECT_EQ(telemetry.spans()[1].device_seconds, 11);
  EXPECT_EQ(first.ranges, "(proof(inner))(proof(inner))");
  EXPECT_EQ(second.ranges, "(proof(inner))");
}

TEST(TelemetryDevice, TheOutermostSpanEndsTheAttachment) {
  FakeDevice device;
  auto telemetry = std::make_unique<Telemetry>();
  std::unique_ptr<TelemetryDeviceScope> attached;
  {
    const TelemetryScope scope(telemetry.get());
    {
      Span load("load");
      attached = std::make_unique<TelemetryDeviceScope>(device);
      device.queued += 3;
    }
    Span after("after");
  }
  EXPECT_EQ(telemetry->spans()[0].device_seconds, 3);
  EXPECT_FALSE(telemetry->spans()[1].device_seconds);
  telemetry.reset();
  attached.reset();
  EXPECT_EQ(device.ranges, "(load)");
}

TEST(TelemetryDevice, NothingWithoutACollectorOrAnOpenSpan) {
  FakeDevice device;
  {
    const TelemetryDeviceScope attached(device);
    Span span("nobody sees it");
  }
  Telemetry telemetry;
  const TelemetryScope scope(&telemetry);
  const TelemetryDeviceScope attached(device);
  { Span span("host only"); }
  EXPECT_FALSE(telemetry.used_device());
  EXPECT_EQ(device.marks_made, 0u);
  EXPECT_EQ(device.ranges, "");
}

TEST(TelemetryDevice, CountersAddUpAndPeaksAreTheHighestOfTheirSpan) {
  Telemetry telemetry;
  const TelemetryScope scope(&telemetry);
  FakeDevice device;
  device.use(9000);
  device.use(100);
  {
    Span outer("outer");
    const TelemetryDeviceScope attached(device);
    device.use(700);
    device.use(100);
    count_upload(10);
    {
      Span inner("inner");
      device.use(300);
      count_upload(20);
      count_download(3);
      count_sync();
    }
    device.use(200);
    Span last("last");
    count_sync();
  }
  const auto& spans = telemetry.spans();
  EXPECT_EQ(spans[0].counters.host_syncs, 2u);
  EXPECT_EQ(spans[0].counters.bytes_to_device, 30u);
  EXPECT_EQ(spans[0].counters.bytes_from_device, 3u);
  EXPECT_EQ(spans[0].counters.peak_device_bytes, 700u);
  EXPECT_EQ(spans[1].counters.host_syncs, 1u);
  EXPECT_EQ(spans[1].counters.bytes_to_device, 20u);
  EXPECT_EQ(spans[1].counters.peak_device_bytes, 300u);
  EXPECT_EQ(spans[2].counters.peak_device_bytes, 200u);
}

TEST(TelemetryDevice, ReportsShowItOnlyWhereItWasUsed) {
  Telemetry telemetry;
  const TelemetryScope scope(&telemetry);
  FakeDevice device;
  { Span load("load"); }
  EXPECT_EQ(telemetry.table().find("on device"), std::string::npos);
  EXPECT_EQ(telemetry.json().find("host_syncs"), std::string::npos);
  {
    Span proof("proof");
    const TelemetryDeviceScope attached(device);
    device.queued += 2;
    count_download(1500);
  }
  const std::string table = telemetry.table();
  EXPECT_NE(table.find("on device"), std::string::npos) << table;
  EXPECT_NE(table.find("2000.000 ms"), std::string::npos) << table;

  const auto spans = nlohmann::json::parse(telemetry.json())["spans"];
  EXPECT_FALSE(spans[0].contains("device_seconds"));
  EXPECT_EQ(spans[1]["device_seconds"], 2);
  EXPECT_EQ(spans[1]["bytes_from_device"], 1500);
  for (const char* name : {"device_start_seconds", "host_syncs", "bytes_to_device"}) {
    EXPECT_TRUE(spans[1].contains(name)) << name;
  }

  const auto events = nlohmann::json::parse(telemetry.perfetto_json())["traceEvents"];
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[1]["args"]["name"], "device");
  EXPECT_EQ(events[4]["name"], "proof");
  EXPECT_EQ(events[4]["tid"], 2);
  EXPECT_EQ(events[4]["dur"], 2e6);
}

}  // namespace
}  // namespace gyre
