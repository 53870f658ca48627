#include "keys/verifying_key_check.h"

#include <algorithm>

#include "air/dag_text.h"

namespace gyre {

namespace {

using Fault = std::optional<std::string>;

std::string expected(const std::string& what, std::uint64_t limit, std::uint64_t actual) {
  return what + ": expected " + std::to_string(limit) + ", got " + std::to_string(actual);
}

std::string not_below(const std::string& what, std::uint64_t limit, std::uint64_t actual) {
  return what + ": expected below " + std::to_string(limit) + ", got " + std::to_string(actual);
}

std::uint64_t total_columns(const TraceWidth& width) {
  std::uint64_t total = width.preprocessed.value_or(0);
  for (const std::uint32_t cached : width.cached_mains) total += cached;
  return total + width.common_main;
}

/// Width of the part that a preprocessed or main variable is in; nothing if there is no such part.
std::optional<std::uint32_t> part_width(const TraceWidth& width, const Variable& variable) {
  if (variable.source == VariableSource::kPreprocessed) return width.preprocessed;
  if (variable.part < width.cached_mains.size()) return width.cached_mains[variable.part];
  if (variable.part == width.cached_mains.size()) return width.common_main;
  return std::nullopt;
}

Fault check_variable(const AirVerifyingKey& air, const Variable& variable) {
  switch (variable.source) {
    case VariableSource::kChallenge:
      return "challenge variables are not supported";
    case VariableSource::kPublic:
      if (variable.index < air.num_public_values) return std::nullopt;
      return not_below("number of the public value", air.num_public_values, variable.index);
    case VariableSource::kPreprocessed:
    case VariableSource::kMain:
      break;
  }
  const std::optional<std::uint32_t> width = part_width(air.width, variable);
  if (!width) {
    if (variable.source == VariableSource::kPreprocessed) return "there is no preprocessed trace";
    return not_below("main part", air.width.cached_mains.size() + 1, variable.part);
  }
  if (variable.index >= *width) return not_below("column", *width, variable.index);
  if (variable.offset > 1) return not_below("row offset", 2, variable.offset);
  if (variable.offset == 1 && !air.need_rot) return "reads the next row, but need_rot is false";
  return std::nullopt;
}

bool is_inner(NodeKind kind) {
  return kind >= NodeKind::kAdd;
}

std::uint64_t degree_of(const DagNode& node) {
  if (is_inner(node.kind)) return node.degree;
  if (node.kind == NodeKind::kConstant) return 0;
  return node.kind == NodeKind::kVariable && node.variable.source == VariableSource::kPublic ? 0
                                                                                             : 1;
}

/// Degree of an inner node by its children. The stored one may be larger: it is the degree before
/// simplification.
std::uint64_t degree_from_children(const std::vector<DagNode>& nodes, const DagNode& node) {
  const std::uint64_t left = degree_of(nodes[node.left]);
  if (node.kind == NodeKind::kNeg) return left;
  const std::uint64_t right = degree_of(nodes[node.right]);
  return node.kind == NodeKind::kMul ? left + right : std::max(left, right);
}

Fault check_node(const AirVerifyingKey& air, std::size_t index) {
  const DagNode& node = air.symbolic.nodes[index];
  if (node.kind == NodeKind::kVariable) return check_variable(air, node.variable);
  if (!is_inner(node.kind)) return std::nullopt;
  if (node.left >= index) return not_below("left child", index, node.left);
  if (node.kind != NodeKind::kNeg && node.right >= index) {
    return not_below("right child", index, node.right);
  }
  const std::uint64_t least = degree_from_children(air.symbolic.nodes, node);
  if (node.degree < least || node.degree > air.max_constraint_degree) {
    return "degree: expected " + std::to_string(least) + " to " +
           std::to_string(air.max_constraint_degree) + " (the AIR's), got " +
           std::to_string(node.degree);
  }
  return std::nullopt;
}

Fault check_dag(const AirVerifyingKey& air) {
  const SymbolicConstraints& symbolic = air.symbolic;
  for (std::size_t i = 0; i < symbolic.nodes.size(); ++i) {
    if (Fault fault = check_node(air, i)) {
      return "node " + std::to_string(i) + " (" + node_label(symbolic.nodes[i]) + "): " + *fault;
    }
  }
  for (std::size_t i = 0; i < symbolic.constraint_nodes.size(); ++i) {
    const std::uint32_t node = symbolic.constraint_nodes[i];
    const std::string name = "constraint_idx[" + std::to_string(i) + "]";
    if (node >= symbolic.nodes.size()) return not_below(name, symbolic.nodes.size(), node);
    if (i > 0 && node <= symbolic.constraint_nodes[i - 1]) {
      return name + ": expected above " + std::to_string(symbolic.constraint_nodes[i - 1]) +
             ", got " + std::to_string(node);
    }
  }
  return std::nullopt;
}

Fault check_interaction(const SystemParams& params, const SymbolicConstraints& symbolic,
                        const Interaction& interaction) {
  if (interaction.message.empty()) return "its message is empty";
  const std::uint32_t log_limit = params.logup.log_max_message_length;
  const std::uint64_t length = interaction.message.size() + 1;
  if (log_limit < 63 && length > std::uint64_t{1} << log_limit) {
    return "message length + 1: expected at most 2^" + std::to_string(log_limit) + ", got " +
           std::to_string(length);
  }
  for (const std::uint32_t node : interaction.message) {
    if (node >= symbolic.nodes.size()) {
      return not_below("message node", symbolic.nodes.size(), node);
    }
  }
  if (interaction.count >= symbolic.nodes.size()) {
    return not_below("count node", symbolic.nodes.size(), interaction.count);
  }
  return std::nullopt;
}

Fault check_preprocessed(const SystemParams& params, const AirVerifyingKey& air) {
  if (air.preprocessed.has_value() != air.width.preprocessed.has_value()) {
    return std::string("preprocessed commitment ") + (air.preprocessed ? "present" : "absent") +
           ", but preprocessed width " + (air.preprocessed ? "absent" : "present");
  }
  if (!air.preprocessed) return std::nullopt;
  if (*air.width.preprocessed == 0) return "width.preprocessed: expected at least 1, got 0";
  const std::int64_t dim = air.preprocessed->hypercube_dim;
  const auto l_skip = static_cast<std::int64_t>(params.l_skip);
  if (dim < -l_skip || dim > static_cast<std::int64_t>(params.n_stack)) {
    return "preprocessed hypercube_dim: expected -" + std::to_string(l_skip) + " to " +
           std::to_string(params.n_stack) + ", got " + std::to_string(dim);
  }
  const auto log_slice = static_cast<unsigned>(l_skip + std::max<std::int64_t>(dim, 0));
  const std::uint64_t width = stacking_width(params, *air.width.preprocessed, log_slice);
  if (air.preprocessed->stacking_width != width) {
    return expected("preprocessed stacking_width", width, air.preprocessed->stacking_width);
  }
  return std::nullopt;
}

Fault check_air(const SystemParams& params, const AirVerifyingKey& air) {
  if (Fault fault = check_preprocessed(params, air)) return fault;
  if (total_columns(air.width) - air.width.preprocessed.value_or(0) == 0) {
    return "it has no main columns";
  }
  if (air.num_public_values > kMaxColumns) {
    return "num_public_values: expected at most 2^24, got " + std::to_string(air.num_public_values);
  }
  if (air.max_constraint_degree > params.max_constraint_degree) {
    return "max_constraint_degree: expected at most " +
           std::to_string(params.max_constraint_degree) + " (the system's), got " +
           std::to_string(air.max_constraint_degree);
  }
  if (air.symbolic.constraint_nodes.empty() && air.symbolic.interactions.empty()) {
    return "it has neither constraints nor interactions";
  }
  if (Fault fault = check_dag(air)) return fault;
  for (std::size_t i = 0; i < air.symbolic.interactions.size(); ++i) {
    if (Fault fault = check_interaction(params, air.symbolic, air.symbolic.interactions[i])) {
      return "interaction " + std::to_string(i) + ": " + *fault;
    }
  }
  for (std::size_t i = 0; i < air.unused_variables.size(); ++i) {
    // A key without rotations lists no next-row variables, so the same rules hold.
    if (Fault fault = check_variable(air, air.unused_variables[i])) {
      return "unused_variables[" + std::to_string(i) + "]: " + *fault;
    }
  }
  return std::nullopt;
}

}  // namespace

std::uint64_t stacking_width(const SystemParams& params, std::uint64_t width, unsigned log_slice) {
  const unsigned log_per_column = params.log_stacked_height() - log_slice;
  const std::uint64_t slices = std::uint64_t{1} << log_per_column;
  return (width + slices - 1) >> log_per_column;
}

std::optional<std::string> find_key_fault(const VerifyingKey& key) {
  if (Fault fault = key.params.validate()) return "params: " + *fault;
  std::uint64_t columns = 0;
  for (std::size_t i = 0; i < key.per_air.size(); ++i) {
    const std::string name = "AIR " + std::to_string(i);
    // Each addend is below 2^32 times the number of parts that fit in memory: no overflow.
    columns += total_columns(key.per_air[i].width);
    if (columns > kMaxColumns) {
      return name + ": columns of the system so far: expected at most 2^24, got " +
             std::to_string(columns);
    }
    if (Fault fault = check_air(key.params, key.per_air[i])) return name + ": " + *fault;
  }
  for (std::size_t i = 0; i < key.trace_height_constraints.size(); ++i) {
    const std::size_t length = key.trace_height_constraints[i].coefficients.size();
    if (length != key.per_air.size()) {
      return expected("trace_height_constraints[" + std::to_string(i) + "]: coefficients",
                      key.per_air.size(), length);
    }
  }
  return std::nullopt;
}

}  // namespace gyre
