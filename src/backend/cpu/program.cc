#include "backend/cpu/program.h"

#include <limits>

#include "support/targets.h"

namespace gyre::cpu {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// Position of each node's last reader; kNone for dead nodes, `end` for results.
std::vector<std::uint32_t> last_uses(const SymbolicConstraints& symbolic) {
  const auto end = static_cast<std::uint32_t>(symbolic.nodes.size());
  std::vector<std::uint32_t> last(symbolic.nodes.size(), kNone);
  for (const Interaction& interaction : symbolic.interactions) {
    last[interaction.count] = end;
    for (const std::uint32_t field : interaction.message) last[field] = end;
  }
  for (std::uint32_t i = end; i-- > 0;) {
    const DagNode& node = symbolic.nodes[i];
    if (last[i] == kNone || node.kind < NodeKind::kAdd) continue;
    if (last[node.left] == kNone) last[node.left] = i;
    if (node.kind != NodeKind::kNeg && last[node.right] == kNone) last[node.right] = i;
  }
  return last;
}

}  // namespace

AirProgram::AirProgram(const SymbolicConstraints& symbolic) {
  const std::vector<std::uint32_t> last = last_uses(symbolic);
  std::vector<std::uint32_t> register_of(symbolic.nodes.size(), kNone), free;
  for (std::uint32_t i = 0; i < symbolic.nodes.size(); ++i) {
    const DagNode& node = symbolic.nodes[i];
    if (last[i] == kNone || node.kind >= NodeKind::kAdd) continue;
    register_of[i] = num_registers++;
    inputs.push_back({.kind = node.kind,
                      .variable = node.variable,
                      .constant = node.constant,
                      .input_register = register_of[i]});
  }
  for (std::uint32_t i = 0; i < symbolic.nodes.size(); ++i) {
    const DagNode& node = symbolic.nodes[i];
    if (last[i] == kNone || node.kind < NodeKind::kAdd) continue;
    const std::uint32_t right = node.kind == NodeKind::kNeg ? node.left : node.right;
    // Inputs are never recycled: their registers are filled once per block, before the program.
    const auto release = [&](std::uint32_t child) {
      if (last[child] == i && symbolic.nodes[child].kind >= NodeKind::kAdd) {
        free.push_back(register_of[child]);
      }
    };
    release(node.left);
    if (right != node.left) release(right);
    if (free.empty()) free.push_back(num_registers++);
    register_of[i] = free.back();
    free.pop_back();
    instructions.push_back({.kind = node.kind,
                            .target = register_of[i],
                            .left = register_of[node.left],
                            .right = register_of[right]});
  }
  for (const Interaction& interaction : symbolic.interactions) {
    InteractionRegisters& registers = interactions.emplace_back();
    registers.count = register_of[interaction.count];
    registers.bus = Fp::from_canonical(interaction.bus_index + 1u);
    for (const std::uint32_t field : interaction.message) {
      registers.message.push_back(register_of[field]);
    }
  }
}

GYRE_SIMD_TARGETS void run_block(const AirProgram& program, Fp* registers) {
  for (const AirProgram::Instruction& instruction : program.instructions) {
    Fp* target = registers + std::size_t{instruction.target} * kBlock;
    const Fp* left = registers + std::size_t{instruction.left} * kBlock;
    const Fp* right = registers + std::size_t{instruction.right} * kBlock;
    // A target may be one of its operands: each point is read before it is written.
    switch (instruction.kind) {
      case NodeKind::kAdd:
#pragma GCC ivdep
        for (std::size_t i = 0; i < kBlock; ++i) target[i] = left[i] + right[i];
        break;
      case NodeKind::kSub:
#pragma GCC ivdep
        for (std::size_t i = 0; i < kBlock; ++i) target[i] = left[i] - right[i];
        break;
      case NodeKind::kMul:
#pragma GCC ivdep
        for (std::size_t i = 0; i < kBlock; ++i) target[i] = left[i] * right[i];
        break;
      default:
#pragma GCC ivdep
        for (std::size_t i = 0; i < kBlock; ++i) target[i] = -left[i];
        break;
    }
  }
}

}  // namespace gyre::cpu
