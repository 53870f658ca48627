#include "gyre/airs/replay.h"

#include <gtest/gtest.h>

#include "gyre/checker/checker.h"
#include "gyre/keys/keygen.h"
#include "gyre/proof/codec.h"
#include "gyre/prover.h"
#include "gyre/support/error.h"
#include "gyre/verifier.h"

namespace gyre {
namespace {

using Slots = std::vector<std::uint32_t>;

/// Three columns, because the longest message needs them.
ReplayRecord small_record(std::uint32_t num_constraints) {
  return {.air_name = "small",
          .log_height = 3,
          .common_main_width = 2,
          .num_constraints = num_constraints,
          .max_constraint_degree = 2,
          .buses = {7, 9},
          .message_lengths = {2, 1},
          .count_weights = {1, 0}};
}

AirVerifyingKey key_of(const ReplayAir& air) {
  const Air* airs[] = {&air};
  return keygen(presets::test_small(2, 8, 3), airs).vk.per_air[0];
}

TEST(ReplayAir, ConstraintsAreTheDigitsOfTheirNumber) {
  const ReplayAir air(small_record(8));
  EXPECT_EQ(air.common_main_width(), 3u);
  EXPECT_EQ(air.constraint_slots(0), (Slots{0, 0}));
  EXPECT_EQ(air.constraint_slots(5), (Slots{5, 0}));
  EXPECT_EQ(air.constraint_slots(6), (Slots{0, 1}));
  EXPECT_EQ(air.constraint_slots(7), (Slots{1, 1}));

  const ReplayAir wide({.air_name = "", .common_main_width = 10, .max_constraint_degree = 3});
  EXPECT_EQ(wide.constraint_slots(3 + 20 * 19 + 400 * 2), (Slots{3, 19, 2}));
}

TEST(ReplayAir, TheDagIsThatOfTheDefinition) {
  const AirVerifyingKey key = key_of(ReplayAir(small_record(7)));
  EXPECT_EQ(key.max_constraint_degree, 2);
  EXPECT_TRUE(key.need_rot);
  const auto& nodes = key.symbolic.nodes;
  const auto expect_cell = [&](std::size_t node, std::uint32_t offset, std::uint32_t column) {
    EXPECT_EQ(nodes[node].variable, (Variable{VariableSource::kMain, 0, offset, column})) << node;
  };
  const auto expect_product = [&](std::size_t node, std::uint32_t left, std::uint32_t right) {
    EXPECT_EQ(nodes[node].kind, NodeKind::kMul) << node;
    EXPECT_EQ(nodes[node].left, left) << node;
    EXPECT_EQ(nodes[node].right, right) << node;
  };
  ASSERT_EQ(nodes.size(), 15u);
  expect_cell(0, 0, 0);
  expect_product(1, 0, 0);  // constraint 0
  expect_cell(2, 0, 1);
  expect_product(3, 2, 0);
  expect_cell(4, 0, 2);
  expect_product(5, 4, 0);
  expect_cell(6, 1, 0);
  expect_product(7, 6, 0);
  expect_cell(8, 1, 1);
  expect_product(9, 8, 0);
  expect_cell(10, 1, 2);
  expect_product(11, 10, 0);
  expect_product(12, 0, 2);  // constraint 6: digits 0, 1
  EXPECT_EQ(key.symbolic.constraint_nodes, (Slots{1, 3, 5, 7, 9, 11, 12}));
  EXPECT_EQ(nodes[13].constant, -Fp::one());
  expect_product(14, 13, 0);

  ASSERT_EQ(key.symbolic.interactions.size(), 2u);
  EXPECT_EQ(key.symbolic.interactions[0], (Interaction{{2, 4}, 0, 0, 1}));
  EXPECT_EQ(key.symbolic.interactions[1], (Interaction{{2}, 14, 1, 0}));
}

TEST(ReplayAir, ProductsAssociateToTheLeft) {
  ReplayRecord record = small_record(1);
  record.max_constraint_degree = 3;
  const AirVerifyingKey key = key_of(ReplayAir(record));
  EXPECT_EQ(key.symbolic.nodes[1].kind, NodeKind::kMul);
  EXPECT_EQ(key.symbolic.nodes[2].left, 1u);
  EXPECT_EQ(key.symbolic.nodes[2].right, 0u);
}

TEST(ReplayAir, HeightsAndDegreesAreMovedIntoTheirRange) {
  EXPECT_EQ(ReplayAir({.log_height = 0}).log_height(), 1u);
  EXPECT_EQ(ReplayAir({.log_height = 23}).log_height(), 22u);
  EXPECT_EQ(ReplayAir({.log_height = 5}).log_height(), 5u);
  EXPECT_EQ(ReplayAir({.max_constraint_degree = 0}).degree(), 1u);
  EXPECT_EQ(ReplayAir({}).common_main_width(), 1u);
  EXPECT_EQ(ReplayAir({}).num_buses(), 1u);
}

TEST(ReplayAir, RandomColumnsOnlyWhereEveryConstraintHolds) {
  const ReplayAir random(small_record(7)), fixed(small_record(8));
  EXPECT_TRUE(random.holds_for_random_columns());
  EXPECT_FALSE(fixed.holds_for_random_columns());  // constraint 7 is the square of column 1
  Matrix trace = random.zero_trace(), same = random.zero_trace(), zero = fixed.zero_trace();
  random.randomize(1, trace);
  random.randomize(1, same);
  fixed.randomize(1, zero);
  ASSERT_EQ(trace.height(), 8u);
  for (std::size_t row = 0; row < 8; ++row) {
    EXPECT_TRUE(trace(row, 0).is_zero());
    for (std::size_t column = 1; column < 3; ++column) {
      EXPECT_FALSE(trace(row, column).is_zero());
      EXPECT_EQ(trace(row, column), same(row, column));
      EXPECT_TRUE(zero(row, column).is_zero());
    }
  }
  Matrix other(4, 3);
  EXPECT_THROW(random.randomize(1, other), Error);
  ReplayRecord uneven = small_record(1);
  uneven.buses.pop_back();
  EXPECT_THROW(ReplayAir{uneven}, Error);
}

TEST(ReplayAir, ProvesAndVerifiesOnEveryBackend) {
  ReplayRecord cubic = small_record(5);
  cubic.log_height = 6;
  cubic.max_constraint_degree = 3;
  const ReplayAir first(small_record(7)), second(cubic), third(small_record(0));
  const Air* const airs[] = {&first, &second, &third};
  ProvingKey key = keygen(presets::test_small(2, 8, 3), airs);
  std::vector<Matrix> matrices;
  std::vector<AirTraces> traces;
  for (const ReplayAir* air : {&first, &second, &third}) {
    matrices.push_back(air->zero_trace());
    air->randomize(matrices.size(), matrices.back());
  }
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    traces.push_back({.air_index = i, .common_main = matrices[i]});
  }
  EXPECT_TRUE(check_traces(key, traces).ok());
  std::vector<std::vector<std::uint8_t>> proofs;
  for (const std::string& backend : backend_names()) {
    if (!backend_obstacle(backend).empty()) continue;
    const Prover prover(key, backend);
    const Proof proof = prover.prove(traces);
    EXPECT_FALSE(verify(key.vk, proof)) << backend;
    proofs.push_back(encode_proof(proof));
    EXPECT_EQ(proofs.back(), proofs.front()) << backend;
  }
}

}  // namespace
}  // namespace gyre
