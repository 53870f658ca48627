#include "air/dag_builder.h"

#include <gtest/gtest.h>

#include "air/dag_text.h"

namespace gyre {
namespace {

class DagBuilderTest : public ::testing::Test {
 protected:
  /// "label/degree" of every node, in order; leaves without a degree.
  std::vector<std::string> nodes_after(const Expression& expression) {
    root_ = dag_.add(expression.id_in(record_.arena));
    std::vector<std::string> labels;
    for (const DagNode& node : dag_.nodes()) {
      std::string label = node_label(node);
      if (node.kind >= NodeKind::kAdd) label.append("/").append(std::to_string(node.degree));
      labels.push_back(label);
    }
    return labels;
  }
  Expression constant(std::uint32_t value) { return builder_.constant(Fp::from_canonical(value)); }
  using Labels = std::vector<std::string>;

  RecordedAir record_{.width = {.common_main = 8}};
  AirBuilder builder_{record_};
  DagBuilder dag_{record_.arena};
  Expression x_ = builder_.main().local()[0], y_ = builder_.main().local()[1];
  std::uint32_t root_ = 0;
};

TEST_F(DagBuilderTest, LeftChildThenRightChildThenParent) {
  EXPECT_EQ(nodes_after((x_ + y_) * (y_ - x_)),
            (Labels{"M(0)", "M(1)", "(#0 + #1)/1", "(#1 - #0)/1", "(#2 * #3)/2"}));
  EXPECT_EQ(root_, 4u);
}

TEST_F(DagBuilderTest, EqualNodesAreSharedByStructure) {
  nodes_after(x_ + y_);
  EXPECT_EQ(nodes_after(builder_.main().local()[0] + builder_.main().local()[1]).size(), 3u);
  EXPECT_EQ(root_, 2u);
  EXPECT_EQ(nodes_after(y_ + x_).size(), 4u);  // the order of operands matters
}

TEST_F(DagBuilderTest, ConstantsFold) {
  EXPECT_EQ(nodes_after(constant(2) + constant(3)), (Labels{"2", "3", "5"}));
  EXPECT_EQ(nodes_after(constant(2) - constant(3)), (Labels{"2", "3", "5", "-1"}));
  EXPECT_EQ(nodes_after(constant(2) * constant(3)), (Labels{"2", "3", "5", "-1", "6"}));
  EXPECT_EQ(nodes_after(-constant(2)), (Labels{"2", "3", "5", "-1", "6", "-2"}));
}

TEST_F(DagBuilderTest, AddRules) {
  EXPECT_EQ(nodes_after(constant(0) + x_), (Labels{"0", "M(0)"}));
  EXPECT_EQ(root_, 1u);
  EXPECT_EQ(nodes_after(x_ + constant(0)), (Labels{"0", "M(0)"}));
  EXPECT_EQ(root_, 1u);
  EXPECT_EQ(nodes_after(x_ + (-y_)), (Labels{"0", "M(0)", "M(1)", "(-#2)/1", "(#1 - #2)/1"}));
  // A negation on the left stays.
  EXPECT_EQ(nodes_after((-y_) + x_).back(), "(#3 + #1)/1");
}

TEST_F(DagBuilderTest, SubRules) {
  EXPECT_EQ(nodes_after(x_ - constant(0)), (Labels{"M(0)", "0"}));
  EXPECT_EQ(root_, 0u);
  EXPECT_EQ(nodes_after(x_ - (-y_)), (Labels{"M(0)", "0", "M(1)", "(-#2)/1", "(#0 + #2)/1"}));
  EXPECT_EQ(nodes_after(constant(0) - x_).back(), "(#1 - #0)/1");
  EXPECT_EQ(nodes_after(x_ - x_).back(), "(#0 - #0)/1");
  EXPECT_EQ(nodes_after((-y_) - x_).back(), "(#3 - #0)/1");
}

TEST_F(DagBuilderTest, NegRules) {
  EXPECT_EQ(nodes_after(-(-x_)), (Labels{"M(0)", "(-#0)/1", "(-#1)/1"}));
}

TEST_F(DagBuilderTest, MulRules) {
  EXPECT_EQ(nodes_after(constant(0) * x_), (Labels{"0", "M(0)"}));
  EXPECT_EQ(root_, 0u);
  nodes_after(x_ * constant(0));
  EXPECT_EQ(root_, 0u);
  EXPECT_EQ(nodes_after(x_ * constant(1)), (Labels{"0", "M(0)", "1"}));
  EXPECT_EQ(root_, 1u);
  nodes_after(constant(1) * x_);
  EXPECT_EQ(root_, 1u);
  EXPECT_EQ(nodes_after(x_ * -Fp::one()).back(), "(#1 * #3)/1");  // not a negation
}

TEST_F(DagBuilderTest, DegreeIsThatOfTheUnsimplifiedExpression) {
  // ((x * 0) + y) * y: the first product is 0, the sum is y, but its degree counts x.
  const Expression degree_two = x_ * x_ * constant(0) + y_;
  EXPECT_EQ(nodes_after(degree_two * y_),
            (Labels{"M(0)", "(#0 * #0)/2", "0", "M(1)", "(#3 * #3)/3"}));
  // The same product with another degree is another node.
  EXPECT_EQ(nodes_after(y_ * y_).back(), "(#3 * #3)/2");
}

TEST_F(DagBuilderTest, SharedOperandsTakeLinearTime) {
  const Expression deep = x_.exp_power_of_2(200);
  EXPECT_EQ(nodes_after(deep).size(), 201u);
}

TEST_F(DagBuilderTest, DeepExpressionsNeedNoStack) {
  Expression left = x_, right = x_;
  for (int i = 0; i < 300000; ++i) left = left + y_;
  for (int i = 0; i < 300000; ++i) right = y_ + right;
  nodes_after(left);
  EXPECT_EQ(dag_.nodes().size(), 300002u);
  dag_.add(right.id_in(record_.arena));
  EXPECT_EQ(dag_.nodes().size(), 600002u);
}

TEST_F(DagBuilderTest, ConstraintsAreSortedWithoutRepeats) {
  builder_.assert_zero(x_ * y_ + x_);
  builder_.assert_zero(x_ * y_);  // a node of the first one: it moves ahead
  builder_.assert_zero(x_ * y_);
  builder_.assert_zero(constant(0));
  const Expression message[] = {y_ + x_};
  builder_.push_interaction(7, message, -x_, 3);
  const SymbolicConstraints symbolic = build_symbolic_constraints(record_);
  EXPECT_EQ(symbolic.constraint_nodes, (std::vector<std::uint32_t>{2, 3, 4}));
  ASSERT_EQ(symbolic.interactions.size(), 1u);
  EXPECT_EQ(symbolic.interactions[0],
            (Interaction{.message = {5}, .count = 6, .bus_index = 7, .count_weight = 3}));
  EXPECT_EQ(symbolic.nodes.size(), 7u);
}

TEST_F(DagBuilderTest, TextIsBounded) {
  nodes_after(x_.exp_power_of_2(60) * y_);
  const std::string text = expression_text(dag_.nodes(), root_, 50);
  EXPECT_EQ(text.size(), 53u);
  EXPECT_EQ(text.substr(50), "...");
  nodes_after(-(x_ * y_) - Fp::one());
  EXPECT_EQ(expression_text(dag_.nodes(), root_, 50), "((-(M(0) * M(1))) - 1)");
}

}  // namespace
}  // namespace gyre
