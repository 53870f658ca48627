#include <gtest/gtest.h>

#include "cli/command.h"

namespace gyre {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CliPlan, SaysWhatAProofNeedsByPhase) {
  const Workplace place;
  const Outcome text = place.gyre({"plan", "--bundle", golden("inter11")});
  ASSERT_EQ(text.code, 0) << text.err;
  for (const char* line : {"traces", "commitments, kept to the end",
                           "prover.rap_constraints.logup_gkr", "prover.openings.whir", "total"}) {
    EXPECT_TRUE(contains(text.out, line)) << line << " in\n" << text.out;
  }
  const Outcome run = place.gyre({"plan", "--bundle", golden("inter11"), "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const auto plan = run.json();
  std::uint64_t largest = 0;
  for (const auto& phase : plan["phases"]) {
    largest = std::max(largest, phase["bytes"].get<std::uint64_t>());
  }
  EXPECT_GT(largest, 0u);
  EXPECT_GT(plan["committed_bytes"], 0u);
  EXPECT_EQ(plan["arena_bytes"], plan["committed_bytes"].get<std::uint64_t>() + largest);
  EXPECT_EQ(plan["total_bytes"], plan["arena_bytes"].get<std::uint64_t>() +
                                     plan["traces_bytes"].get<std::uint64_t>() +
                                     plan["preprocessed_bytes"].get<std::uint64_t>());
}

TEST(CliPlan, KeccakIsPlannedWithoutATrace) {
  const Workplace place;
  const Outcome run = place.gyre({"plan", "keccak", "--permutations", "1024", "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.json()["traces_bytes"], 2633u * 32768u * 4u);
  const Outcome low =
      place.gyre({"plan", "keccak", "--permutations", "1024", "--json", "--low-memory"});
  ASSERT_EQ(low.code, 0) << low.err;
  EXPECT_LT(low.json()["total_bytes"], run.json()["total_bytes"]);
}

TEST(CliPlan, BadUse) {
  const Workplace place;
  EXPECT_EQ(place.gyre({"plan"}).code, 2);
  EXPECT_EQ(place.gyre({"plan", "keccak"}).code, 2);
  EXPECT_EQ(place.gyre({"plan", "--bundle", "absent"}).code, 2);
}

TEST(CliMemoryLimit, RefusesWhatNeedsMoreAndSaysHowMuch) {
  const Workplace place;
  const std::uint64_t total =
      place.gyre({"plan", "--bundle", golden("fib_small"), "--json"}).json()["total_bytes"];
  const std::vector<std::string> prove = {"prove", "--bundle", golden("fib_small"), "--out", "p"};
  const auto with_limit = [&](std::uint64_t bytes) {
    std::vector<std::string> arguments = prove;
    arguments.insert(arguments.end(), {"--memory-limit", std::to_string(bytes)});
    return place.gyre(arguments);
  };
  const Outcome refused = with_limit(total - 1);
  EXPECT_EQ(refused.code, 3);
  EXPECT_TRUE(contains(refused.err, "the proof needs " + std::to_string(total) + " bytes"))
      << refused.err;
  EXPECT_TRUE(place.names().empty());
  EXPECT_EQ(with_limit(total).code, 0);
  EXPECT_EQ(place.read("p"), read_whole(golden("fib_small/proof.bin")));
}

TEST(CliMemoryLimit, IsForAllProofsAtOnce) {
  const Workplace place;
  const auto plan = place.gyre({"plan", "--bundle", golden("fib_small"), "--json"}).json();
  EXPECT_EQ(plan["savings"], "");
  const std::uint64_t needed =
      plan["traces_bytes"].get<std::uint64_t>() + 3 * plan["arena_bytes"].get<std::uint64_t>();
  const auto with_limit = [&](std::uint64_t bytes) {
    return place.gyre({"prove", "--bundle", golden("fib_small"), "--out", "p", "--repeat", "4",
                       "--in-flight", "3", "--memory-limit", std::to_string(bytes)});
  };
  const Outcome refused = with_limit(needed - 1);
  EXPECT_EQ(refused.code, 3);
  EXPECT_TRUE(contains(refused.err, "3 proofs at once need " + std::to_string(needed) + " bytes"))
      << refused.err;
  EXPECT_EQ(with_limit(needed).code, 0);
  EXPECT_EQ(place.read("p"), read_whole(golden("fib_small/proof.bin")));
}

TEST(CliMemoryLimit, PlanRefusesAsProveDoes) {
  const Workplace place;
  const std::vector<std::string> limit = {"--permutations", "1024", "--memory-limit", "64MiB"};
  std::vector<std::string> plan = {"plan", "keccak"}, prove = {"prove", "keccak", "--out", "p"};
  plan.insert(plan.end(), limit.begin(), limit.end());
  prove.insert(prove.end(), limit.begin(), limit.end());
  EXPECT_EQ(place.gyre(plan).code, 3);
  EXPECT_EQ(place.gyre(plan).err, place.gyre(prove).err);
}

TEST(CliMemoryLimit, TakesUnits) {
  const Workplace place;
  const Outcome refused = place.gyre(
      {"prove", "keccak", "--permutations", "1024", "--out", "p", "--memory-limit", "64MiB"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_TRUE(contains(refused.err, "the memory limit is 67108864")) << refused.err;
  EXPECT_TRUE(contains(refused.err, "in low-memory mode it would need")) << refused.err;
  EXPECT_EQ(
      place.gyre({"prove", "keccak", "--permutations", "1", "--out", "p", "--memory-limit", "some"})
          .code,
      2);
}

TEST(CliLowMemory, GivesTheSameProof) {
  for (const char* name : {"fib_small", "inter11"}) {
    const Workplace place;
    ASSERT_EQ(place.gyre({"prove", "--bundle", golden(name), "--low-memory", "--out", "p"}).code,
              0);
    EXPECT_EQ(place.read("p"), read_whole(golden(std::string(name) + "/proof.bin"))) << name;
  }
}

TEST(CliSimd, EnvironmentForcesATarget) {
  const Workplace place;
  const Outcome forced = place.gyre({"--version"}, "GYRE_SIMD=scalar");
  EXPECT_TRUE(contains(forced.out, "SIMD target scalar")) << forced.out;
  const Outcome run = place.gyre({"prove", "--bundle", golden("fib_small"), "--out", "p", "--json"},
                                 "GYRE_SIMD=scalar");
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.json()["attributes"]["simd"], "scalar");
  EXPECT_EQ(place.read("p"), read_whole(golden("fib_small/proof.bin")));
  const Outcome wrong =
      place.gyre({"prove", "--bundle", golden("fib_small"), "--out", "p"}, "GYRE_SIMD=mmx");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_TRUE(contains(wrong.err, "GYRE_SIMD: expected one of ")) << wrong.err;
}

}  // namespace
}  // namespace gyre
