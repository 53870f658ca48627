#include "measure.h"

#include <gtest/gtest.h>

namespace gyre::cli {
namespace {

Phase phase(std::string path, std::vector<double> seconds) {
  const std::size_t slash = path.rfind('/');
  Phase result{.path = path,
               .name = slash == std::string::npos ? path : path.substr(slash + 1),
               .depth = slash == std::string::npos ? 0u : 1u};
  result.seconds.values = std::move(seconds);
  return result;
}

Phase on_device(Phase phase, std::vector<double> seconds, SpanCounters counters) {
  phase.device_seconds.values = std::move(seconds);
  phase.counters = counters;
  return phase;
}

TEST(Phases, AddUpRunByRun) {
  std::vector<Phase> sums;
  add_phases(sums, std::vector<Phase>{phase("all", {3, 4}), phase("all/whir", {1, 2})});
  add_phases(sums, std::vector<Phase>{on_device(phase("all", {10, 20}), {6, 7},
                                                {.dispatches = 5, .peak_device_bytes = 100}),
                                      phase("all/commit", {5, 6}), phase("all/whir", {30, 40})});
  add_phases(sums, std::vector<Phase>{on_device(phase("all", {1, 1}), {1, 1},
                                                {.dispatches = 2, .peak_device_bytes = 50})});
  ASSERT_EQ(sums.size(), 3u);
  EXPECT_EQ(sums[0].seconds.values, (std::vector<double>{14, 25}));
  EXPECT_EQ(sums[0].device_seconds.values, (std::vector<double>{7, 8}));
  EXPECT_EQ(sums[0].counters.dispatches, 7u);
  EXPECT_EQ(sums[0].counters.peak_device_bytes, 100u);
  EXPECT_EQ(sums[1].path, "all/commit");
  EXPECT_EQ(sums[2].path, "all/whir");
  EXPECT_EQ(sums[2].seconds.values, (std::vector<double>{31, 42}));
}

TEST(Phases, ShowTheDeviceOnlyWhereItWasUsed) {
  std::vector<Phase> phases = {phase("all", {3}), phase("all/whir", {1})};
  EXPECT_EQ(phases_table(phases).find("device ms"), std::string::npos);
  EXPECT_FALSE(phases_json(phases)[0].contains("device_seconds"));

  phases[0] = on_device(phases[0], {0.002},
                        {.dispatches = 71, .host_syncs = 23, .peak_device_bytes = 5'500'000});
  const std::string table = phases_table(phases);
  for (const char* part : {"device ms", "2.000  100.0 %", " 71 ", " 23 ", " 5.5\n"}) {
    EXPECT_NE(table.find(part), std::string::npos) << part << '\n' << table;
  }
  const Json json = phases_json(phases);
  EXPECT_EQ(json[0]["device_seconds"]["median"], 0.002);
  EXPECT_EQ(json[0]["dispatches"], 71);
  EXPECT_EQ(json[0]["host_syncs"], 23);
  EXPECT_EQ(json[0]["peak_device_bytes"], 5'500'000);
  EXPECT_FALSE(json[1].contains("device_seconds"));
}

TEST(Series, MedianOfAnEvenNumberIsTheMean) {
  EXPECT_EQ((Series{{4, 1, 3}}.median()), 3);
  EXPECT_EQ((Series{{4, 1, 3, 2}}.median()), 2.5);
}

}  // namespace
}  // namespace gyre::cli
