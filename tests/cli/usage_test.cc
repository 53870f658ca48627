#include <gtest/gtest.h>

#include "cli/command.h"

namespace gyre {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CliUsage, HelpAndVersion) {
  const Workplace place;
  const Outcome version = place.gyre({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(contains(version.out, "gyre 0.")) << version.out;
  EXPECT_TRUE(contains(version.out, "SIMD target ")) << version.out;
  for (const char* command :
       {"prove", "verify", "keygen", "check", "inspect", "export", "devices"}) {
    const Outcome help = place.gyre({command, "--help"});
    EXPECT_EQ(help.code, 0);
    EXPECT_TRUE(contains(help.out, "--json")) << command;
    EXPECT_TRUE(contains(place.gyre({"--help"}).out, command));
  }
}

TEST(CliUsage, BadUsageIsTwo) {
  const Workplace place;
  const std::vector<std::vector<std::string>> uses = {
      {},
      {"frobnicate"},
      {"prove"},
      {"prove", "keccak", "--out", "p"},
      {"prove", "keccak", "--permutations", "0", "--out", "p"},
      {"prove", "keccak", "--permutations", "-1", "--out", "p"},
      {"prove", "keccak", "--permutations", "many", "--out", "p"},
      {"prove", "keccak", "--permutations", "1"},
      {"prove", "sha256", "--permutations", "1", "--out", "p"},
      {"prove", "keccak", "--permutations", "1", "--preset", "app:99", "--out", "p"},
      {"prove", "keccak", "--permutations", "1", "--preset", "nonsense", "--out", "p"},
      {"prove", "keccak", "--permutations", "1", "--bundle", "b", "--out", "p"},
      {"prove", "--bundle", "b", "--permutations", "1", "--out", "p"},
      {"prove", "--bundle", "b", "--preset", "app:21", "--out", "p"},
      {"prove", "--bundle", "b", "--seed", "1", "--out", "p"},
      {"prove", "keccak", "--permutations", "1", "--seed", "-1", "--out", "p"},
      {"prove", "keccak", "--permutations", "1", "--seed", "18446744073709551616", "--out", "p"},
      {"prove", "keccak", "--permutations", "1.5", "--out", "p"},
      {"prove", "keccak", "--permutations", "18446744073709551617", "--out", "p"},
      {"prove", "keccak", "--permutations", "1", "--out", ""},
      {"prove", "--bundle", "", "--out", "p"},
      {"prove", "--bundle", golden("fib_small"), "--out", "p", "--vk-out", ""},
      {"inspect", ""},
      {"prove", "--bundle", "b", "--backend", "abacus", "--out", "p"},
      {"prove", "--bundle", "b", "--backend", "cuda:first", "--out", "p"},
      {"prove", "--bundle", "b", "--backend", "cpu:1", "--out", "p"},
      {"prove", "--bundle", "b", "--repeat", "0", "--out", "p"},
      {"prove", "--bundle", "b", "--in-flight", "0", "--out", "p"},
      {"devices", "frobnicate"},
      {"prove", "--bundle", "b", "--threads", "1000000", "--out", "p"},
      {"prove", "--bundle", "b", "--out", "p", "--frobnicate"},
      {"verify", "--vk", "k"},
      {"inspect"},
      {"inspect", "a", "--vk", "b"},
      {"keygen", "keccak"},
      {"check"},
      {"export", "keccak", "--permutations", "1"},
  };
  for (const auto& use : uses) {
    const Outcome run = place.gyre(use);
    EXPECT_EQ(run.code, 2) << testing::PrintToString(use) << run.err;
    EXPECT_EQ(run.err.rfind("gyre: ", 0), 0u) << run.err;
    EXPECT_TRUE(run.out.empty()) << run.out;
  }
  EXPECT_TRUE(place.names().empty());
}

TEST(CliUsage, MistakesAreNamed) {
  const Workplace place;
  EXPECT_TRUE(contains(place.gyre({}).err, "A command is required"));
  EXPECT_TRUE(contains(place.gyre({"prvoe"}).err, "not expected: prvoe"));
  EXPECT_TRUE(contains(place.gyre({"check", "--bundle", ""}).err, "--bundle: an empty name"));
  EXPECT_TRUE(contains(place.gyre({"prove", "--bundle", "b", "--seed", "1", "--out", "p"}).err,
                       "--seed excludes --bundle"));
}

TEST(CliUsage, TooManyPermutationsNamesTheLimit) {
  const Workplace place;
  const Outcome run = place.gyre({"prove", "keccak", "--permutations", "1000000000000000000",
                                  "--preset", "app:17", "--out", "p"});
  EXPECT_EQ(run.code, 2);
  EXPECT_TRUE(contains(run.err, "2^17 rows, enough for 5461")) << run.err;
}

TEST(CliUsage, OutputsAreCheckedBeforeTheWork) {
  const Workplace place;
  place.copy_bundle("fib_small", "b");
  const Outcome absent = place.gyre({"prove", "--bundle", "b", "--out", "absent/p"});
  EXPECT_EQ(absent.code, 2);
  EXPECT_TRUE(contains(absent.err, "absent/p: cannot create a file there")) << absent.err;
  const Outcome folder = place.gyre({"prove", "--bundle", "b", "--out", "b"});
  EXPECT_EQ(folder.code, 2);
  EXPECT_TRUE(contains(folder.err, "b: exists and is not a regular file")) << folder.err;
  const Outcome twice = place.gyre({"prove", "--bundle", "b", "--out", "p", "--metrics", "./p"});
  EXPECT_EQ(twice.code, 2);
  EXPECT_TRUE(contains(twice.err, "two outputs have the same name")) << twice.err;
  EXPECT_EQ(place.names(), (std::vector<std::string>{"b"}));
}

TEST(CliUsage, ErrorsAreJsonOnRequest) {
  const Workplace place;
  const Outcome run = place.gyre({"check", "--bundle", "absent", "--json"});
  EXPECT_EQ(run.code, 2);
  EXPECT_EQ(run.json()["status"], "error");
  EXPECT_EQ(run.json()["exit_code"], 2);
  EXPECT_EQ(run.json()["error"], "absent/case.json: cannot open: No such file or directory");
  // A name that is not UTF-8 does not spoil the JSON.
  const Outcome bytes = place.gyre({"check", "--bundle", "\xff", "--json"});
  EXPECT_EQ(bytes.code, 2);
  EXPECT_EQ(bytes.json()["status"], "error");
}

TEST(CliUsage, ClosedOrFullStdoutIsAFailure) {
  const Workplace place;
  for (const char* redirection : {">/dev/full", ">&-"}) {
    for (const auto& command :
         std::vector<std::vector<std::string>>{{"inspect", golden("fib_small/proof.bin")},
                                               {"inspect", golden("fib_small/proof.bin"), "--json"},
                                               {"check", "--bundle", golden("fib_small")}}) {
      const Outcome run = place.gyre(command, "", redirection);
      EXPECT_EQ(run.code, 3) << redirection << testing::PrintToString(command);
      EXPECT_TRUE(contains(run.err, "gyre: ")) << run.err;
    }
  }
}

}  // namespace
}  // namespace gyre
