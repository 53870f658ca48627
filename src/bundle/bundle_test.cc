#include "gyre/bundle/bundle.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "bundle/trace_file.h"
#include "gyre/support/error.h"
#include "gyre/support/files.h"
#include "support/copy_bundle.h"

namespace gyre {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path kData = GYRE_TEST_DATA;

std::vector<fs::path> golden_folders() {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(kData)) {
    if (fs::exists(entry.path() / "case.json")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

class BundleTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("gyre_bundle_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// Copies a case without its golden results.
  void copy(const std::string& name) {
    fs::remove_all(folder_);
    copy_bundle(kData / name, folder_);
  }
  void edit_json(const std::function<void(Json&)>& edit) {
    Json description = Json::parse(std::ifstream(folder_ / "case.json"));
    edit(description);
    std::ofstream(folder_ / "case.json") << description.dump();
  }
  void poke(const std::string& file, std::size_t offset, std::uint32_t word) {
    std::fstream stream(folder_ / file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(offset));
    for (unsigned i = 0; i < 4; ++i) stream.put(static_cast<char>(word >> (8 * i)));
  }

  /// The message of the error that reading the folder gives, without the folder's name.
  std::string error() const {
    try {
      read_bundle(folder_);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput) << error.what();
      std::string text = error.what();
      const std::string prefix = folder_.string() + "/";
      EXPECT_EQ(text.rfind(prefix, 0), 0u) << text;
      return text.substr(prefix.size());
    }
    return "no error";
  }
  std::string error_after(const std::string& name, const std::function<void(Json&)>& edit) {
    copy(name);
    edit_json(edit);
    return error();
  }

  fs::path folder_;
};

void expect_equal(const Matrix& a, const Matrix& b) {
  ASSERT_EQ(a.height(), b.height());
  ASSERT_EQ(a.width(), b.width());
  EXPECT_TRUE(std::ranges::equal(a.view().values(), b.view().values()));
}

TEST_F(BundleTest, ReadsEveryGoldenCase) {
  for (const fs::path& golden : golden_folders()) {
    SCOPED_TRACE(golden.filename().string());
    const Bundle bundle = read_bundle(golden);
    const Json description = Json::parse(std::ifstream(golden / "case.json"));
    EXPECT_EQ(bundle.name, description["name"]);
    ASSERT_EQ(bundle.airs.size(), description["airs"].size());
    std::size_t present = 0;
    for (std::size_t i = 0; i < bundle.airs.size(); ++i) {
      const Json& entry = description["airs"][i];
      EXPECT_EQ(bundle.proving_key.per_air[i].name, entry["name"]);
      EXPECT_EQ(bundle.airs[i].present, entry["present"].get<bool>());
      EXPECT_EQ(bundle.proving_key.per_air[i].preprocessed_trace.has_value(),
                !entry["width"]["preprocessed"].is_null());
      if (!bundle.airs[i].present) continue;
      const AirTraces air = bundle.traces()[present++];
      EXPECT_EQ(air.air_index, i);
      EXPECT_EQ(air.common_main.height(), std::size_t{1} << entry["log_height"].get<unsigned>());
      EXPECT_EQ(air.cached_mains.size(), entry["width"]["cached"].size());
      EXPECT_EQ(air.public_values.size(), entry["public_values"].size());
    }
    EXPECT_EQ(bundle.traces().size(), present);
  }
}

TEST_F(BundleTest, TracesAreColumnMajor) {
  const Bundle bundle = read_bundle(kData / "fib_small");
  const Matrix& trace = bundle.airs[0].common_main;
  ASSERT_EQ(trace.height(), 16u);
  ASSERT_EQ(trace.width(), 2u);
  EXPECT_EQ(trace(0, 0), Fp::zero());
  EXPECT_EQ(trace(0, 1), Fp::one());
  for (std::size_t row = 1; row < 16; ++row) {
    EXPECT_EQ(trace(row, 0), trace(row - 1, 1));
    EXPECT_EQ(trace(row, 1), trace(row - 1, 0) + trace(row - 1, 1));
  }
  EXPECT_EQ(trace(15, 1), Fp::from_canonical(987));
}

TEST_F(BundleTest, WritesWhatItReads) {
  for (const char* name : {"fib_small", "mixture", "optional_inter", "prep_cached3", "random_v1"}) {
    SCOPED_TRACE(name);
    const Bundle original = read_bundle(kData / name);
    fs::remove_all(folder_);
    write_bundle(folder_, original);
    const Bundle copy = read_bundle(folder_);
    EXPECT_EQ(copy.name, original.name);
    EXPECT_EQ(copy.proving_key.vk, original.proving_key.vk);
    ASSERT_EQ(copy.airs.size(), original.airs.size());
    for (std::size_t i = 0; i < copy.airs.size(); ++i) {
      const auto &a = copy.airs[i], &b = original.airs[i];
      EXPECT_EQ(copy.proving_key.per_air[i].name, original.proving_key.per_air[i].name);
      EXPECT_EQ(a.present, b.present);
      EXPECT_EQ(a.public_values, b.public_values);
      expect_equal(a.common_main, b.common_main);
      ASSERT_EQ(a.cached_mains.size(), b.cached_mains.size());
      for (std::size_t j = 0; j < a.cached_mains.size(); ++j) {
        expect_equal(a.cached_mains[j], b.cached_mains[j]);
      }
      const auto& preprocessed = copy.proving_key.per_air[i].preprocessed_trace;
      ASSERT_EQ(preprocessed.has_value(),
                original.proving_key.per_air[i].preprocessed_trace.has_value());
      if (preprocessed) {
        expect_equal(*preprocessed, *original.proving_key.per_air[i].preprocessed_trace);
      }
    }
  }
}

TEST_F(BundleTest, WritingRefusesAnExistingFolderAndLeavesNothingAfterAnError) {
  Bundle bundle = read_bundle(kData / "fib_small");
  const fs::path parent = folder_;
  fs::create_directory(parent);
  const fs::path target = parent / "bundle";
  write_bundle(target, bundle);
  EXPECT_THROW(write_bundle(target, bundle), Error);
  bundle.airs[0].common_main = Matrix(16, 3);
  EXPECT_THROW(write_bundle(parent / "wrong", bundle), Error);
  EXPECT_THROW(write_bundle(parent / "absent" / "bundle", bundle), Error);
  EXPECT_EQ(std::distance(fs::directory_iterator(parent), fs::directory_iterator()), 1);
  EXPECT_EQ(read_bundle(target).airs.size(), 1u);
}

TEST_F(BundleTest, OnlyShapesAndFilesAreNeeded) {
  copy("mixture");
  edit_json([](Json& description) {
    Json airs = Json::array();
    for (const Json& air : description["airs"]) {
      airs.push_back({{"present", air["present"]},
                      {"log_height", air["log_height"]},
                      {"public_values", air["public_values"]},
                      {"files", air["files"]}});
    }
    description = Json{{"airs", airs}};
  });
  EXPECT_EQ(error(), "no error");
}

TEST_F(BundleTest, TraceFileErrors) {
  copy("fib_small");
  fs::resize_file(folder_ / "air0_common.u32", 127);
  EXPECT_EQ(error(),
            "air0_common.u32: AIR 0 (Fibonacci): 127 bytes, expected 128 (16 rows x 2 columns x 4 "
            "bytes)");
  fs::resize_file(folder_ / "air0_common.u32", std::uintmax_t{1} << 42);
  EXPECT_EQ(error(),
            "air0_common.u32: AIR 0 (Fibonacci): 4398046511104 bytes, expected 128 (16 rows x 2 "
            "columns x 4 bytes)");
  fs::remove(folder_ / "air0_common.u32");
  EXPECT_EQ(error(), "air0_common.u32: cannot open: No such file or directory");

  copy("fib_small");
  poke("air0_common.u32", 4 * (16 + 3), Fp::kModulus);
  EXPECT_EQ(error(),
            "air0_common.u32: AIR 0 (Fibonacci): row 3, column 1: 2013265921 is not a canonical "
            "field element, which is below 2013265921");

  copy("prep_cached3");
  fs::resize_file(folder_ / "air0_cached1.u32", 0);
  EXPECT_NE(error().find("air0_cached1.u32: AIR 0 (PreprocessedCached): 0 bytes, expected 64"),
            std::string::npos);
  copy("prep_cached3");
  fs::resize_file(folder_ / "air0_prep.u32", 60);
  EXPECT_NE(error().find("air0_prep.u32: AIR 0 (PreprocessedCached): 60 bytes, expected 64"),
            std::string::npos);
}

TEST_F(BundleTest, HeightErrors) {
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["airs"][0]["log_height"] = 11; }),
            "case.json: airs[0].log_height: AIR 0 (Fibonacci): 11 is above the limit 10 (l_skip + "
            "n_stack)");
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["airs"][0]["log_height"] = UINT64_MAX; }),
            "case.json: airs[0].log_height: AIR 0 (Fibonacci): 18446744073709551615 is above the "
            "limit 10 (l_skip + n_stack)");
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["airs"][0]["log_height"] = -1; }),
            "case.json: airs[0].log_height: expected a non-negative integer, got the number -1");
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["airs"][0]["log_height"] = "4"; }),
            "case.json: airs[0].log_height: expected a non-negative integer, got string");
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["airs"][0].erase("log_height"); }),
            "case.json: airs[0]: the member \"log_height\" is missing");
  EXPECT_EQ(error_after("prep_fib", [](Json& d) { d["airs"][0]["preprocessed_log_height"] = 4; }),
            "case.json: airs[0].preprocessed_log_height: is 4, but vk.postcard says 3");
}

TEST_F(BundleTest, PublicValueErrors) {
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["airs"][0].erase("public_values"); }),
            "case.json: airs[0]: the member \"public_values\" is missing");
  EXPECT_EQ(error_after("fib_small",
                        [](Json& d) {
                          d["airs"][0]["public_values"] = {1, 2};
                        }),
            "case.json: airs[0].public_values: AIR 0 (Fibonacci): 2 values, but the key has 3");
  EXPECT_EQ(error_after("fib_small",
                        [](Json& d) {
                          d["airs"][0]["public_values"] = {0, 2013265921u, 0};
                        }),
            "case.json: airs[0].public_values[1]: 2013265921 is above the limit 2013265920");
}

TEST_F(BundleTest, PresenceErrors) {
  EXPECT_EQ(error_after("optional_all_required",
                        [](Json& d) {
                          d["airs"][1]["present"] = false;
                          d["airs"][1]["log_height"] = nullptr;
                          d["airs"][1]["public_values"] = Json::array();
                        }),
            "case.json: airs[1].present: AIR 1 (Fibonacci): the key requires this AIR in every "
            "proof");
  EXPECT_EQ(error_after("fib_small",
                        [](Json& d) {
                          d["airs"][0]["present"] = false;
                          d["airs"][0]["log_height"] = nullptr;
                          d["airs"][0]["public_values"] = Json::array();
                        }),
            "case.json: airs: no AIR is present: there is nothing to prove");
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["airs"][0]["present"] = false; }),
            "case.json: airs[0].log_height: AIR 0 (Fibonacci): is given for an absent AIR");
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["airs"].push_back(d["airs"][0]); }),
            "case.json: airs: has 2 entries, but vk.postcard has 1 AIRs");
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["airs"] = 3; }),
            "case.json: airs: expected a list, got the number 3");
}

TEST_F(BundleTest, FileNamesStayInTheFolder) {
  for (const char* name : {"../air0_common.u32", "/etc/passwd", "..", ".", "", "a/b"}) {
    EXPECT_EQ(error_after("fib_small", [&](Json& d) { d["airs"][0]["files"]["common"] = name; }),
              std::string("case.json: airs[0].files.common: AIR 0 (Fibonacci): \"") + name +
                  "\" is not the name of a file in the bundle's folder");
  }
}

TEST_F(BundleTest, DescriptionMustAgreeWithTheKey) {
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["vk_pre_hash"][2] = 7; }),
            "case.json: vk_pre_hash[2]: is 7, but vk.postcard says 170193425");
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["params"]["l_skip"] = 3; }),
            "case.json: params.l_skip: is 3, but vk.postcard says 2");
  EXPECT_EQ(error_after("fib_small",
                        [](Json& d) {
                          d["params"]["whir_num_queries"] = {10, 4};
                        }),
            "case.json: params.whir_num_queries: has 2 entries, but vk.postcard has 3");
  EXPECT_EQ(error_after("fib_small",
                        [](Json& d) { d["params"]["whir_proximity"]["kind"] = "ListDecoding"; }),
            "case.json: params.whir_proximity.kind: is ListDecoding, but vk.postcard says "
            "SplitUniqueList");
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["airs"][0]["width"]["common"] = 3; }),
            "case.json: airs[0].width.common: is 3, but vk.postcard says 2");
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["airs"][0]["width"]["cached"] = {1}; }),
            "case.json: airs[0].width.cached: has 1 entries, but vk.postcard has 0");
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["airs"][0]["width"]["preprocessed"] = 1; }),
            "case.json: airs[0].width.preprocessed: must be null: the key has no such trace");
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["airs"][0]["required"] = true; }),
            "case.json: airs[0].required: is true, but vk.postcard says false");
  EXPECT_EQ(
      error_after("fib_small", [](Json& d) { d["trace_height_constraints"][0]["threshold"] = 5; }),
      "case.json: trace_height_constraints[0].threshold: is 5, but vk.postcard says "
      "1073741824");
}

TEST_F(BundleTest, HostileJson) {
  copy("fib_small");
  std::ofstream(folder_ / "case.json") << "{\"airs\": [";
  EXPECT_EQ(error().rfind("case.json: not valid JSON: ", 0), 0u);
  std::ofstream(folder_ / "case.json") << std::string(1000, '[') << std::string(1000, ']');
  EXPECT_EQ(error(), "case.json: nested deeper than 16 levels");
  // Brackets inside of strings do not nest.
  EXPECT_EQ(error_after("fib_small", [](Json& d) { d["note"] = std::string(40, '[') + "\"{\\"; }),
            "no error");
  // The longest lists that fit take no more than moments.
  std::string objects = "{\"x\": [{}";
  while (objects.size() < (16u << 20) - 10) objects += ",{}";
  std::ofstream(folder_ / "case.json") << objects << "]}";
  EXPECT_EQ(error(), "case.json: top level: the member \"airs\" is missing");
  std::ofstream(folder_ / "case.json") << "[]";
  EXPECT_EQ(error(), "case.json: top level: expected an object, got array");
  fs::resize_file(folder_ / "case.json", std::uintmax_t{1} << 40);
  EXPECT_EQ(error(), "case.json: 1099511627776 bytes, the limit is 16777216");
  fs::remove(folder_ / "case.json");
  EXPECT_EQ(error(), "case.json: cannot open: No such file or directory");
}

TEST_F(BundleTest, KeyErrors) {
  copy("fib_small");
  fs::resize_file(folder_ / "vk.postcard", 60);
  EXPECT_EQ(error().rfind("vk.postcard: ", 0), 0u);
  fs::remove(folder_ / "vk.postcard");
  EXPECT_EQ(error(), "vk.postcard: cannot open: No such file or directory");
}

}  // namespace
}  // namespace gyre
