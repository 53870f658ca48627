#pragma once

#include "backend/backend.h"
#include "backend/cpu/program.h"

namespace gyre::cpu {

/// Column that a variable of kind kPreprocessed or kMain reads.
std::span<const Fp> variable_column(const TraceInput& trace, const Variable& variable);

/// Value of an input at a true row.
Fp input_at_row(const TraceInput& trace, const AirProgram::Input& input, std::size_t row);

/// Fills the input registers for rows first_row .. first_row + kBlock - 1, taken modulo the height.
void fill_row_inputs(const TraceInput& trace, const AirProgram& program, std::size_t first_row,
                     Fp* registers);

}  // namespace gyre::cpu
