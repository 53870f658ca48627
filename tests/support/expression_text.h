#pragma once

#include <string>

#include "air/dag_text.h"
#include "gyre/air/expression.h"

namespace gyre {

/// The whole tree of an expression of `arena` in the notation of spec 02, section 2.1, ASCII.
inline std::string tree_text(const ExpressionArena& arena, std::uint32_t id) {
  const DagNode& node = arena[id];
  switch (node.kind) {
    case NodeKind::kAdd:
      return "(" + tree_text(arena, node.left) + " + " + tree_text(arena, node.right) + ")";
    case NodeKind::kSub:
      return "(" + tree_text(arena, node.left) + " - " + tree_text(arena, node.right) + ")";
    case NodeKind::kMul:
      return "(" + tree_text(arena, node.left) + " * " + tree_text(arena, node.right) + ")";
    case NodeKind::kNeg:
      return "(-" + tree_text(arena, node.left) + ")";
    case NodeKind::kConstant:
      return "#" + element_text(node.constant);
    default:
      return node_label(node);
  }
}

inline std::string tree_text(ExpressionArena& arena, const Expression& expression) {
  return tree_text(arena, expression.id_in(arena));
}

}  // namespace gyre
