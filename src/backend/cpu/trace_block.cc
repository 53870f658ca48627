#include "backend/cpu/trace_block.h"

namespace gyre::cpu {

std::span<const Fp> variable_column(const TraceInput& trace, const Variable& variable) {
  const MatrixView& matrix = variable.source == VariableSource::kPreprocessed
                                 ? trace.preprocessed
                                 : trace.main_parts[variable.part];
  return matrix.column(variable.index);
}

Fp input_at_row(const TraceInput& trace, const AirProgram::Input& input, std::size_t row) {
  const std::size_t height = std::size_t{1} << trace.log_height;
  switch (input.kind) {
    case NodeKind::kIsFirstRow:
      return row == 0 ? Fp::one() : Fp();
    case NodeKind::kIsLastRow:
      return row == height - 1 ? Fp::one() : Fp();
    case NodeKind::kIsTransition:
      return row == height - 1 ? Fp() : Fp::one();
    case NodeKind::kConstant:
      return input.constant;
    default:
      break;
  }
  if (input.variable.source == VariableSource::kPublic) {
    return trace.public_values[input.variable.index];
  }
  return variable_column(trace, input.variable)[(row + input.variable.offset) & (height - 1)];
}

void fill_row_inputs(const TraceInput& trace, const AirProgram& program, std::size_t first_row,
                     Fp* registers) {
  const std::size_t height = std::size_t{1} << trace.log_height;
  for (const AirProgram::Input& input : program.inputs) {
    Fp* target = registers + std::size_t{input.input_register} * kBlock;
    for (std::size_t i = 0; i < kBlock; ++i) {
      target[i] = input_at_row(trace, input, (first_row + i) & (height - 1));
    }
  }
}

}  // namespace gyre::cpu
