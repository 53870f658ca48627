#include <gtest/gtest.h>

#include "cli/command.h"

namespace gyre {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void expect_head(const nlohmann::json& scorecard) {
  EXPECT_EQ(scorecard["version"].get<std::string>().rfind("0.", 0), 0u);
  EXPECT_FALSE(scorecard["machine"]["simd"].get<std::string>().empty());
  EXPECT_GE(scorecard["machine"]["hardware_threads"], 1);
  EXPECT_EQ(scorecard["threads"], 1);
  EXPECT_EQ(scorecard["backend"], "cpu");
}

TEST(CliBench, KeccakScorecard) {
  const Workplace place;
  const Outcome run =
      place.gyre({"bench", "keccak", "--permutations", "1", "--preset", "app:17", "--threads", "1",
                  "--warmups", "0", "--repeat", "2", "--out", "s", "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const auto scorecard = run.json();
  EXPECT_EQ(scorecard, nlohmann::json::parse(place.read("s")));
  expect_head(scorecard);
  EXPECT_EQ(scorecard["permutations"], 1);
  EXPECT_EQ(scorecard["rows"], 32);
  EXPECT_EQ(scorecard["columns"], 2633);
  EXPECT_EQ(scorecard["prove_seconds"]["runs"].size(), 2u);
  EXPECT_LE(scorecard["prove_seconds"]["min"], scorecard["prove_seconds"]["median"]);
  EXPECT_EQ(scorecard["phases"][0]["path"], "stark_prove_excluding_trace");
  EXPECT_GE(scorecard["phases"].size(), 8u);
  EXPECT_GT(scorecard["proof_bytes"], 100000);
  EXPECT_GT(scorecard["verify_seconds"]["median"], 0);
  EXPECT_GT(scorecard["peak_resident_bytes"], 1000000);
}

TEST(CliBench, ReplayScorecard) {
  const Workplace place;
  const std::string profile = golden("replay_profile.jsonl");
  const Outcome run =
      place.gyre({"bench", "replay", "--profile", profile, "--segments", "7", "--threads", "1",
                  "--warmups", "0", "--repeat", "1", "--out", "s", "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const auto scorecard = run.json();
  EXPECT_EQ(scorecard, nlohmann::json::parse(place.read("s")));
  expect_head(scorecard);
  ASSERT_EQ(scorecard["segments"].size(), 1u);
  const auto& segment = scorecard["segments"][0];
  EXPECT_EQ(segment["segment"], 7);
  EXPECT_EQ(segment["airs"], 2);
  EXPECT_EQ(segment["leaves"], 96);
  ASSERT_EQ(segment["proofs"].size(), 2u);
  EXPECT_EQ(segment["proofs"][0]["traces"], "zero");
  EXPECT_EQ(segment["proofs"][1]["traces"], "random");
  EXPECT_EQ(segment["proofs"][1]["random_airs"], 2);
  EXPECT_EQ(scorecard["totals"]["zero"]["prove_seconds"]["median"],
            segment["proofs"][0]["prove_seconds"]["median"]);
  const auto& phases = scorecard["totals"]["random"]["phases"];
  EXPECT_EQ(phases[0]["path"], "stark_prove_excluding_trace");
  EXPECT_EQ(phases[0]["seconds"], segment["proofs"][1]["phases"][0]["seconds"]);
  EXPECT_FALSE(phases[0].contains("device_seconds"));
  EXPECT_EQ(scorecard["totals"]["skipped_segments"], 0);
}

TEST(CliBench, SegmentsThatDoNotFitAreSkippedWithTheReason) {
  const Workplace place;
  const std::string profile = golden("replay_profile.jsonl");
  const Outcome run = place.gyre(
      {"bench", "replay", "--profile", profile, "--segments", "all", "--memory-limit", "1MB"});
  EXPECT_EQ(run.code, 3);
  EXPECT_TRUE(contains(run.out, "      7 skipped: needs ")) << run.out;
  EXPECT_TRUE(contains(run.out, "GB of memory, 0.0 GB are available")) << run.out;
  EXPECT_TRUE(contains(run.out, "skipped: 2 segments")) << run.out;
  EXPECT_TRUE(contains(run.err, "no segment could be proven")) << run.err;
}

TEST(CliBench, KeccakKeepsToTheLimit) {
  const Workplace place;
  const Outcome run = place.gyre(
      {"bench", "keccak", "--permutations", "1", "--preset", "app:17", "--memory-limit", "1MiB"});
  EXPECT_EQ(run.code, 3);
  EXPECT_TRUE(contains(run.err, "the memory limit is 1048576")) << run.err;
}

TEST(CliBench, BadUsageAndInputIsTwo) {
  const Workplace place;
  place.write("junk", "hello, world");
  const std::string profile = golden("replay_profile.jsonl");
  const std::vector<std::vector<std::string>> uses = {
      {"bench"},
      {"bench", "sha256"},
      {"bench", "keccak", "--permutations", "0"},
      {"bench", "keccak", "--permutations", "10000000", "--preset", "app:17"},
      {"bench", "keccak", "--repeat", "0"},
      {"bench", "keccak", "--memory-limit", "0"},
      {"bench", "keccak", "--backend", "abacus"},
      {"bench", "keccak", "--out", "absent/s"},
      {"bench", "replay"},
      {"bench", "replay", "--profile", ""},
      {"bench", "replay", "--profile", "absent"},
      {"bench", "replay", "--profile", "junk"},
      {"bench", "replay", "--profile", profile, "--traces", "ones"},
      {"bench", "replay", "--profile", profile, "--segments", "3"},
      {"bench", "replay", "--profile", profile, "--segments", "7,,"},
      {"bench", "replay", "--profile", profile, "--memory-limit", "-1"},
      {"bench", "replay", "--profile", profile, "--memory-limit", "0"},
      {"bench", "replay", "--profile", profile, "--warmups", "-1"},
  };
  for (const auto& use : uses) {
    const Outcome run = place.gyre(use);
    EXPECT_EQ(run.code, 2) << testing::PrintToString(use) << run.err;
    EXPECT_EQ(run.err.rfind("gyre: ", 0), 0u) << run.err;
    EXPECT_TRUE(run.out.empty()) << run.out;
  }
  EXPECT_EQ(place.names(), (std::vector<std::string>{"junk"}));
}

}  // namespace
}  // namespace gyre
