#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/cuda/queue.h"
#include "backend/expressions/expression_program.h"

namespace gyre::cuda {

/// Expression programs as the interpreter reads them.

/// An instruction in 16 bytes: the operation in the low 8 bits of `head`, the target above; of a
/// sum the first output and their number in a and b.
struct DeviceInstruction {
  std::uint32_t head, a, b, c;
};
/// In an operand: an input, not a register.
inline constexpr std::uint32_t kInputBit = std::uint32_t{1} << 31;

/// Parts of a program, one for each warp of a block.
inline constexpr unsigned kProgramParts = 4;

struct DeviceProgram {
  const DeviceInstruction* code;
  const std::uint32_t* outputs;  ///< operands
  std::uint32_t num_instructions;
  /// Threads of a block that work: as many as have room for their registers.
  std::uint32_t lanes;
  std::uint32_t num_registers;
  /// In the extension field, programs for a part of the outputs each, one behind the other after
  /// `code`; in the base field they are empty.
  std::uint32_t part_instructions[kProgramParts];
};

/// The programs of one field.
class DevicePrograms {
 public:
  /// `points`: of a thread; programs of one point come with their parts. `most_shared`: bytes of
  /// shared memory that a block can have; gyre::Error(kResource) if the registers of a thread need
  /// more.
  void add(const ExpressionProgram& program, std::size_t register_bytes, std::size_t points,
           std::size_t most_shared);
  /// What `upload` takes from the arena.
  std::size_t bytes() const;
  /// In the order in which they were added.
  DeviceSpan<DeviceProgram> upload(Queue& queue, DeviceArena& arena) const;
  /// Of a block.
  std::size_t shared_bytes() const { return shared_bytes_; }

 private:
  struct Place {
    std::size_t code = 0, outputs = 0;
    DeviceProgram program{};
  };
  void append(std::span<const Instruction> instructions);

  std::vector<DeviceInstruction> code_;
  std::vector<std::uint32_t> outputs_;
  std::vector<Place> places_;
  std::size_t shared_bytes_ = 0;
};

}  // namespace gyre::cuda
