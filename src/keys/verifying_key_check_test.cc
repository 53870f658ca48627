#include "keys/verifying_key_check.h"

#include <gtest/gtest.h>

#include "support/golden_case.h"

namespace gyre {
namespace {

/// Changes a sound key and expects the fault to be found, also by the decoder.
class KeyFaultTest : public ::testing::Test {
 protected:
  void expect_fault(const VerifyingKey& key, const std::string& text) {
    const std::optional<std::string> fault = find_key_fault(key);
    ASSERT_TRUE(fault) << "expected: " << text;
    EXPECT_NE(fault->find(text), std::string::npos) << *fault;
    const auto decoded = decode_verifying_key(encode_verifying_key(key));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, KeyDecodeError::Code::kInvalid);
    EXPECT_EQ(decoded.error().detail, *fault);
  }
  /// First node of a kind.
  static DagNode& node(AirVerifyingKey& air, NodeKind kind) {
    for (DagNode& node : air.symbolic.nodes) {
      if (node.kind == kind) return node;
    }
    throw std::runtime_error("no such node");
  }

  /// AIR 0: Fibonacci; 1, 2: interactions; 5: a preprocessed column.
  VerifyingKey key_ = load_golden_case("mixture").verifying_key();
  AirVerifyingKey& fibonacci_ = key_.per_air[0];
  AirVerifyingKey& send_ = key_.per_air[1];
  AirVerifyingKey& preprocessed_ = key_.per_air[5];
};

TEST_F(KeyFaultTest, SoundKeysPass) {
  EXPECT_EQ(find_key_fault(key_), std::nullopt);
}

TEST_F(KeyFaultTest, Params) {
  key_.params.whir.num_queries[0] = 0;
  expect_fault(key_, "params: ");
}

TEST_F(KeyFaultTest, ParamsAboveTheFieldsTwoAdicity) {
  key_.params.n_stack = ~std::uint64_t{0};
  expect_fault(key_, "params: ");
}

TEST_F(KeyFaultTest, PreprocessedCommitmentWithoutWidth) {
  preprocessed_.width.preprocessed.reset();
  expect_fault(key_, "AIR 5: preprocessed commitment present, but preprocessed width absent");
}

TEST_F(KeyFaultTest, PreprocessedWidthWithoutCommitment) {
  fibonacci_.width.preprocessed = 1;
  expect_fault(key_, "AIR 0: preprocessed commitment absent, but preprocessed width present");
}

TEST_F(KeyFaultTest, HypercubeDimensionRange) {
  for (const std::int64_t dim : {std::int64_t{-3}, std::int64_t{9}, INT64_MIN, INT64_MAX}) {
    preprocessed_.preprocessed->hypercube_dim = dim;
    expect_fault(key_,
                 "AIR 5: preprocessed hypercube_dim: expected -2 to 8, got " + std::to_string(dim));
  }
  preprocessed_.preprocessed->hypercube_dim = -2;
  EXPECT_EQ(find_key_fault(key_), std::nullopt);
}

TEST_F(KeyFaultTest, StackingWidth) {
  preprocessed_.preprocessed->stacking_width = 2;
  expect_fault(key_, "AIR 5: preprocessed stacking_width: expected 1, got 2");
}

TEST_F(KeyFaultTest, Widths) {
  fibonacci_.width.common_main = (1u << 24) + 1;
  expect_fault(key_, "AIR 0: columns of the system so far: expected at most 2^24");
  fibonacci_.width.common_main = (1u << 24);
  expect_fault(key_, "AIR 1: columns of the system so far");
  send_.width.cached_mains.assign(3, UINT32_MAX);
  expect_fault(key_, "AIR 1: columns of the system so far");
  fibonacci_.width.common_main = 0;
  expect_fault(key_, "AIR 0: it has no main columns");
}

TEST_F(KeyFaultTest, PublicValues) {
  fibonacci_.num_public_values = 2;
  expect_fault(key_, "(U(2)): number of the public value: expected below 2, got 2");
  fibonacci_.num_public_values = ~std::uint64_t{0};
  expect_fault(key_, "AIR 0: num_public_values");
}

TEST_F(KeyFaultTest, Degrees) {
  node(fibonacci_, NodeKind::kMul).degree = 1;
  expect_fault(key_, "degree: expected 2 to 2 (the AIR's), got 1");
  node(fibonacci_, NodeKind::kMul).degree = 3;
  expect_fault(key_, "degree: expected 2 to 2 (the AIR's), got 3");
  fibonacci_.max_constraint_degree = 4;
  expect_fault(key_, "AIR 0: max_constraint_degree: expected at most 3 (the system's), got 4");
}

TEST_F(KeyFaultTest, ChildrenComeFirst) {
  fibonacci_.symbolic.nodes.back().left =
      static_cast<std::uint32_t>(fibonacci_.symbolic.nodes.size() - 1);
  expect_fault(key_, "AIR 0: node 20");
  fibonacci_ = load_golden_case("mixture").verifying_key().per_air[0];
  fibonacci_.symbolic.nodes.back().right = UINT32_MAX;
  expect_fault(key_, "right child: expected below 20, got 4294967295");
}

TEST_F(KeyFaultTest, Variables) {
  Variable& variable = node(fibonacci_, NodeKind::kVariable).variable;
  const Variable good = variable;
  variable.index = 2;
  expect_fault(key_, "AIR 0: node 1 (M(2)): column: expected below 2, got 2");
  variable = good;
  variable.part = 1;
  expect_fault(key_, "main part: expected below 1, got 1");
  variable = good;
  variable.offset = 2;
  expect_fault(key_, "row offset: expected below 2, got 2");
  variable = {.source = VariableSource::kPreprocessed};
  expect_fault(key_, "there is no preprocessed trace");
  variable = {.source = VariableSource::kChallenge};
  expect_fault(key_, "challenge variables are not supported");
}

TEST_F(KeyFaultTest, RotationWithoutTheFlag) {
  fibonacci_.need_rot = false;
  expect_fault(key_, "(M'(0)): reads the next row, but need_rot is false");
}

TEST_F(KeyFaultTest, UnusedVariables) {
  preprocessed_.unused_variables[0].index = 1;
  expect_fault(key_, "AIR 5: unused_variables[0]: column: expected below 1, got 1");
}

TEST_F(KeyFaultTest, ConstraintIndices) {
  std::vector<std::uint32_t>& constraints = fibonacci_.symbolic.constraint_nodes;
  constraints.back() = 21;
  expect_fault(key_, "AIR 0: constraint_idx[4]: expected below 21, got 21");
  constraints.back() = constraints[3];
  expect_fault(key_, "AIR 0: constraint_idx[4]: expected above 16, got 16");
  constraints.clear();
  expect_fault(key_, "AIR 0: it has neither constraints nor interactions");
}

TEST_F(KeyFaultTest, Interactions) {
  Interaction& interaction = send_.symbolic.interactions[0];
  interaction.count = 2;
  expect_fault(key_, "AIR 1: interaction 0: count node: expected below 2, got 2");
  interaction.count = 0;
  interaction.message = {7};
  expect_fault(key_, "AIR 1: interaction 0: message node: expected below 2, got 7");
  interaction.message.clear();
  expect_fault(key_, "AIR 1: interaction 0: its message is empty");
  interaction.message.assign(128, 0);
  expect_fault(key_, "message length + 1: expected at most 2^7, got 129");
}

TEST_F(KeyFaultTest, HeightConstraints) {
  key_.trace_height_constraints[0].coefficients.pop_back();
  expect_fault(key_, "trace_height_constraints[0]: coefficients: expected 12, got 11");
}

}  // namespace
}  // namespace gyre
