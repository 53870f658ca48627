#pragma once

#include <cstddef>
#include <span>

#include "backend/backend.h"
#include "backend/expressions/expression_program.h"

namespace gyre {

/// What the inputs of expressions are on a trace.

/// Column that a variable of kind kPreprocessed or kMain reads.
std::span<const Fp> variable_column(const TraceInput& trace, const Variable& variable);

/// Value of a uniform input.
Fp uniform_value(const TraceInput& trace, const ProgramInput& input);

/// Values of another input at the rows first_row, first_row + 1, ..., taken modulo the height.
void read_rows(const TraceInput& trace, const ProgramInput& input, std::size_t first_row,
               std::span<Fp> values);

}  // namespace gyre
