#include <gtest/gtest.h>

#include "cli/command.h"
#include "support/emulated_plugin.h"

namespace gyre {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::string kEmulated = "GYRE_CUDA_LIBRARY=" GYRE_EMULATED_PLUGIN;

TEST(CliDevices, TableAndJson) {
  GYRE_SKIP_WITHOUT_EMULATOR();
  const Workplace place;
  const Outcome text = place.gyre({"devices"}, kEmulated);
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_TRUE(contains(text.out, "capability")) << text.out;
  EXPECT_TRUE(contains(text.out, "emulated")) << text.out;
  const auto json = place.gyre({"devices", "--json"}, kEmulated).json();
  ASSERT_EQ(json["devices"].size(), 1u);
  EXPECT_EQ(json["devices"][0]["index"], 0);
  EXPECT_EQ(json["devices"][0]["compute_capability"], "9.0");
  EXPECT_EQ(json["devices"][0]["memory_bytes"], std::uint64_t{4} << 30);
  EXPECT_EQ(json["devices"][0]["multiprocessors"], 4);
  EXPECT_TRUE(contains(place.gyre({"--version"}, kEmulated).out, "\ncuda: ready")) << text.out;
}

TEST(CliDevices, WithoutTheBackendTheReasonIsOneSentence) {
  const Workplace place;
  const std::string absent = "GYRE_CUDA_LIBRARY=/absent.so";
  const std::string reason = "cuda: cannot load the CUDA backend: /absent.so: ";
  for (const std::vector<std::string>& use :
       {std::vector<std::string>{"devices"},
        {"prove", "--bundle", golden("fib_small"), "--out", "p", "--backend", "cuda"},
        {"bench", "keccak", "--permutations", "1", "--backend", "cuda:1"}}) {
    const Outcome run = place.gyre(use, absent);
    EXPECT_EQ(run.code, 3) << testing::PrintToString(use);
    EXPECT_TRUE(run.err.starts_with("gyre: " + reason)) << run.err;
    EXPECT_TRUE(run.err.ends_with("\n") && run.err.find('\n') == run.err.size() - 1) << run.err;
  }
  EXPECT_TRUE(place.names().empty());
  const Outcome json = place.gyre({"devices", "--json"}, absent);
  EXPECT_EQ(json.code, 3);
  EXPECT_EQ(json.json()["exit_code"], 3);
  const Outcome version = place.gyre({"--version"}, absent);
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(contains(version.out, reason)) << version.out;
}

/// With whatever this machine has: a list, or why there is none.
TEST(CliDevices, ThisMachine) {
  const Workplace place;
  const Outcome run = place.gyre({"devices"});
  if (run.code == 0) return;
  EXPECT_EQ(run.code, 3);
  EXPECT_TRUE(run.err.starts_with("gyre: cuda: ")) << run.err;
}

TEST(CliDevices, ADeviceThatIsNotThere) {
  GYRE_SKIP_WITHOUT_EMULATOR();
  const Workplace place;
  const Outcome run = place.gyre(
      {"prove", "--bundle", golden("fib_small"), "--out", "p", "--backend", "cuda:3"}, kEmulated);
  EXPECT_EQ(run.code, 3);
  EXPECT_EQ(run.err, "gyre: cuda: there is no device 3; this machine has 1\n");
}

}  // namespace
}  // namespace gyre
