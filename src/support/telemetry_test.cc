#include "gyre/support/telemetry.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "support/memory.h"

namespace gyre {
namespace {

TEST(Telemetry, OffWithoutAScope) {
  Telemetry telemetry;
  {
    Span span("outside");
    count_dispatch(100);
  }
  EXPECT_TRUE(telemetry.spans().empty());
  const TelemetryScope off(nullptr);
  Span span("null");
  EXPECT_TRUE(telemetry.spans().empty());
}

TEST(Telemetry, SpansFormATreeInOrderOfTheirStart) {
  Telemetry telemetry;
  {
    const TelemetryScope scope(&telemetry);
    Span proof("proof");
    {
      Span commit("commit");
      Span hash("hash");
    }
    Span open("open");
  }
  Span after("after");
  const auto& spans = telemetry.spans();
  ASSERT_EQ(spans.size(), 4u);
  const std::vector<std::string_view> names = {"proof", "commit", "hash", "open"};
  const std::vector<int> parents = {-1, 0, 1, 0};
  const std::vector<unsigned> depths = {0, 1, 2, 1};
  for (std::size_t i = 0; i < spans.size(); ++i) {
    EXPECT_EQ(spans[i].name, names[i]);
    EXPECT_EQ(spans[i].parent, parents[i]);
    EXPECT_EQ(spans[i].depth, depths[i]);
    if (i > 0) {
      const SpanRecord& parent = spans[static_cast<std::size_t>(parents[i])];
      EXPECT_GE(spans[i].start_seconds, parent.start_seconds);
      EXPECT_LE(spans[i].start_seconds + spans[i].seconds,
                parent.start_seconds + parent.seconds + 1e-9);
    }
  }
}

TEST(Telemetry, CountersIncludeThoseOfInnerSpans) {
  Telemetry telemetry;
  const TelemetryScope scope(&telemetry);
  {
    Span outer("outer");
    count_dispatch(5);
    {
      Span inner("inner");
      count_dispatch(7);
      count_dispatch();
    }
    count_dispatch(1);
  }
  count_dispatch(1000);
  EXPECT_EQ(telemetry.spans()[0].counters.dispatches, 4u);
  EXPECT_EQ(telemetry.spans()[0].counters.bytes_moved, 13u);
  EXPECT_EQ(telemetry.spans()[1].counters.dispatches, 2u);
  EXPECT_EQ(telemetry.spans()[1].counters.bytes_moved, 7u);
}

TEST(Telemetry, PeakMemoryOfASpanIsTheHighestWhileItWasOpen) {
  Telemetry telemetry;
  const std::uint64_t base = buffer_bytes_in_use();
  {
    const TelemetryScope scope(&telemetry);
    Span outer("outer");
    { Buffer<std::uint8_t> early(1000); }
    {
      Span inner("inner");
      Buffer<std::uint8_t> small(300);
      EXPECT_EQ(buffer_bytes_in_use(), base + 300);
    }
    Buffer<std::uint8_t> held(200);
    {
      Span inner("larger");
      Buffer<std::uint8_t> large(5000);
    }
    Span last("empty");
  }
  EXPECT_EQ(telemetry.spans()[0].counters.peak_memory, base + 5200);
  EXPECT_EQ(telemetry.spans()[1].counters.peak_memory, base + 300);
  EXPECT_EQ(telemetry.spans()[2].counters.peak_memory, base + 5200);
  EXPECT_EQ(telemetry.spans()[3].counters.peak_memory, base + 200);
}

TEST(Telemetry, PeakBeforeAnInnerSpanCountsForTheOuterOne) {
  Telemetry telemetry;
  const std::uint64_t base = buffer_bytes_in_use();
  {
    const TelemetryScope scope(&telemetry);
    Span outer("outer");
    { Buffer<std::uint8_t> early(1000); }
    Span inner("inner");
  }
  EXPECT_EQ(telemetry.spans()[0].counters.peak_memory, base + 1000);
  EXPECT_EQ(telemetry.spans()[1].counters.peak_memory, base);
}

TEST(Telemetry, ThreadsHaveTheirOwnCollector) {
  Telemetry first, second;
  const TelemetryScope scope(&first);
  std::thread([&] {
    Span unseen("unseen");
    const TelemetryScope inner(&second);
    Span seen("seen");
  }).join();
  Span span("here");
  ASSERT_EQ(first.spans().size(), 1u);
  EXPECT_EQ(first.spans()[0].name, "here");
  ASSERT_EQ(second.spans().size(), 1u);
  EXPECT_EQ(second.spans()[0].name, "seen");
}

TEST(Telemetry, AnExceptionEndsItsSpans) {
  Telemetry telemetry;
  const TelemetryScope scope(&telemetry);
  try {
    Span outer("outer");
    Span inner("inner");
    throw 1;
  } catch (int) {
  }
  Span next("next");
  EXPECT_EQ(telemetry.spans()[2].parent, -1);
}

TEST(Telemetry, ObserverSeesEverySpan) {
  Telemetry telemetry;
  std::vector<std::string> seen;
  telemetry.on_span_start([&](const SpanRecord& span) { seen.emplace_back(span.name); });
  const TelemetryScope scope(&telemetry);
  {
    Span outer("outer");
    Span inner("inner");
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"outer", "inner"}));
}

TEST(Telemetry, WritesJsonAndPerfettoTraces) {
  Telemetry telemetry;
  {
    const TelemetryScope scope(&telemetry);
    Span outer("stark_prove_excluding_trace");
    Span inner("with \"quotes\" and \\");
    count_dispatch(1u << 30);
  }
  telemetry.set_attribute("simd", "first");
  telemetry.set_attribute("with \"quotes\"", "x");
  telemetry.set_attribute("simd", "avx2");
  const auto json = nlohmann::json::parse(telemetry.json());
  EXPECT_EQ(json["attributes"], (nlohmann::json{{"simd", "avx2"}, {"with \"quotes\"", "x"}}));
  ASSERT_EQ(json["spans"].size(), 2u);
  EXPECT_EQ(json["spans"][0]["name"], "stark_prove_excluding_trace");
  EXPECT_EQ(json["spans"][0]["parent"], -1);
  EXPECT_EQ(json["spans"][1]["path"], "stark_prove_excluding_trace/with \"quotes\" and \\");
  EXPECT_EQ(json["spans"][1]["bytes_moved"], 1u << 30);
  EXPECT_EQ(json["spans"][1]["dispatches"], 1);
  EXPECT_TRUE(json["spans"][1].contains("peak_memory_bytes"));
  EXPECT_GE(json["spans"][0]["seconds"].get<double>(), json["spans"][1]["seconds"].get<double>());

  const auto trace = nlohmann::json::parse(telemetry.perfetto_json());
  ASSERT_EQ(trace["traceEvents"].size(), 2u);
  EXPECT_EQ(trace["traceEvents"][1]["ph"], "X");
  EXPECT_GE(trace["traceEvents"][0]["dur"].get<double>(),
            trace["traceEvents"][1]["dur"].get<double>());

  EXPECT_TRUE(nlohmann::json::parse(Telemetry().json())["spans"].empty());
}

TEST(Telemetry, TableIndentsAndShowsShares) {
  Telemetry telemetry;
  {
    const TelemetryScope scope(&telemetry);
    Span outer("outer");
    Span inner("inner");
  }
  const std::string table = telemetry.table();
  EXPECT_NE(table.find("\nouter "), std::string::npos) << table;
  EXPECT_NE(table.find("\n  inner "), std::string::npos) << table;
  EXPECT_NE(table.find("100.0 %"), std::string::npos) << table;
  EXPECT_EQ(table.find("backend cpu"), std::string::npos) << table;
  telemetry.set_attribute("backend", "cpu");
  telemetry.set_attribute("simd", "avx2");
  EXPECT_NE(telemetry.table().find("\nbackend cpu, simd avx2\n"), std::string::npos)
      << telemetry.table();
}

TEST(Telemetry, ProcessPeakIsPlausible) {
  EXPECT_GT(process_peak_memory(), std::uint64_t{1} << 20);
  EXPECT_LT(process_peak_memory(), std::uint64_t{1} << 50);
}

}  // namespace
}  // namespace gyre
