#include "replay_profile.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "gyre/support/error.h"
#include "replay_segment.h"

namespace gyre::cli {
namespace {

const std::string kProfile = std::string(GYRE_TEST_DATA) + "/replay_profile.jsonl";

/// A file that is removed at the end.
class TextFile {
 public:
  explicit TextFile(const std::string& text)
      : path_(testing::TempDir() + "/replay_profile_test_" + std::to_string(::getpid())) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TextFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The first line of the profile after an edit, and what reading it throws (without the path).
std::string error_after(const std::function<void(nlohmann::json&)>& edit) {
  std::ifstream file(kProfile);
  std::string line;
  std::getline(file, line);
  auto segment = nlohmann::json::parse(line);
  edit(segment);
  const TextFile text("\n" + segment.dump() + "\n");
  try {
    read_replay_profile(text.path());
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
    EXPECT_EQ(std::string(error.what()).rfind(text.path(), 0), 0u) << error.what();
    return std::string(error.what()).substr(text.path().size());
  }
  return "no error";
}

TEST(ReplayProfile, ReadsRecords) {
  const auto segments = read_replay_profile(kProfile);
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_EQ(segments[0].index, 7u);
  ASSERT_EQ(segments[0].airs.size(), 2u);
  const ReplayRecord& tall = segments[0].airs[1];
  EXPECT_EQ(tall.air_name, "Tall<8>");
  EXPECT_EQ(tall.log_height, 6u);
  EXPECT_EQ(tall.common_main_width, 5u);
  EXPECT_EQ(tall.num_constraints, 11u);
  EXPECT_EQ(tall.max_constraint_degree, 4u);
  EXPECT_EQ(tall.buses, std::vector<std::uint16_t>{3});
  EXPECT_EQ(tall.message_lengths, std::vector<std::uint32_t>{3});
  EXPECT_EQ(segments[1].index, 2u);
}

TEST(ReplayProfile, SelectsSegments) {
  const auto profile = read_replay_profile(kProfile);
  EXPECT_EQ(select_segments(profile, "all").size(), 2u);
  const auto both = select_segments(profile, "2,7");
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].index, 2u);
  EXPECT_EQ(both[1].index, 7u);
  for (const char* selection :
       {"sample", "3", "2,2", "", ",", "2,", "2;7", "-2", "two", "2 ,7", "99999999999999999999"}) {
    EXPECT_THROW(select_segments(profile, selection), Error) << selection;
  }
}

TEST(ReplayProfile, EveryNumberIsBounded) {
  const auto with = [](const char* field, const nlohmann::json& value) {
    return error_after([&](nlohmann::json& segment) { segment["airs"][1][field] = value; });
  };
  EXPECT_EQ(with("air_id", "any"), "no error");
  EXPECT_EQ(with("log_height", 64), ":2: airs[1].log_height: 64 is above the limit 63");
  EXPECT_EQ(with("log_height", -1),
            ":2: airs[1].log_height: expected a non-negative integer, got the number -1");
  EXPECT_EQ(with("log_height", 1e300),
            ":2: airs[1].log_height: expected a non-negative integer, got the number 1e+300");
  EXPECT_EQ(with("num_constraints", 1u << 20),
            ":2: airs[1].num_constraints: 1048576 is above the limit 262144");
  EXPECT_EQ(with("max_constraint_degree", 5),
            ":2: airs[1].max_constraint_degree: 5 is above the limit 4");
  EXPECT_EQ(with("width", {{"common_main", 70000}}),
            ":2: airs[1].width.common_main: 70000 is above the limit 65536");
  EXPECT_EQ(with("width", nullptr), ":2: airs[1].width: expected an object, got null");
  EXPECT_EQ(with("num_interactions", 2), ":2: airs[1].buses: 1 entries for 2 interactions");
  EXPECT_EQ(with("buses", {65536}), ":2: airs[1].buses[0]: 65536 is above the limit 65535");
  EXPECT_EQ(with("interaction_message_lens", {0}),
            ":2: airs[1].interaction_message_lens[0]: 0 is below 1");
  EXPECT_EQ(with("interaction_message_lens", {1025}),
            ":2: airs[1].interaction_message_lens[0]: 1025 is above the limit 1024");
  EXPECT_EQ(with("interaction_count_weights", {4294967296}),
            ":2: airs[1].interaction_count_weights[0]: 4294967296 is above the limit 4294967295");
  EXPECT_EQ(with("interaction_count_weights", "x"),
            ":2: airs[1].interaction_count_weights: expected a list, got string");
}

TEST(ReplayProfile, SegmentsAreBounded) {
  EXPECT_EQ(error_after([](nlohmann::json& s) { s["schema"] = "v3"; }),
            ":2: schema: expected \"v2\", got \"v3\"");
  EXPECT_EQ(error_after([](nlohmann::json& s) { s.erase("segment_idx"); }),
            ":2: top level: the member \"segment_idx\" is missing");
  EXPECT_EQ(error_after([](nlohmann::json& s) { s["airs"] = nlohmann::json::array(); }),
            ":2: airs: expected 1 to 1024 AIRs, got 0");
  EXPECT_EQ(error_after([](nlohmann::json& s) {
              const auto record = s["airs"][0];
              for (int i = 0; i < 1100; ++i) s["airs"].push_back(record);
            }),
            ":2: airs: expected 1 to 1024 AIRs, got 1102");
  EXPECT_EQ(error_after([](nlohmann::json& s) {
              for (auto& air : s["airs"]) air["num_constraints"] = 200000;
            }),
            ":2: airs: 400000 constraints in all, the limit is 262144");
  EXPECT_EQ(error_after([](nlohmann::json& s) {
              s["airs"][0]["num_constraints"] = 0;
              s["airs"][0]["num_interactions"] = 0;
              for (const char* list :
                   {"buses", "interaction_message_lens", "interaction_count_weights"}) {
                s["airs"][0][list] = nlohmann::json::array();
              }
            }),
            ":2: airs[0]: an AIR with neither constraints nor interactions");
}

TEST(ReplayProfile, WhatIsNotAProfileIsRefused) {
  for (const std::string text : {"", "\n\n", "{", "[]", "null", "{}", "\x80", "{\"a\":1}{}"}) {
    const TextFile file(text);
    EXPECT_THROW(read_replay_profile(file.path()), Error) << text;
  }
  const TextFile deep(std::string(100000, '['));
  EXPECT_THROW(read_replay_profile(deep.path()), Error);
  std::string line;
  std::getline(std::ifstream(kProfile), line);
  const TextFile twice(line + "\n" + line);
  EXPECT_THROW(read_replay_profile(twice.path()), Error);
  EXPECT_THROW(read_replay_profile("/absent"), Error);
}

TEST(ReplaySegment, ShapeCountsLiftedRows) {
  const auto profile = read_replay_profile(kProfile);
  const ReplayShape shape = replay_shape(replay_airs(profile[0]), replay_params());
  EXPECT_EQ(shape.airs, 2u);
  EXPECT_EQ(shape.columns, 3u + 5u);
  EXPECT_EQ(shape.cells, 2u * 3u + 64u * 5u);
  EXPECT_EQ(shape.stacked_width, 1u);
  EXPECT_EQ(shape.interactions, 3u);
  EXPECT_EQ(shape.leaves, 2u * 16u + 64u);
}

TEST(ReplaySegment, RandomTracesOnlyWhereConstraintsAllowThem) {
  const auto profile = read_replay_profile(kProfile);
  const auto free = replay_airs(profile[0]), bound = replay_airs(profile[1]);
  ReplayTraces traces(free), zero(bound);
  EXPECT_EQ(traces.randomize(free), 2u);
  EXPECT_EQ(zero.randomize(bound), 0u);  // constraint 1 is column 1 itself
  EXPECT_EQ(traces.views()[1].common_main.height(), 64u);
  EXPECT_FALSE(traces.views()[1].common_main(0, 4).is_zero());
  EXPECT_TRUE(zero.views()[0].common_main(0, 1).is_zero());
}

}  // namespace
}  // namespace gyre::cli
