#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gyre/air/dag.h"
#include "gyre/field/fp4.h"

namespace gyre {

/// What an expression can read: a cell of the window, a selector, or a value that is the same at
/// all points (a constant or a public value).
struct ProgramInput {
  NodeKind kind = NodeKind::kConstant;
  Variable variable;  ///< kVariable
  Fp constant;        ///< kConstant
  bool uniform() const {
    return kind == NodeKind::kConstant ||
           (kind == NodeKind::kVariable && variable.source == VariableSource::kPublic);
  }
};

/// The distinct inputs of some nodes of a DAG, those that are uniform last.
struct InputTable {
  std::vector<ProgramInput> inputs;
  std::vector<std::uint32_t> input_of_node;  ///< kNoInput for inner and dead nodes

  static constexpr std::uint32_t kNoInput = ~std::uint32_t{0};
  InputTable() = default;
  InputTable(const SymbolicConstraints& symbolic, std::span<const std::uint32_t> roots);
};

/// Where an instruction finds a value: an input by number, or a register.
class Operand {
 public:
  Operand() = default;
  static Operand input(std::uint32_t index) { return Operand(index | kInputBit); }
  static Operand reg(std::uint32_t index) { return Operand(index); }
  bool is_input() const { return (word_ & kInputBit) != 0; }
  std::uint32_t index() const { return word_ & ~kInputBit; }

 private:
  static constexpr std::uint32_t kInputBit = std::uint32_t{1} << 31;
  explicit Operand(std::uint32_t word) : word_(word) {}
  std::uint32_t word_ = 0;
};

enum class Op : std::uint8_t {
  kAdd,            ///< a + b
  kSub,            ///< a - b
  kNeg,            ///< -a
  kTwice,          ///< 2 a
  kTwiceAdd,       ///< 2 a + b
  kMul,            ///< a b
  kMulTwice,       ///< a 2b
  kMulSum,         ///< a (b + c)
  kMulDifference,  ///< a (b - c)
  kAddMul,         ///< c + a b
  kSubMul,         ///< c - a b
  kSubMulTwice,    ///< c - a 2b
  kMulSub,         ///< a b - c
  kScale,          ///< a times the uniform input b
  kLoad,           ///< the input a; b is the input that will be loaded a little later
  kSum,            ///< outputs [first, first + count), weighted, are added to sum `target`
};

struct Instruction {
  Op op = Op::kAdd;
  std::uint32_t target = 0;
  Operand a, b, c;
  std::uint32_t first = 0, count = 0;  ///< kSum
};

/// Nodes whose weighted sum, or whose values, are wanted.
struct OutputGroup {
  std::vector<std::uint32_t> nodes;  ///< distinct
};

/// How a program is made.
struct ProgramStyle {
  bool loads;  ///< inputs are loaded into registers; otherwise they are operands
  /// Most outputs of one kSum; 0: the outputs of the only group keep their places to the end.
  std::uint32_t outputs_per_sum;
};

/// Weighted sums of the nodes of a DAG, or their values, as a straight list of instructions over
/// few registers, to be run over blocks of points. Each group's nodes are computed depth first, the
/// child that needs more registers first, and go into the sum as soon as they are there. Immutable,
/// thread-safe.
struct ExpressionProgram {
  std::vector<Instruction> code;
  std::vector<Operand> outputs;  ///< groups one after another, each in the order of its nodes
  std::uint32_t num_registers = 0;
  std::uint32_t num_groups = 0;  ///< that are summed

  ExpressionProgram() = default;
  ExpressionProgram(const SymbolicConstraints& symbolic, const InputTable& inputs,
                    std::span<const OutputGroup> groups, const ProgramStyle& style);
};

/// Degree of each node as a polynomial in the cells of the window.
std::vector<std::uint32_t> node_degrees(const SymbolicConstraints& symbolic);

}  // namespace gyre
