#include "air/dag_text.h"

namespace gyre {

namespace {

const char* operator_text(NodeKind kind) {
  switch (kind) {
    case NodeKind::kAdd:
      return " + ";
    case NodeKind::kSub:
      return " - ";
    default:
      return " * ";
  }
}

std::string leaf_text(const DagNode& node) {
  switch (node.kind) {
    case NodeKind::kVariable:
      return variable_name(node.variable);
    case NodeKind::kIsFirstRow:
      return "FIRST";
    case NodeKind::kIsLastRow:
      return "LAST";
    case NodeKind::kIsTransition:
      return "TRANS";
    default:
      return element_text(node.constant);
  }
}

/// Every level of recursion writes a character before it descends, so the depth is bounded too.
void append_text(std::span<const DagNode> nodes, std::uint32_t index, std::size_t limit,
                 std::string& out) {
  if (out.size() >= limit) return;
  const DagNode& node = nodes[index];
  if (node.kind < NodeKind::kAdd) {
    out += leaf_text(node);
    return;
  }
  out += '(';
  if (node.kind == NodeKind::kNeg) {
    out += '-';
    append_text(nodes, node.left, limit, out);
  } else {
    append_text(nodes, node.left, limit, out);
    if (out.size() < limit) out += operator_text(node.kind);
    append_text(nodes, node.right, limit, out);
  }
  if (out.size() < limit) out += ')';
}

}  // namespace

std::string variable_name(const Variable& variable) {
  std::string name;
  switch (variable.source) {
    case VariableSource::kPreprocessed:
      name = "Q";
      break;
    case VariableSource::kMain:
      name = "M";
      if (variable.part != 0) name += std::to_string(variable.part);
      break;
    case VariableSource::kPublic:
      name = "U";
      break;
    case VariableSource::kChallenge:
      name = "CHALLENGE";
      break;
  }
  if (variable.offset == 1) name += '\'';
  return name + "(" + std::to_string(variable.index) + ")";
}

std::string element_text(Fp value) {
  const std::uint32_t canonical = value.canonical();
  if (canonical <= Fp::kModulus / 2) return std::to_string(canonical);
  return std::string("-").append(std::to_string(Fp::kModulus - canonical));
}

std::string node_label(const DagNode& node) {
  if (node.kind < NodeKind::kAdd) return leaf_text(node);
  std::string label = node.kind == NodeKind::kNeg ? "(-#" : "(#";
  label += std::to_string(node.left);
  if (node.kind != NodeKind::kNeg) {
    label += operator_text(node.kind);
    label += '#';
    label += std::to_string(node.right);
  }
  return label + ")";
}

std::string expression_text(std::span<const DagNode> nodes, std::uint32_t node, std::size_t limit) {
  std::string text;
  append_text(nodes, node, limit, text);
  if (text.size() >= limit) {
    text.resize(limit);
    text += "...";
  }
  return text;
}

}  // namespace gyre
