#include "backend/cuda/device_clock.h"

#include <gtest/gtest.h>

#include <numeric>
#include <optional>

#include "gyre/support/telemetry.h"

namespace gyre::cuda {
namespace {

__global__ void count_up(unsigned* values) {
  values[global_thread()] += 1;
}

struct Place {
  Queue queue{0};
  DeviceArena arena{1 << 16};
  DeviceClock clock{queue, arena};

  /// A proof's worth of work: one upload, three launches, one download.
  void work() {
    const TelemetryDeviceScope watched(clock);
    const DeviceArena::Scope scope(arena);
    const DeviceSpan<unsigned> values = arena.take<unsigned>(64);
    std::vector<unsigned> given(64);
    std::iota(given.begin(), given.end(), 0u);
    queue.upload(values, given);
    {
      const Span span("launches");
      const DeviceArena::Scope inner(arena);
      arena.take<unsigned>(1024);
      for (int i = 0; i < 3; ++i) queue.launch(count_up, grid_for(64, 32), 512, values.data);
    }
    const Span span("result");
    EXPECT_EQ(queue.download(values)[5], 8u);
  }
};

TEST(DeviceClock, SpansCountLaunchesCopiesSyncsAndMemory) {
  Place place;
  Telemetry telemetry;
  {
    const TelemetryScope scope(&telemetry);
    const Span span("proof");
    place.work();
  }
  const auto& spans = telemetry.spans();
  ASSERT_EQ(spans.size(), 3u);
  for (const SpanRecord& span : spans) {
    ASSERT_TRUE(span.device_seconds) << span.name;
    EXPECT_GE(*span.device_seconds, 0);
    EXPECT_LE(*span.device_seconds, *spans[0].device_seconds);
  }
  EXPECT_GT(*spans[1].device_seconds, 0);
#if defined(GYRE_CUDA_EMULATED)
  // Its device works inside of the host's calls.
  EXPECT_LE(*spans[0].device_seconds, spans[0].seconds);
#endif
  EXPECT_EQ(spans[0].counters.dispatches, 3u);
  EXPECT_EQ(spans[0].counters.bytes_moved, 3u * 512);
  EXPECT_EQ(spans[0].counters.host_syncs, 1u);
  EXPECT_EQ(spans[0].counters.bytes_to_device, 256u);
  EXPECT_EQ(spans[0].counters.bytes_from_device, 256u);
  EXPECT_EQ(spans[0].counters.peak_device_bytes, 256u + 4096);
  EXPECT_EQ(spans[1].counters.dispatches, 3u);
  EXPECT_EQ(spans[1].counters.host_syncs, 0u);
  EXPECT_EQ(spans[2].counters.host_syncs, 1u);
  EXPECT_EQ(spans[2].counters.peak_device_bytes, 256u);
}

TEST(DeviceClock, MemoryBesideTheArenaCounts) {
  Place place;
  place.clock.set_beside_arena(1'000'000);
  Telemetry telemetry;
  {
    const TelemetryScope scope(&telemetry);
    const Span span("proof");
    place.work();
  }
  EXPECT_EQ(telemetry.spans()[0].counters.peak_device_bytes, 1'000'000u + 256 + 4096);
  EXPECT_EQ(telemetry.spans()[2].counters.peak_device_bytes, 1'000'000u + 256);
}

#if defined(GYRE_CUDA_EMULATED)
TEST(DeviceClock, MakesEventsOnceAndNoneWithoutTelemetry) {
  Place place;
  place.work();  // The queue has all of its own events now.
  const std::size_t before = cuda_emulator::events_made();
  place.work();
  EXPECT_EQ(cuda_emulator::events_made(), before);
  for (int proof = 0; proof < 3; ++proof) {
    Telemetry telemetry;
    const TelemetryScope scope(&telemetry);
    const Span span("proof");
    place.work();
    // Start and end of three spans.
    EXPECT_EQ(cuda_emulator::events_made(), before + 6);
  }
}
#endif

}  // namespace
}  // namespace gyre::cuda
