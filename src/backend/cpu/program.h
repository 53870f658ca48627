#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gyre/air/dag.h"
#include "gyre/field/fp4.h"

namespace gyre::cpu {

/// The interactions of an AIR as a list of three-address instructions over registers, for
/// evaluation on blocks of points. Dead nodes are dropped, registers reused after their last use.
/// Immutable, thread-safe.
struct AirProgram {
  struct Instruction {
    NodeKind kind;  ///< kAdd, kSub, kNeg, kMul
    std::uint32_t target, left, right;
  };
  /// What an input register holds.
  struct Input {
    NodeKind kind;      ///< kVariable, kConstant or a selector
    Variable variable;  ///< kVariable
    Fp constant;        ///< kConstant
    std::uint32_t input_register;
  };

  std::vector<Input> inputs;
  std::vector<Instruction> instructions;
  std::uint32_t num_registers = 0;
  /// Registers of the results; they keep their value to the end.
  struct InteractionRegisters {
    std::uint32_t count;
    std::vector<std::uint32_t> message;
    Fp bus;  ///< bus index + 1
  };
  std::vector<InteractionRegisters> interactions;

  explicit AirProgram(const SymbolicConstraints& symbolic);
};

/// Points evaluated at a time.
inline constexpr std::size_t kBlock = 64;

/// Runs the instructions for kBlock points; registers[r * kBlock + i] is register r at point i.
/// Input registers must be filled.
void run_block(const AirProgram& program, Fp* registers);

}  // namespace gyre::cpu
