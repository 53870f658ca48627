#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backend/expressions/expression_program.h"

namespace gyre {

/// Outputs that a base field program sums at a time: 8 products share a reduction.
inline constexpr std::uint32_t kBaseOutputsPerSum = 8;
inline constexpr std::uint32_t kExtensionOutputsPerSum = 4;

/// Nodes whose weighted sum a program makes, and where each stands among its outputs.
struct OutputList {
  std::vector<std::uint32_t> nodes;           ///< distinct
  std::vector<std::uint32_t> output_of_node;  ///< per DAG node
  void add(std::uint32_t node);
};

/// What is evaluated of one AIR: by the batched constraint sumcheck all of it, for the leaves of
/// the fraction tree the interactions. Immutable, thread-safe.
struct AirExpressions {
  explicit AirExpressions(const SymbolicConstraints& symbolic);

  /// A trace column and the inputs that read it.
  struct Column {
    Variable variable;  ///< offset 0
    std::uint32_t local = InputTable::kNoInput, next = InputTable::kNoInput;
  };

  InputTable inputs;
  std::vector<Column> columns;
  OutputList constraints, counts, fields, all;
  ExpressionProgram constraint_program;   ///< base field; group 0: constraints
  ExpressionProgram interaction_program;  ///< base field; groups 0: counts, 1: message fields
  ExpressionProgram extension_program;    ///< one group: all
  std::size_t constraint_degree = 0, interaction_degree = 0;

  OutputList fraction_parts;  ///< the nodes of counts and fields
  InputTable fraction_inputs;
  ExpressionProgram fraction_program;  ///< base field, on fraction_inputs; not summed
};

}  // namespace gyre
