#include <gtest/gtest.h>

#include "gyre/keys/keygen.h"
#include "support/golden_case.h"

namespace gyre {
namespace {

class GoldenKeys : public ::testing::TestWithParam<std::string> {
 protected:
  GoldenCase golden_ = load_golden_case(GetParam());
};

TEST_P(GoldenKeys, DecodeThenEncodeGivesTheSameBytes) {
  const auto key = decode_verifying_key(golden_.vk_bytes);
  ASSERT_TRUE(key) << key.error().message();
  EXPECT_EQ(encode_verifying_key(*key), golden_.vk_bytes);
  EXPECT_EQ(key->pre_hash, golden_.vk_pre_hash);
  EXPECT_EQ(key->params, golden_.params);
  EXPECT_EQ(key->trace_height_constraints, golden_.trace_height_constraints);
}

TEST_P(GoldenKeys, KeygenGivesTheSameKey) {
  const std::vector<std::unique_ptr<Air>> airs = golden_.build_airs();
  KeyGenerator generator(golden_.params);
  for (std::size_t i = 0; i < airs.size(); ++i) {
    golden_.airs[i].required ? generator.add_required_air(*airs[i]) : generator.add_air(*airs[i]);
  }
  const ProvingKey key = generator.generate();
  EXPECT_EQ(key.vk, golden_.verifying_key());
  EXPECT_EQ(encode_verifying_key(key.vk), golden_.vk_bytes);
  EXPECT_EQ(key.vk.pre_hash, golden_.vk_pre_hash);
  for (std::size_t i = 0; i < airs.size(); ++i) {
    EXPECT_EQ(key.per_air[i].name, golden_.airs[i].name);
    const auto& trace = key.per_air[i].preprocessed_trace;
    ASSERT_EQ(trace.has_value(), golden_.airs[i].preprocessed.has_value());
    if (!trace) continue;
    const auto actual = trace->view().values(),
               expected = golden_.airs[i].preprocessed->view().values();
    EXPECT_TRUE(std::equal(actual.begin(), actual.end(), expected.begin(), expected.end()));
  }
}

TEST_P(GoldenKeys, FiguresOfEveryAir) {
  const VerifyingKey key = golden_.verifying_key();
  ASSERT_EQ(key.per_air.size(), golden_.airs.size());
  for (std::size_t i = 0; i < golden_.airs.size(); ++i) {
    const AirVerifyingKey& air = key.per_air[i];
    const nlohmann::json& entry = golden_.airs[i].entry;
    EXPECT_EQ(air.width, golden_.airs[i].width);
    EXPECT_EQ(air.num_public_values, golden_.airs[i].num_public_values);
    EXPECT_EQ(air.is_required, golden_.airs[i].required);
    EXPECT_EQ(air.need_rot, entry["need_rot"].get<bool>());
    EXPECT_EQ(air.max_constraint_degree, entry["max_constraint_degree"].get<unsigned>());
    EXPECT_EQ(air.symbolic.constraint_nodes.size(), entry["num_constraints"].get<std::size_t>());
    EXPECT_EQ(air.symbolic.interactions.size(), entry["num_interactions"].get<std::size_t>());
    EXPECT_EQ(air.symbolic.nodes.size(), entry["num_dag_nodes"].get<std::size_t>());
  }
  EXPECT_EQ(golden_.vk_bytes.size(), golden_.sizes["vk_bytes"].get<std::size_t>());
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenKeys, ::testing::ValuesIn(golden_case_names()),
                         [](const auto& param) { return param.param; });

}  // namespace
}  // namespace gyre
