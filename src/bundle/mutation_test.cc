// Damage to every byte and every JSON value of small bundles: reading gives a bundle or an error
// that names the file, and never takes more memory than the files warrant.

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "gyre/bundle/bundle.h"
#include "gyre/checker/checker.h"
#include "gyre/support/error.h"
#include "support/copy_bundle.h"
#include "support/memory_use.h"

namespace gyre {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Reading or checking a bundle of 3 kB, with a wide margin.
constexpr std::size_t kMaxMemory = 4u << 20;

class BundleMutation : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    folder_ =
        fs::path(testing::TempDir()) / ("gyre_mutation_" + std::to_string(::getpid()) + GetParam());
    fs::remove_all(folder_);
    copy_bundle(fs::path(GYRE_TEST_DATA) / GetParam(), folder_);
    for (const auto& entry : fs::directory_iterator(folder_)) {
      std::ifstream file(entry.path(), std::ios::binary);
      files_[entry.path().filename().string()] = {std::istreambuf_iterator<char>(file), {}};
    }
    ASSERT_TRUE(accepted_with("case.json", files_["case.json"]));
  }
  void TearDown() override { fs::remove_all(folder_); }

  void put(const std::string& name, const std::string& bytes) const {
    // Some file systems make overwriting much slower than a new file.
    fs::remove(folder_ / name);
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }
  /// Whether the bundle reads with these bytes in a file. Whatever reads is checked.
  bool accepted_with(const std::string& name, const std::string& bytes) const {
    put(name, bytes);
    const MemoryUse memory;
    const bool accepted = accepted_now();
    EXPECT_LE(memory.peak_bytes(), kMaxMemory);
    return accepted;
  }

  fs::path folder_;
  std::map<std::string, std::string> files_;  ///< the undamaged bytes by name

 private:
  bool accepted_now() const {
    std::optional<Bundle> bundle;
    try {
      bundle = read_bundle(folder_);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput) << error.what();
      EXPECT_EQ(std::string(error.what()).rfind(folder_.string() + "/", 0), 0u) << error.what();
      return false;
    }
    try {
      check_traces(bundle->proving_key, bundle->traces());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kMisuse) << error.what();
    }
    return true;
  }
};

TEST_P(BundleMutation, EveryByteOfEveryFile) {
  for (const auto& [name, bytes] : files_) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      SCOPED_TRACE(name + " byte " + std::to_string(i));
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
      accepted_with(name, damaged);
      damaged[i] = '\xff';
      accepted_with(name, damaged);
    }
    put(name, bytes);
  }
}

TEST_P(BundleMutation, EveryLengthOfEveryFile) {
  for (const auto& [name, bytes] : files_) {
    const std::size_t needed = name == "case.json" ? bytes.find_last_of('}') + 1 : bytes.size();
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      SCOPED_TRACE(name + " length " + std::to_string(length));
      EXPECT_EQ(accepted_with(name, bytes.substr(0, length)), length >= needed);
    }
    EXPECT_FALSE(accepted_with(name, bytes + 'x')) << name;
    EXPECT_FALSE(accepted_with(name, bytes + bytes)) << name;
    put(name, bytes);
  }
}

/// The places of `value` and everything inside of it.
void list_places(const Json& value, const Json::json_pointer& place,
                 std::vector<Json::json_pointer>& places) {
  places.push_back(place);
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) list_places(member, place / key, places);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) list_places(value[i], place / i, places);
  }
}

TEST_P(BundleMutation, EveryValueOfTheDescription) {
  const Json description = Json::parse(files_["case.json"]);
  const std::vector<Json> hostile = {nullptr,
                                     true,
                                     0,
                                     1,
                                     -1,
                                     27,
                                     31,
                                     32,
                                     63,
                                     64,
                                     1ull << 32,
                                     INT64_MIN,
                                     UINT64_MAX,
                                     0.5,
                                     1e300,
                                     "",
                                     "case.json",
                                     std::string(5000, 'x'),
                                     Json::array(),
                                     Json::object(),
                                     Json::array({Json::array(), Json::object(), -7}),
                                     Json(std::vector<unsigned>(1000, 5))};
  std::vector<Json::json_pointer> places;
  list_places(description, Json::json_pointer(), places);
  for (const Json::json_pointer& place : places) {
    for (const Json& value : hostile) {
      SCOPED_TRACE(place.to_string() + " = " + value.dump().substr(0, 40));
      Json damaged = description;
      damaged[place] = value;
      accepted_with("case.json", damaged.dump());
    }
    if (place.empty() || !description.at(place.parent_pointer()).is_object()) continue;
    SCOPED_TRACE(place.to_string() + " is missing");
    Json damaged = description;
    damaged.at(place.parent_pointer()).erase(place.back());
    accepted_with("case.json", damaged.dump());
  }
}

// Public values; a preprocessed and a cached part; cached parts and interactions of two AIRs.
INSTANTIATE_TEST_SUITE_P(Cases, BundleMutation,
                         testing::Values("fib_small", "prep_cached1", "cached11"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace gyre
