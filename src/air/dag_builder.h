#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "gyre/air/builder.h"
#include "gyre/air/dag.h"

namespace gyre {

/// Turns expressions into nodes of one constraint DAG, with the simplifications of spec 02,
/// section 3. The order in which expressions are added decides the numbers of the nodes.
class DagBuilder {
 public:
  /// `arena` must outlive the builder.
  explicit DagBuilder(const ExpressionArena& arena) : arena_(arena) {}

  /// The node of an expression of the arena; nodes that it lacks are appended, left operand
  /// before right operand before parent. Works for any depth.
  std::uint32_t add(std::uint32_t expression);

  const std::vector<DagNode>& nodes() const { return nodes_; }
  std::vector<DagNode> take_nodes() { return std::move(nodes_); }

 private:
  struct NodeHash {
    std::size_t operator()(const DagNode& node) const;
  };

  std::uint32_t intern(const DagNode& node);
  std::uint32_t intern_constant(Fp value);
  std::uint32_t intern_inner(NodeKind kind, std::uint32_t left, std::uint32_t right,
                             std::uint32_t degree);
  /// The node of an expression whose operands have theirs in `done_`.
  std::uint32_t simplify(const DagNode& expression);
  std::uint32_t simplify_add(std::uint32_t left, std::uint32_t right, std::uint32_t degree);
  std::uint32_t simplify_sub(std::uint32_t left, std::uint32_t right, std::uint32_t degree);
  std::uint32_t simplify_mul(std::uint32_t left, std::uint32_t right, std::uint32_t degree);
  const DagNode* constant(std::uint32_t node) const;
  bool is_constant(std::uint32_t node, Fp value) const;

  const ExpressionArena& arena_;
  std::vector<DagNode> nodes_;
  std::unordered_map<DagNode, std::uint32_t, NodeHash> index_of_;
  std::vector<std::uint32_t> done_;  ///< by expression: its node, or kPending
};

/// The DAG of all that an AIR recorded: constraints in order, then per interaction its message and
/// its count.
SymbolicConstraints build_symbolic_constraints(const RecordedAir& record);

}  // namespace gyre
