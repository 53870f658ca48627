#include "backend/cuda/codegen/split_outputs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "support/random_elements.h"

namespace gyre::cuda {
namespace {

/// A DAG over some variables, node by node.
struct Builder {
  std::uint32_t node(NodeKind kind, std::uint32_t left = 0, std::uint32_t right = 0,
                     Fp value = {}) {
    DagNode n;
    n.kind = kind;
    n.left = left;
    n.right = right;
    n.constant = value;
    if (kind == NodeKind::kVariable) n.variable.index = num_variables++;
    symbolic.nodes.push_back(n);
    return static_cast<std::uint32_t>(symbolic.nodes.size() - 1);
  }
  std::uint32_t variable() { return node(NodeKind::kVariable); }
  std::uint32_t constant(Fp value) { return node(NodeKind::kConstant, 0, 0, value); }
  std::uint32_t add(std::uint32_t a, std::uint32_t b) { return node(NodeKind::kAdd, a, b); }
  std::uint32_t sub(std::uint32_t a, std::uint32_t b) { return node(NodeKind::kSub, a, b); }
  std::uint32_t mul(std::uint32_t a, std::uint32_t b) { return node(NodeKind::kMul, a, b); }
  std::uint32_t neg(std::uint32_t a) { return node(NodeKind::kNeg, a); }
  /// Four inner nodes.
  std::uint32_t bit() {
    return mul(sub(variable(), variable()), add(variable(), mul(variable(), variable())));
  }

  SymbolicConstraints symbolic;
  std::uint32_t num_variables = 0;
};

std::vector<Fp> values_of(const SymbolicConstraints& symbolic, const std::vector<Fp>& variables) {
  std::vector<Fp> values;
  for (const DagNode& n : symbolic.nodes) {
    switch (n.kind) {
      case NodeKind::kVariable:
        values.push_back(variables.at(n.variable.index));
        break;
      case NodeKind::kConstant:
        values.push_back(n.constant);
        break;
      case NodeKind::kAdd:
        values.push_back(values.at(n.left) + values.at(n.right));
        break;
      case NodeKind::kSub:
        values.push_back(values.at(n.left) - values.at(n.right));
        break;
      case NodeKind::kMul:
        values.push_back(values.at(n.left) * values.at(n.right));
        break;
      case NodeKind::kNeg:
        values.push_back(-values.at(n.left));
        break;
      default:
        ADD_FAILURE() << "unexpected node";
    }
  }
  return values;
}

std::size_t num_inner(const SymbolicConstraints& symbolic, std::uint32_t root) {
  std::set<std::uint32_t> seen;
  std::vector<std::uint32_t> stack{root};
  while (!stack.empty()) {
    const std::uint32_t i = stack.back();
    stack.pop_back();
    const DagNode& n = symbolic.nodes.at(i);
    if (n.kind < NodeKind::kAdd || !seen.insert(i).second) continue;
    stack.push_back(n.left);
    if (n.kind != NodeKind::kNeg) stack.push_back(n.right);
  }
  return seen.size();
}

/// The terms of the outputs are their values, and number `terms`.
OutputTerms check(const Builder& b, const std::vector<std::uint32_t>& outputs,
                  std::size_t most_nodes, std::size_t terms) {
  OutputTerms result = split_outputs(b.symbolic, outputs, most_nodes);
  const std::vector<Fp> values =
      values_of(result.symbolic, RandomElements(outputs.size()).base(b.num_variables));
  std::vector<Fp> sums(outputs.size());
  for (std::size_t i = 0; i < result.nodes.size(); ++i) {
    sums.at(result.output_of[i]) += values.at(result.nodes[i]);
  }
  for (std::size_t o = 0; o < outputs.size(); ++o) EXPECT_EQ(sums[o], values.at(outputs[o]));
  EXPECT_EQ(result.nodes.size(), terms);
  EXPECT_TRUE(std::is_sorted(result.output_of.begin(), result.output_of.end()));
  return result;
}

TEST(SplitOutputs, CutAWordThatIsMadeOfBits) {
  Builder b;
  std::uint32_t word = b.bit();
  for (int i = 1; i < 16; ++i) word = b.add(b.add(word, word), b.bit());
  const std::uint32_t small = b.bit(), output = b.sub(word, b.variable());
  const OutputTerms terms = check(b, {small, output}, 40, 5);
  for (const std::uint32_t node : terms.nodes) EXPECT_LE(num_inner(terms.symbolic, node), 40u);
  check(b, {small, output}, 1000, 2);
}

TEST(SplitOutputs, FollowDifferencesNegationsAndConstantFactors) {
  Builder b;
  std::uint32_t sum = b.bit();
  const std::uint32_t five = b.constant(Fp::from_canonical(5));
  for (int i = 0; i < 8; ++i) {
    sum = b.sub(b.bit(), sum);
    sum = b.mul(five, b.neg(sum));
    sum = b.sub(sum, b.bit());
    sum = b.mul(b.add(b.bit(), sum), five);
  }
  const OutputTerms terms = check(b, {sum}, 40, 5);
  for (const std::uint32_t node : terms.nodes) EXPECT_LE(num_inner(terms.symbolic, node), 40u);
}

TEST(SplitOutputs, ProductsAndSumsWithSharedWorkAreLeftWhole) {
  Builder b;
  std::uint32_t product = b.bit();
  for (int i = 0; i < 8; ++i) product = b.mul(product, b.bit());
  const std::uint32_t shared = b.add(b.mul(product, b.variable()), b.mul(product, b.variable()));
  const std::uint32_t doubled = b.add(product, product), zero = b.sub(shared, shared);
  check(b, {product, shared, doubled, zero}, 8, 4);
}

TEST(SplitOutputs, LeaveTheDagAsItIs) {
  Builder b;
  std::uint32_t sum = b.bit();
  for (int i = 0; i < 9; ++i) sum = b.add(sum, b.bit());
  const OutputTerms terms = check(b, {sum, b.variable()}, 20, 5);
  ASSERT_GE(terms.symbolic.nodes.size(), b.symbolic.nodes.size());
  EXPECT_TRUE(
      std::equal(b.symbolic.nodes.begin(), b.symbolic.nodes.end(), terms.symbolic.nodes.begin()));
}

}  // namespace
}  // namespace gyre::cuda
