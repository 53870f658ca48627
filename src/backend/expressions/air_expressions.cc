#include "backend/expressions/air_expressions.h"

#include <algorithm>
#include <map>

namespace gyre {
namespace {

std::size_t largest_degree(std::span<const std::uint32_t> nodes,
                           std::span<const std::uint32_t> degrees) {
  std::size_t degree = 0;
  for (const std::uint32_t node : nodes) degree = std::max<std::size_t>(degree, degrees[node]);
  return degree;
}

}  // namespace

void OutputList::add(std::uint32_t node) {
  if (output_of_node.size() <= node) {
    output_of_node.resize(std::size_t{node} + 1, InputTable::kNoInput);
  }
  if (output_of_node[node] != InputTable::kNoInput) return;
  output_of_node[node] = static_cast<std::uint32_t>(nodes.size());
  nodes.push_back(node);
}

AirExpressions::AirExpressions(const SymbolicConstraints& symbolic) {
  for (const std::uint32_t node : symbolic.constraint_nodes) {
    constraints.add(node);
    all.add(node);
  }
  for (const Interaction& interaction : symbolic.interactions) {
    counts.add(interaction.count);
    all.add(interaction.count);
    fraction_parts.add(interaction.count);
    for (const std::uint32_t field : interaction.message) {
      fields.add(field);
      all.add(field);
      fraction_parts.add(field);
    }
  }
  inputs = InputTable(symbolic, all.nodes);
  std::map<Variable, Column> by_variable;
  for (std::uint32_t i = 0; i < inputs.inputs.size(); ++i) {
    const ProgramInput& input = inputs.inputs[i];
    if (input.uniform() || input.kind != NodeKind::kVariable) continue;
    Variable variable = input.variable;
    variable.offset = 0;
    Column& column = by_variable[variable];
    column.variable = variable;
    (input.variable.offset == 0 ? column.local : column.next) = i;
  }
  for (const auto& [variable, column] : by_variable) columns.push_back(column);

  const std::vector<std::uint32_t> degrees = node_degrees(symbolic);
  constraint_degree = largest_degree(constraints.nodes, degrees);
  interaction_degree =
      std::max(largest_degree(counts.nodes, degrees), largest_degree(fields.nodes, degrees));

  const ProgramStyle base{.loads = false, .outputs_per_sum = kBaseOutputsPerSum};
  const ProgramStyle extension{.loads = true, .outputs_per_sum = kExtensionOutputsPerSum};
  const OutputGroup constraint_groups[] = {{constraints.nodes}};
  const OutputGroup interaction_groups[] = {{counts.nodes}, {fields.nodes}};
  const OutputGroup all_groups[] = {{all.nodes}};
  constraint_program = ExpressionProgram(symbolic, inputs, constraint_groups, base);
  interaction_program = ExpressionProgram(symbolic, inputs, interaction_groups, base);
  extension_program = ExpressionProgram(symbolic, inputs, all_groups, extension);

  const ProgramStyle unsummed{.loads = false, .outputs_per_sum = 0};
  const OutputGroup fraction_groups[] = {{fraction_parts.nodes}};
  fraction_inputs = InputTable(symbolic, fraction_parts.nodes);
  fraction_program = ExpressionProgram(symbolic, fraction_inputs, fraction_groups, unsummed);
}

}  // namespace gyre
