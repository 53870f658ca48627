#include "backend/cuda/device_programs.h"

#include <algorithm>
#include <string>

#include "backend/cuda/evaluation_items.h"
#include "gyre/support/error.h"

namespace gyre::cuda {
namespace {

/// Shared memory of a block that leaves room for others.
constexpr std::size_t kRegisterBytes = 56 * 1024;

/// Operands that are registers or inputs; the uniform of kScale and what kLoad announces are not.
std::size_t num_operands(Op op) {
  switch (op) {
    case Op::kLoad:
    case Op::kNeg:
    case Op::kTwice:
    case Op::kScale:
      return 1;
    case Op::kAdd:
    case Op::kSub:
    case Op::kTwiceAdd:
    case Op::kMul:
    case Op::kMulTwice:
      return 2;
    default:
      return 3;
  }
}

/// What of a program the outputs from `begin` to `end` need, in the same registers.
std::vector<Instruction> part_of(const ExpressionProgram& program, std::uint32_t begin,
                                 std::uint32_t end) {
  std::vector<Instruction> part;
  std::vector<bool> live(program.num_registers, false);
  const auto use = [&](Operand operand) {
    if (!operand.is_input()) live[operand.index()] = true;
  };
  for (std::size_t i = program.code.size(); i-- > 0;) {
    Instruction instruction = program.code[i];
    if (instruction.op == Op::kSum) {
      const std::uint32_t first = std::max(instruction.first, begin);
      const std::uint32_t last = std::min(instruction.first + instruction.count, end);
      if (first >= last) continue;
      instruction.first = first;
      instruction.count = last - first;
      for (std::uint32_t o = first; o < last; ++o) use(program.outputs[o]);
    } else {
      if (!live[instruction.target]) continue;
      live[instruction.target] = false;
      const Operand operands[] = {instruction.a, instruction.b, instruction.c};
      for (std::size_t j = 0; j < num_operands(instruction.op); ++j) use(operands[j]);
    }
    part.push_back(instruction);
  }
  std::reverse(part.begin(), part.end());
  return part;
}

std::uint32_t encoded(Operand operand) {
  return operand.index() | (operand.is_input() ? kInputBit : 0);
}

}  // namespace

void DevicePrograms::add(const ExpressionProgram& program, std::size_t register_bytes,
                         std::size_t points, std::size_t most_shared) {
  std::size_t lanes = kEvaluationThreads / points;
  const std::size_t lane =
      std::max<std::size_t>(program.num_registers, 1) * register_bytes * points;
  while (lanes > 1 && lanes * lane > std::min(kRegisterBytes, most_shared)) lanes /= 2;
  if (lanes * lane > most_shared) {
    throw Error(ErrorKind::kResource, "cuda: an AIR's expression needs " +
                                          std::to_string(program.num_registers) +
                                          " values at a time, more than a block can hold");
  }
  shared_bytes_ = std::max(shared_bytes_, lanes * lane);
  Place& place = places_.emplace_back();
  place.code = code_.size();
  place.outputs = outputs_.size();
  place.program.num_instructions = static_cast<std::uint32_t>(program.code.size());
  place.program.lanes = static_cast<std::uint32_t>(lanes);
  place.program.num_registers = program.num_registers;
  append(program.code);
  const auto num_outputs = static_cast<std::uint32_t>(program.outputs.size());
  for (std::uint32_t p = 0; p < kProgramParts && points == 1; ++p) {
    const std::vector<Instruction> part =
        part_of(program, num_outputs * p / kProgramParts, num_outputs * (p + 1) / kProgramParts);
    place.program.part_instructions[p] = static_cast<std::uint32_t>(part.size());
    append(part);
  }
  for (const Operand operand : program.outputs) outputs_.push_back(encoded(operand));
}

void DevicePrograms::append(std::span<const Instruction> instructions) {
  for (const Instruction& i : instructions) {
    const auto op = static_cast<std::uint32_t>(i.op);
    if (i.op == Op::kSum) {
      code_.push_back({op, i.first, i.count, 0});
    } else {
      code_.push_back({op | i.target << 8, encoded(i.a), encoded(i.b), encoded(i.c)});
    }
  }
}

std::size_t DevicePrograms::bytes() const {
  return DeviceArena::bytes_of<DeviceInstruction>(code_.size()) +
         DeviceArena::bytes_of<std::uint32_t>(outputs_.size()) +
         DeviceArena::bytes_of<DeviceProgram>(places_.size());
}

DeviceSpan<DeviceProgram> DevicePrograms::upload(Queue& queue, DeviceArena& arena) const {
  const auto device_code = arena.take<DeviceInstruction>(code_.size());
  const auto device_outputs = arena.take<std::uint32_t>(outputs_.size());
  const auto programs = arena.take<DeviceProgram>(places_.size());
  queue.upload(device_code, code_);
  queue.upload(device_outputs, outputs_);
  std::vector<DeviceProgram> host;
  for (const Place& place : places_) {
    DeviceProgram& program = host.emplace_back(place.program);
    program.code = device_code.data + place.code;
    program.outputs = device_outputs.data + place.outputs;
  }
  queue.upload(programs, host);
  return programs;
}

}  // namespace gyre::cuda
