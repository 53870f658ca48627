#pragma once

#include <span>
#include <vector>

#include "gyre/air/dag.h"

namespace gyre {

/// Selector values at one row or point. Spec 05, section 1.
template <class T>
struct Selectors {
  T is_first, is_last, is_transition;
};

/// Values of all nodes of a DAG at one row or point, T = Fp or Fp4. `variable(v)` gives the value
/// of a Variable.
template <class T, class VariableValue>
std::vector<T> evaluate_nodes(std::span<const DagNode> nodes, const Selectors<T>& selectors,
                              VariableValue&& variable) {
  std::vector<T> values(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const DagNode& node = nodes[i];
    switch (node.kind) {
      case NodeKind::kVariable:
        values[i] = variable(node.variable);
        break;
      case NodeKind::kIsFirstRow:
        values[i] = selectors.is_first;
        break;
      case NodeKind::kIsLastRow:
        values[i] = selectors.is_last;
        break;
      case NodeKind::kIsTransition:
        values[i] = selectors.is_transition;
        break;
      case NodeKind::kConstant:
        values[i] = T(node.constant);
        break;
      case NodeKind::kAdd:
        values[i] = values[node.left] + values[node.right];
        break;
      case NodeKind::kSub:
        values[i] = values[node.left] - values[node.right];
        break;
      case NodeKind::kNeg:
        values[i] = -values[node.left];
        break;
      case NodeKind::kMul:
        values[i] = values[node.left] * values[node.right];
        break;
    }
  }
  return values;
}

}  // namespace gyre
