#include "backend/expressions/trace_rows.h"

#include <algorithm>

namespace gyre {

std::span<const Fp> variable_column(const TraceInput& trace, const Variable& variable) {
  const MatrixView& matrix = variable.source == VariableSource::kPreprocessed
                                 ? trace.preprocessed
                                 : trace.main_parts[variable.part];
  return matrix.column(variable.index);
}

Fp uniform_value(const TraceInput& trace, const ProgramInput& input) {
  return input.kind == NodeKind::kConstant ? input.constant
                                           : trace.public_values[input.variable.index];
}

void read_rows(const TraceInput& trace, const ProgramInput& input, std::size_t first_row,
               std::span<Fp> values) {
  const std::size_t height = std::size_t{1} << trace.log_height;
  if (input.kind == NodeKind::kVariable) {
    const std::span<const Fp> column = variable_column(trace, input.variable);
    std::size_t row = first_row + input.variable.offset;
    for (std::size_t done = 0; done < values.size();) {
      row &= height - 1;
      const std::size_t run = std::min(values.size() - done, height - row);
      std::copy_n(column.begin() + static_cast<std::ptrdiff_t>(row), run, &values[done]);
      done += run;
      row += run;
    }
    return;
  }
  const Fp usual = input.kind == NodeKind::kIsTransition ? Fp::one() : Fp();
  const std::size_t special = input.kind == NodeKind::kIsFirstRow ? 0 : height - 1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = ((first_row + i) & (height - 1)) == special ? Fp::one() - usual : usual;
  }
}

}  // namespace gyre
