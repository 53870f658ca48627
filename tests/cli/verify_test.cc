#include <gtest/gtest.h>

#include <fstream>

#include "cli/command.h"

namespace gyre {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Outcome verify_golden(const Workplace& place, const std::string& name,
                      std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {"verify", "--vk", golden(name + "/vk.postcard"), "--proof",
                                        golden(name + "/proof.bin")};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return place.gyre(arguments);
}

TEST(CliVerify, ValidProof) {
  const Workplace place;
  const Outcome text = verify_golden(place, "mixture");
  EXPECT_EQ(text.code, 0);
  EXPECT_EQ(text.out.rfind("valid: 25,118 bytes, verified in ", 0), 0u) << text.out;
  EXPECT_TRUE(text.err.empty()) << text.err;
  const Outcome json = verify_golden(place, "fib_small", {"--json"});
  EXPECT_EQ(json.code, 0);
  EXPECT_EQ(json.json()["valid"], true);
  EXPECT_EQ(json.json()["public_values"], nlohmann::json({{0, 1, 987}}));
}

TEST(CliVerify, TamperedProofsAreInvalid) {
  const Workplace place;
  const auto entries = nlohmann::json::parse(read_whole(golden("negative.json")));
  for (const auto& entry : entries) {
    if (entry.contains("vk_file") || entry.contains("config_params")) continue;
    const Outcome run = place.gyre({"verify", "--json", "--vk",
                                    golden(entry["base_case"].get<std::string>() + "/vk.postcard"),
                                    "--proof", golden(entry["file"])});
    EXPECT_EQ(run.code, 1) << entry["id"];
    EXPECT_EQ(run.json()["valid"], false);
    EXPECT_EQ(run.json()["stage"], entry["stage"]);
    if (entry["stage"] == "verify") {
      EXPECT_EQ(run.json()["error"], entry["error_path"]) << entry["id"];
    }
  }
}

TEST(CliVerify, BytesThatAreNoProofAreInvalid) {
  const Workplace place;
  const std::string vk = golden("fib_small/vk.postcard");
  const std::string proof = read_whole(golden("fib_small/proof.bin"));
  place.write("truncated", proof.substr(0, proof.size() / 2));
  place.write("longer", proof + "x");
  place.write("empty", "");
  place.write("version", "\x04" + proof.substr(1));
  for (const char* name : {"truncated", "longer", "empty", "version"}) {
    const Outcome run = place.gyre({"verify", "--vk", vk, "--proof", name});
    EXPECT_EQ(run.code, 1) << name;
    EXPECT_EQ(run.out.rfind("invalid: ", 0), 0u) << run.out;
  }
}

TEST(CliVerify, AbsentAndMalformedInputs) {
  const Workplace place;
  const std::string vk = golden("fib_small/vk.postcard");
  const std::string proof = golden("fib_small/proof.bin");
  const Outcome absent = place.gyre({"verify", "--vk", vk, "--proof", "absent"});
  EXPECT_EQ(absent.code, 2);
  EXPECT_TRUE(contains(absent.err, "absent: cannot open: No such file")) << absent.err;
  EXPECT_EQ(place.gyre({"verify", "--vk", "absent", "--proof", proof}).code, 2);
  EXPECT_EQ(place.gyre({"verify", "--vk", vk, "--proof", "."}).code, 2);
  const Outcome swapped = place.gyre({"verify", "--vk", proof, "--proof", proof});
  EXPECT_EQ(swapped.code, 2);
  EXPECT_TRUE(contains(swapped.err, "not a verifying key")) << swapped.err;
  { std::ofstream(place.path("huge")) << "x"; }
  std::filesystem::resize_file(place.path("huge"), std::uintmax_t{1} << 40);
  const Outcome huge = place.gyre({"verify", "--vk", vk, "--proof", "huge"});
  EXPECT_EQ(huge.code, 2);
  EXPECT_TRUE(contains(huge.err, "1099511627776 bytes, the limit is 1073741824")) << huge.err;
}

TEST(CliVerify, InsistsOnPublicValuesAndParameters) {
  const Workplace place;
  place.write("right", "[[0, 1, 987]]");
  place.write("wrong", "[[0, 1, 988]]");
  place.write("short", "[]");
  place.write("malformed", "[[0, 1, \"x\"]]");
  place.write("large", "[[0, 1, 2013265921]]");
  EXPECT_EQ(verify_golden(place, "fib_small", {"--public-values", "right"}).code, 0);
  const Outcome wrong = verify_golden(place, "fib_small", {"--public-values", "wrong"});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_TRUE(contains(wrong.out, "AIR 0: [0,1,987], expected [0,1,988]")) << wrong.out;
  EXPECT_EQ(verify_golden(place, "fib_small", {"--public-values", "short"}).code, 1);
  EXPECT_EQ(verify_golden(place, "fib_small", {"--public-values", "malformed"}).code, 2);
  EXPECT_EQ(verify_golden(place, "fib_small", {"--public-values", "large"}).code, 2);
  EXPECT_EQ(verify_golden(place, "fib_small", {"--preset", "test"}).code, 0);
  const Outcome preset = verify_golden(place, "fib_small", {"--preset", "app:21"});
  EXPECT_EQ(preset.code, 1);
  EXPECT_TRUE(contains(preset.out, "SystemParamsMismatch")) << preset.out;
}

TEST(CliInspect, Proof) {
  const Workplace place;
  const Outcome text = place.gyre({"inspect", golden("mixture/proof.bin")});
  EXPECT_EQ(text.code, 0);
  EXPECT_TRUE(contains(text.out, "proof: 25,118 bytes, codec version 3, 12 of 12 AIRs present"))
      << text.out;
  const auto json =
      place.gyre({"inspect", "--proof", golden("mixture/proof.bin"), "--json"}).json();
  EXPECT_EQ(json["bytes"], 25118);
  std::size_t total = 0;
  for (const auto& bytes : json["part_bytes"]) total += bytes.get<std::size_t>();
  EXPECT_EQ(total, 25118u);
  EXPECT_EQ(json["airs"][0]["log_height"], 5);
  EXPECT_EQ(json["structure"]["whir_queries"], nlohmann::json({10, 4, 2}));
}

// What decodes need not have the shape of a proof under any key.
TEST(CliInspect, ProofWithoutListsOfPublicValues) {
  const Workplace place;
  const std::string bytes = read_whole(golden("fib_small/proof.bin"));
  // Item 6 of one AIR with 3 values follows the statement: one list becomes none.
  const std::size_t start = 4 + 32 + 4 + 1 + 8, length = 4 + 4 + 3 * 4;
  place.write("proof",
              bytes.substr(0, start) + std::string(4, '\0') + bytes.substr(start + length));
  EXPECT_EQ(place.gyre({"inspect", "proof"}).code, 0);
  const auto json = place.gyre({"inspect", "--proof", "proof", "--json"}).json();
  EXPECT_EQ(json["airs"][0]["public_values"], nlohmann::json::array());
  const Outcome verified =
      place.gyre({"verify", "--vk", golden("fib_small/vk.postcard"), "--proof", "proof", "--json"});
  EXPECT_EQ(verified.code, 1);
  EXPECT_EQ(verified.json()["error"], "ProofShapeError/InvalidVData/InvalidPublicValuesLength");
}

TEST(CliInspect, Key) {
  const Workplace place;
  const Outcome text = place.gyre({"inspect", golden("mixture/vk.postcard")});
  EXPECT_EQ(text.code, 0);
  EXPECT_TRUE(contains(text.out, "verifying key: 4,218 bytes, 12 AIRs")) << text.out;
  const auto json = place.gyre({"inspect", "--vk", golden("mixture/vk.postcard"), "--json"}).json();
  const auto description = nlohmann::json::parse(read_whole(golden("mixture/case.json")));
  EXPECT_EQ(json["params"], description["params"]);
  EXPECT_EQ(json["vk_pre_hash"], description["vk_pre_hash"]);
  EXPECT_EQ(json["trace_height_constraints"], description["trace_height_constraints"]);
  for (std::size_t i = 0; i < 12; ++i) {
    for (const char* field : {"width", "num_constraints", "num_interactions", "num_dag_nodes",
                              "need_rot", "max_constraint_degree", "required"}) {
      EXPECT_EQ(json["airs"][i][field], description["airs"][i][field]) << i << field;
    }
  }
  EXPECT_EQ(json["buses"].size(), 2u);
  EXPECT_EQ(json["buses"][1]["bus"], 5);
}

TEST(CliInspect, NeitherProofNorKey) {
  const Workplace place;
  place.write("junk", "hello, world");
  const Outcome run = place.gyre({"inspect", "junk"});
  EXPECT_EQ(run.code, 2);
  EXPECT_TRUE(contains(run.err, "junk: neither a proof (")) << run.err;
  EXPECT_EQ(place.gyre({"inspect", "--proof", golden("fib_small/vk.postcard")}).code, 2);
  EXPECT_EQ(place.gyre({"inspect", "--vk", golden("fib_small/proof.bin")}).code, 2);
}

}  // namespace
}  // namespace gyre
