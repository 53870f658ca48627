#include <gtest/gtest.h>

#include <algorithm>

#include "cli/command.h"
#include "support/emulated_plugin.h"

namespace gyre {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CliProve, BundleGivesTheGoldenProofWithEveryBackend) {
  for (const char* backend : {"cpu", "reference"}) {
    const Workplace place;
    const Outcome run = place.gyre({"prove", "--bundle", golden("mixture_pow0"), "--backend",
                                    backend, "--threads", "2", "--out", "p", "--vk-out", "k"});
    ASSERT_EQ(run.code, 0) << run.err;
    EXPECT_EQ(place.read("p"), read_whole(golden("mixture_pow0/proof.bin")));
    EXPECT_EQ(place.read("k"), read_whole(golden("mixture_pow0/vk.postcard")));
    EXPECT_EQ(place.names(), (std::vector<std::string>{"k", "p"}));
    EXPECT_TRUE(contains(run.out, "stark_prove_excluding_trace")) << run.out;
    EXPECT_TRUE(contains(run.out, "proof:        26,570 bytes")) << run.out;
    EXPECT_TRUE(contains(run.out, "self-check:   valid")) << run.out;
    EXPECT_EQ(place.gyre({"verify", "--vk", "k", "--proof", "p"}).code, 0);
  }
}

TEST(CliProve, JsonMetricsAndTrace) {
  const Workplace place;
  const Outcome run = place.gyre({"prove", "--bundle", golden("fib_small"), "--out", "p", "--json",
                                  "--metrics", "m", "--trace", "t"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_TRUE(run.err.empty()) << run.err;
  const auto json = run.json();
  EXPECT_EQ(json["status"], "proven");
  EXPECT_EQ(json["proof_bytes"], 6385);
  EXPECT_GT(json["prove_seconds"].get<double>(), 0);
  EXPECT_GT(json["peak_memory_bytes"].get<double>(), 1e6);
  const auto metrics = nlohmann::json::parse(place.read("m"));
  std::vector<std::string> paths;
  for (const auto& span : metrics["spans"]) paths.push_back(span["path"]);
  for (const char* path : {"stark_prove_excluding_trace",
                           "stark_prove_excluding_trace/prover.main_trace_commit/rs_code_matrix",
                           "stark_prove_excluding_trace/prover.main_trace_commit/merkle_tree"}) {
    EXPECT_EQ(std::count(paths.begin(), paths.end(), path), 1)
        << path << " in " << testing::PrintToString(paths);
  }
  EXPECT_GE(nlohmann::json::parse(place.read("t"))["traceEvents"].size(), paths.size());
  EXPECT_EQ(place.names(), (std::vector<std::string>{"m", "p", "t"}));
}

TEST(CliProve, SelfCheckCanBeSwitchedOff) {
  const Workplace place;
  const Outcome run = place.gyre(
      {"prove", "--bundle", golden("fib_small"), "--out", "p", "--no-self-check", "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_TRUE(run.json()["self_check_seconds"].is_null());
  EXPECT_EQ(place.read("p"), read_whole(golden("fib_small/proof.bin")));
}

TEST(CliProve, RepeatedProofsAreEqualAndOneIsWritten) {
  const Workplace place;
  const std::vector<std::string> prove = {"prove", "--bundle",    golden("mixture_pow0"),
                                          "--out", "p",           "--repeat",
                                          "5",     "--in-flight", "3"};
  const Outcome text = place.gyre(prove);
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_TRUE(contains(text.out, "proofs/s: 5 equal proofs in ")) << text.out;
  EXPECT_TRUE(contains(text.out, " s, 3 at once\n")) << text.out;
  EXPECT_TRUE(contains(text.out, "latency:      median ")) << text.out;
  EXPECT_EQ(place.read("p"), read_whole(golden("mixture_pow0/proof.bin")));
  std::vector<std::string> arguments = prove;
  arguments.push_back("--json");
  const auto json = place.gyre(arguments).json();
  EXPECT_EQ(json["repeat"], 5);
  EXPECT_EQ(json["in_flight"], 3);
  EXPECT_GT(json["proofs_per_second"], 0);
  EXPECT_EQ(json["latency_seconds"]["runs"].size(), 5u);
  EXPECT_LE(json["latency_seconds"]["min"], json["latency_seconds"]["median"]);
  ASSERT_EQ(json["memory"].size(), 3u);
  EXPECT_EQ(json["memory"][0]["proofs"], 0);
  EXPECT_EQ(json["memory"][1]["proofs"], 1);
  EXPECT_EQ(json["memory"][2]["proofs"], 5);
  EXPECT_GT(json["memory"][2]["resident_bytes"], 1000000);
  EXPECT_FALSE(json["memory"][2].contains("device_bytes"));
  std::size_t proofs = 0;
  for (const auto& span : json["spans"]) proofs += span["name"] == "stark_prove_excluding_trace";
  EXPECT_EQ(proofs, 1u);
  EXPECT_EQ(place.names(), (std::vector<std::string>{"p"}));
}

TEST(CliProve, TracesFromEverySource) {
  GYRE_SKIP_WITHOUT_EMULATOR();
  const std::string emulated = "GYRE_CUDA_LIBRARY=" GYRE_EMULATED_PLUGIN;
  for (const char* source : {"device", "host", "row-major"}) {
    const Workplace place;
    const auto json =
        place
            .gyre({"prove", "--bundle", golden("mixture_pow0"), "--out", "p", "--repeat", "2",
                   "--backend", "cuda", "--trace-source", source, "--json"},
                  emulated)
            .json();
    EXPECT_EQ(json["repeat"], 2) << json;
    EXPECT_GT(json["memory"][1]["device_bytes"], 0) << source;
    EXPECT_EQ(place.read("p"), read_whole(golden("mixture_pow0/proof.bin"))) << source;
  }
  EXPECT_EQ(
      Workplace()
          .gyre({"prove", "keccak", "--permutations", "1", "--out", "p", "--trace-source", "tape"})
          .code,
      2);
}

TEST(CliProve, ErrorsOfRepeatedProofsAreThoseOfOne) {
  const Workplace place;
  place.copy_bundle("inter11", "b");
  place.poke("b/air0_common.u32", 4 * (4 + 1), 77);
  const std::vector<std::string> more = {"--out", "p", "--repeat", "4", "--in-flight", "2"};
  std::vector<std::string> prove = {"prove", "--bundle", "b"};
  prove.insert(prove.end(), more.begin(), more.end());
  EXPECT_EQ(place.gyre(prove).code, 1);
  EXPECT_EQ(place.names(), (std::vector<std::string>{"b"}));
}

TEST(CliProve, TheProofIsThereEvenIfNobodyReadsTheReport) {
  for (const char* stdout_to : {"| true", ">/dev/full", ">&-"}) {
    const Workplace place;
    place.gyre({"prove", "--bundle", golden("fib_small"), "--out", "p"}, "", stdout_to);
    EXPECT_EQ(place.names(), (std::vector<std::string>{"p"})) << stdout_to;
    EXPECT_EQ(place.read("p"), read_whole(golden("fib_small/proof.bin"))) << stdout_to;
  }
}

#if !defined(GYRE_SANITIZED)
TEST(CliProve, FullDiskIsAResourceFailureAndNothingIsLeft) {
  // A limit on file sizes stands in for the full disk. The key fits, the proof does not.
  const Workplace place;
  const Outcome run = place.gyre(
      {"prove", "--bundle", golden("fib_small"), "--vk-out", "k", "--out", "p", "--json"},
      "trap '' XFSZ; ulimit -f 4;");
  EXPECT_EQ(run.code, 3);
  EXPECT_TRUE(contains(run.err, "p: cannot write: File too large")) << run.err;
  EXPECT_EQ(run.json()["exit_code"], 3);
  EXPECT_TRUE(place.names().empty());
}
#endif

TEST(CliProve, ViolatedConstraintIsNamedAndNothingIsWritten) {
  const Workplace place;
  place.copy_bundle("fib_small", "b");
  place.poke("b/air0_common.u32", 4 * (16 + 5), 12345);
  place.write("p", "before");
  const Outcome prove = place.gyre({"prove", "--bundle", "b", "--out", "p", "--metrics", "m"});
  EXPECT_EQ(prove.code, 1);
  EXPECT_TRUE(contains(prove.err, "the proof does not verify: ")) << prove.err;
  EXPECT_TRUE(contains(prove.out, "Fibonacci")) << prove.out;
  EXPECT_EQ(place.names(), (std::vector<std::string>{"b", "p"}));
  EXPECT_EQ(place.read("p"), "before");

  const Outcome check = place.gyre({"check", "--bundle", "b"});
  EXPECT_EQ(check.code, 1);
  EXPECT_TRUE(contains(prove.out, check.out)) << check.out;
  const auto findings = place.gyre({"check", "--bundle", "b", "--json"}).json()["check"];
  EXPECT_EQ(findings["ok"], false);
  EXPECT_EQ(findings["constraints"][0]["air"], 0);
  EXPECT_EQ(findings["constraints"][0]["air_name"], "Fibonacci");
  EXPECT_EQ(findings["constraints"][0]["row"], 5);

  const Outcome json = place.gyre({"prove", "--bundle", "b", "--out", "p", "--json"});
  EXPECT_EQ(json.code, 1);
  EXPECT_EQ(json.json()["status"], "unsatisfied");
  EXPECT_EQ(json.json()["check"], findings);
}

TEST(CliProve, UnbalancedBusIsNamedAndNothingIsWritten) {
  const Workplace place;
  place.copy_bundle("inter11", "b");
  place.poke("b/air0_common.u32", 4 * (4 + 1), 77);
  const Outcome prove = place.gyre({"prove", "--bundle", "b", "--out", "p"});
  EXPECT_EQ(prove.code, 1);
  EXPECT_EQ(place.names(), (std::vector<std::string>{"b"}));
  const auto findings = place.gyre({"check", "--bundle", "b", "--json"}).json()["check"];
  EXPECT_EQ(findings["buses_checked"], true);
  std::vector<int> messages;
  for (const auto& bus : findings["buses"]) {
    EXPECT_EQ(bus["bus"], 0);
    messages.push_back(bus["message"][0]);
  }
  std::sort(messages.begin(), messages.end());
  EXPECT_EQ(messages, (std::vector<int>{5, 77}));
  EXPECT_TRUE(contains(prove.out, "DummyInteraction")) << prove.out;
}

TEST(CliProve, SatisfiedBundlesPassTheChecker) {
  const Workplace place;
  for (const char* name : {"fib_small", "mixture", "optional_inter", "random_v1", "prep_cached3"}) {
    const Outcome run = place.gyre({"check", "--bundle", golden(name)});
    EXPECT_EQ(run.code, 0) << name << run.out << run.err;
  }
}

TEST(CliProve, BadBundlesAreNamedAndNothingIsWritten) {
  const auto refused = [](const char* golden_case, const std::string& message, auto damage) {
    const Workplace place;
    place.copy_bundle(golden_case, "b");
    damage(place);
    for (const char* command : {"prove", "check"}) {
      std::vector<std::string> arguments = {command, "--bundle", "b"};
      if (std::string(command) == "prove") arguments.insert(arguments.end(), {"--out", "p"});
      const Outcome run = place.gyre(arguments);
      EXPECT_EQ(run.code, 2) << message;
      EXPECT_TRUE(contains(run.err, message)) << run.err;
    }
    EXPECT_EQ(place.names(), (std::vector<std::string>{"b"}));
  };
  namespace fs = std::filesystem;
  refused("fib_small", "air0_common.u32: AIR 0 (Fibonacci): 100 bytes, expected 128",
          [](const Workplace& place) { fs::resize_file(place.path("b/air0_common.u32"), 100); });
  refused("fib_small", "air0_common.u32: cannot open: No such file",
          [](const Workplace& place) { fs::remove(place.path("b/air0_common.u32")); });
  refused("fib_small", "case.json: cannot open: No such file",
          [](const Workplace& place) { fs::remove(place.path("b/case.json")); });
  refused("fib_small", "vk.postcard: cannot open: No such file",
          [](const Workplace& place) { fs::remove(place.path("b/vk.postcard")); });
  refused("fib_small", "row 2, column 1: 4294967295 is not a canonical field element",
          [](const Workplace& place) { place.poke("b/air0_common.u32", 4 * 18, 0xffffffffu); });
  refused("fib_small", "airs[0].log_height: AIR 0 (Fibonacci): 60 is above the limit 10",
          [](const Workplace& place) {
            place.edit_case("b", [](auto& json) { json["airs"][0]["log_height"] = 60; });
          });
  refused("fib_small", "air0_common.u32: AIR 0 (Fibonacci): 128 bytes, expected 256",
          [](const Workplace& place) {
            place.edit_case("b", [](auto& json) { json["airs"][0]["log_height"] = 5; });
          });
  refused("fib_small", "airs[0].log_height: expected a non-negative integer, got the number -1",
          [](const Workplace& place) {
            place.edit_case("b", [](auto& json) { json["airs"][0]["log_height"] = -1; });
          });
  refused(
      "fib_small", "case.json: top level: the member \"airs\" is missing",
      [](const Workplace& place) { place.edit_case("b", [](auto& json) { json.erase("airs"); }); });
  refused("fib_small", "airs: has 2 entries, but vk.postcard has 1 AIRs",
          [](const Workplace& place) {
            place.edit_case("b", [](auto& json) { json["airs"].push_back(json["airs"][0]); });
          });
  refused("fib_small", "case.json: not valid JSON: ", [](const Workplace& place) {
    place.write("b/case.json", "{\"airs\": [");
  });
  refused("fib_small", "case.json: nested deeper than 16 levels",
          [](const Workplace& place) { place.write("b/case.json", std::string(100000, '[')); });
  refused("fib_small", "vk.postcard: ", [](const Workplace& place) {
    fs::resize_file(place.path("b/vk.postcard"), 50);
  });
  refused("fib_small", "airs[0].public_values: AIR 0 (Fibonacci): 1 values, but the key has 3",
          [](const Workplace& place) {
            place.edit_case("b", [](auto& json) { json["airs"][0]["public_values"] = {1}; });
          });
}

TEST(CliProve, ForeignPreprocessedTraceIsRefused) {
  const Workplace place;
  place.copy_bundle("prep_fib", "b");
  place.poke("b/air0_prep.u32", 0, 12);
  const Outcome run = place.gyre({"prove", "--bundle", "b", "--out", "p"});
  EXPECT_EQ(run.code, 2) << run.err;
  EXPECT_TRUE(contains(run.err, "preprocessed")) << run.err;
  EXPECT_EQ(place.names(), (std::vector<std::string>{"b"}));
}

#if !defined(GYRE_SANITIZED)
TEST(CliProve, MemoryExhaustionIsAResourceFailure) {
  const Workplace place;
  const Outcome run =
      place.gyre({"prove", "keccak", "--permutations", "1024", "--preset", "app:21", "--out", "p"},
                 "ulimit -v 1000000;");
  EXPECT_EQ(run.code, 3) << run.err;
  EXPECT_TRUE(contains(run.err, "out of memory")) << run.err;
  EXPECT_TRUE(place.names().empty());
}
#endif

TEST(CliKeccak, KeygenGivesTheGoldenKey) {
  const Workplace place;
  const Outcome run =
      place.gyre({"keygen", "keccak", "--preset", "app:17", "--out", "k", "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(place.read("k"), read_whole(golden("keccak_1_app17/vk.postcard")));
  EXPECT_EQ(place.gyre({"keygen", "keccak", "--out", "k21"}).code, 0);
  EXPECT_EQ(place.gyre({"inspect", "k21", "--json"}).json()["vk_pre_hash"],
            nlohmann::json({898758304, 1269476524, 1587838634, 212117637, 976402962, 1227319903,
                            82372460, 1279797633}));
}

TEST(CliKeccak, ProveVerifyAndExport) {
  const Workplace place;
  const std::vector<std::string> statement = {"keccak",     "--permutations", "1", "--preset",
                                              "testing:14", "--seed",         "7"};
  const auto with = [&](const std::string& command, std::vector<std::string> more) {
    std::vector<std::string> arguments = {command};
    arguments.insert(arguments.end(), statement.begin(), statement.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    return place.gyre(arguments);
  };
  const Outcome prove = with("prove", {"--out", "p", "--vk-out", "k"});
  ASSERT_EQ(prove.code, 0) << prove.err;
  EXPECT_EQ(place.gyre({"verify", "--vk", "k", "--proof", "p", "--preset", "testing:14"}).code, 0);

  const Outcome exported = with("export", {"--out", "b"});
  ASSERT_EQ(exported.code, 0) << exported.err;
  EXPECT_EQ(place.gyre({"check", "--bundle", "b"}).code, 0);
  ASSERT_EQ(place.gyre({"prove", "--bundle", "b", "--out", "q"}).code, 0);
  EXPECT_EQ(place.read("q"), place.read("p"));
  EXPECT_EQ(place.read("b/vk.postcard"), place.read("k"));

  const Outcome again = with("export", {"--out", "b"});
  EXPECT_EQ(again.code, 2);
  EXPECT_TRUE(contains(again.err, "b: exists already")) << again.err;
  const Outcome nowhere = with("export", {"--out", "absent/b"});
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_TRUE(contains(nowhere.err, "absent/b: cannot create a file there")) << nowhere.err;
  EXPECT_EQ(place.names(), (std::vector<std::string>{"b", "k", "p", "q"}));
}

}  // namespace
}  // namespace gyre
