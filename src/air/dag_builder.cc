#include "air/dag_builder.h"

#include <algorithm>
#include <limits>

namespace gyre {

namespace {

constexpr std::uint32_t kPending = std::numeric_limits<std::uint32_t>::max();

}  // namespace

std::size_t DagBuilder::NodeHash::operator()(const DagNode& node) const {
  std::uint64_t hash =
      static_cast<std::uint64_t>(node.kind) | static_cast<std::uint64_t>(node.variable.source) << 8;
  for (const std::uint32_t word : {node.variable.part, node.variable.offset, node.variable.index,
                                   node.constant.raw(), node.left, node.right, node.degree}) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  return hash;
}

std::uint32_t DagBuilder::intern(const DagNode& node) {
  const auto [entry, is_absent] =
      index_of_.try_emplace(node, static_cast<std::uint32_t>(nodes_.size()));
  if (is_absent) nodes_.push_back(node);
  return entry->second;
}

std::uint32_t DagBuilder::intern_constant(Fp value) {
  return intern({.kind = NodeKind::kConstant, .constant = value});
}

std::uint32_t DagBuilder::intern_inner(NodeKind kind, std::uint32_t left, std::uint32_t right,
                                       std::uint32_t degree) {
  return intern({.kind = kind, .left = left, .right = right, .degree = degree});
}

const DagNode* DagBuilder::constant(std::uint32_t node) const {
  return nodes_[node].kind == NodeKind::kConstant ? &nodes_[node] : nullptr;
}

bool DagBuilder::is_constant(std::uint32_t node, Fp value) const {
  return nodes_[node].kind == NodeKind::kConstant && nodes_[node].constant == value;
}

std::uint32_t DagBuilder::simplify_add(std::uint32_t left, std::uint32_t right,
                                       std::uint32_t degree) {
  const DagNode *a = constant(left), *b = constant(right);
  if (a && b) return intern_constant(a->constant + b->constant);
  if (is_constant(left, Fp::zero())) return right;
  if (is_constant(right, Fp::zero())) return left;
  if (nodes_[right].kind == NodeKind::kNeg) {
    return intern_inner(NodeKind::kSub, left, nodes_[right].left, degree);
  }
  return intern_inner(NodeKind::kAdd, left, right, degree);
}

std::uint32_t DagBuilder::simplify_sub(std::uint32_t left, std::uint32_t right,
                                       std::uint32_t degree) {
  const DagNode *a = constant(left), *b = constant(right);
  if (a && b) return intern_constant(a->constant - b->constant);
  if (is_constant(right, Fp::zero())) return left;
  if (nodes_[right].kind == NodeKind::kNeg) {
    return intern_inner(NodeKind::kAdd, left, nodes_[right].left, degree);
  }
  return intern_inner(NodeKind::kSub, left, right, degree);
}

std::uint32_t DagBuilder::simplify_mul(std::uint32_t left, std::uint32_t right,
                                       std::uint32_t degree) {
  const DagNode *a = constant(left), *b = constant(right);
  if (a && b) return intern_constant(a->constant * b->constant);
  if (is_constant(left, Fp::zero()) || is_constant(right, Fp::one())) return left;
  if (is_constant(right, Fp::zero()) || is_constant(left, Fp::one())) return right;
  return intern_inner(NodeKind::kMul, left, right, degree);
}

std::uint32_t DagBuilder::simplify(const DagNode& expression) {
  switch (expression.kind) {
    case NodeKind::kAdd:
      return simplify_add(done_[expression.left], done_[expression.right], expression.degree);
    case NodeKind::kSub:
      return simplify_sub(done_[expression.left], done_[expression.right], expression.degree);
    case NodeKind::kMul:
      return simplify_mul(done_[expression.left], done_[expression.right], expression.degree);
    case NodeKind::kNeg: {
      const std::uint32_t child = done_[expression.left];
      if (const DagNode* c = constant(child)) return intern_constant(-c->constant);
      return intern_inner(NodeKind::kNeg, child, 0, expression.degree);
    }
    default: {
      DagNode leaf = expression;
      leaf.degree = 0;  // the degree of a leaf is not part of the DAG
      return intern(leaf);
    }
  }
}

std::uint32_t DagBuilder::add(std::uint32_t expression) {
  done_.resize(arena_.size(), kPending);
  std::vector<std::uint32_t> stack{expression};
  while (!stack.empty()) {
    const std::uint32_t top = stack.back();
    const DagNode& node = arena_[top];
    if (done_[top] == kPending && node.kind >= NodeKind::kAdd) {
      if (done_[node.left] == kPending) {
        stack.push_back(node.left);
        continue;
      }
      if (node.kind != NodeKind::kNeg && done_[node.right] == kPending) {
        stack.push_back(node.right);
        continue;
      }
    }
    if (done_[top] == kPending) done_[top] = simplify(node);
    stack.pop_back();
  }
  return done_[expression];
}

SymbolicConstraints build_symbolic_constraints(const RecordedAir& record) {
  DagBuilder dag(record.arena);
  SymbolicConstraints symbolic;
  for (const std::uint32_t constraint : record.constraints) {
    symbolic.constraint_nodes.push_back(dag.add(constraint));
  }
  std::vector<std::uint32_t>& roots = symbolic.constraint_nodes;
  std::sort(roots.begin(), roots.end());
  roots.erase(std::unique(roots.begin(), roots.end()), roots.end());

  for (const RecordedAir::Interaction& recorded : record.interactions) {
    Interaction interaction{.bus_index = recorded.bus_index, .count_weight = recorded.count_weight};
    for (const std::uint32_t field : recorded.message) {
      interaction.message.push_back(dag.add(field));
    }
    interaction.count = dag.add(recorded.count);
    symbolic.interactions.push_back(std::move(interaction));
  }
  symbolic.nodes = dag.take_nodes();
  return symbolic;
}

}  // namespace gyre
