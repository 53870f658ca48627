#include "backend/cuda/codegen/shape_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace gyre::cuda {
namespace {

/// A cell that was not used in so many definitions is read again instead of kept in registers.
std::size_t reload_gap(KernelForm form) {
  return form == KernelForm::kBase ? 96 : 24;
}

/// Values that are on their way from memory while others are worked on.
constexpr std::size_t kFetchedAhead = 6;

bool multiplies(Op op) {
  switch (op) {
    case Op::kMul:
    case Op::kMulTwice:
    case Op::kMulSum:
    case Op::kMulDifference:
    case Op::kAddMul:
    case Op::kSubMul:
    case Op::kSubMulTwice:
    case Op::kMulSub:
    case Op::kScale:
      return true;
    default:
      return false;
  }
}

}  // namespace

ShapeWriter::ShapeWriter(KernelForm form, const SubDag& part)
    : form_(form), part_(part), inputs_(part.symbolic, part.roots) {
  const OutputGroup group{part.roots};
  program_ = ExpressionProgram(part.symbolic, inputs_, std::span(&group, 1),
                               {.loads = false, .outputs_per_sum = 1});
  node_of_input_.resize(inputs_.inputs.size());
  for (std::uint32_t i = 0; i < part.node_of.size(); ++i) {
    const std::uint32_t input = inputs_.input_of_node[i];
    if (input != InputTable::kNoInput) node_of_input_[input] = part.node_of[i];
  }
  registers_.resize(program_.num_registers);
  readings_.resize(inputs_.inputs.size());
  shape_.registers = program_.num_registers;
  shape_.outputs = part.roots.size();
  for (const Instruction& instruction : program_.code) write(instruction);
  if (unsettled_ > 0) statements_.push_back({"sum.settle();", {}});
  shape_.body = body();
}

/// Each value is fetched some fetches before the statement that it is for.
std::string ShapeWriter::body() const {
  std::vector<const std::string*> fetches;
  for (const Statement& statement : statements_) {
    if (!statement.fetch.empty()) fetches.push_back(&statement.fetch);
  }
  std::string text;
  std::size_t begun = 0, done = 0;
  for (const Statement& statement : statements_) {
    if (!statement.fetch.empty()) {
      const std::size_t end = std::min(fetches.size(), ++done + kFetchedAhead);
      for (; begun < end; ++begun) text += "  " + *fetches[begun] + "\n";
    }
    text += "  " + statement.text + "\n";
  }
  return text;
}

void ShapeWriter::write(const Instruction& i) {
  switch (i.op) {
    case Op::kAdd:
      return define(i, "add", {i.a, i.b});
    case Op::kSub:
      return define(i, "sub", {i.a, i.b});
    case Op::kNeg:
      return define(i, "neg", {i.a});
    case Op::kTwice:
      return define(i, "twice", {i.a});
    case Op::kTwiceAdd:
      return define(i, "twice_add", {i.a, i.b});
    case Op::kMul:
    case Op::kScale:
      return define(i, "mul", {i.a, i.b});
    case Op::kMulTwice:
      return define(i, "mul_twice", {i.a, i.b});
    case Op::kMulSum:
      return define(i, "mul_sum", {i.a, i.b, i.c});
    case Op::kMulDifference:
      return define(i, "mul_difference", {i.a, i.b, i.c});
    case Op::kAddMul:
      return define(i, "add_mul", {i.a, i.b, i.c});
    case Op::kSubMul:
      return define(i, "sub_mul", {i.a, i.b, i.c});
    case Op::kSubMulTwice:
      return define(i, "sub_mul_twice", {i.a, i.b, i.c});
    case Op::kMulSub:
      return define(i, "mul_sub", {i.a, i.b, i.c});
    case Op::kLoad:
      return;  // inputs are operands
    case Op::kSum:
      for (std::uint32_t o = i.first; o < i.first + i.count; ++o) add_to_sum(o);
      return;
  }
}

void ShapeWriter::define(const Instruction& i, const char* function,
                         std::initializer_list<Operand> operands) {
  std::string arguments;
  for (const Operand operand : operands) {
    if (!arguments.empty()) arguments += ", ";
    arguments += value(operand);
  }
  registers_[i.target] = new_name(fmt::format("{}({})", function, arguments));
  ++(multiplies(i.op) ? shape_.products : shape_.sums);
  ++shape_.nodes;
}

void ShapeWriter::add_to_sum(std::uint32_t output) {
  const std::string v = value(program_.outputs[output]);
  Statement add;
  const std::string weight = fetch_as(add.fetch, fmt::format("point.weight(table[{}])", output));
  add.text = fmt::format("sum.add({}, {});", weight, v);
  statements_.push_back(std::move(add));
  // A base field sum takes two products between settlings; an extension field sum settles itself.
  if (form_ == KernelForm::kBase && ++unsettled_ == 2) {
    statements_.push_back({"sum.settle();", {}});
    unsettled_ = 0;
  }
}

const std::string& ShapeWriter::value(Operand operand) {
  if (!operand.is_input()) return registers_[operand.index()];
  Reading& reading = readings_[operand.index()];
  if (reading.name.empty() || names_ - reading.last_use > reload_gap(form_)) read(operand.index());
  reading.last_use = names_;
  return reading.name;
}

void ShapeWriter::read(std::uint32_t input) {
  const ProgramInput& in = inputs_.inputs[input];
  Reading& reading = readings_[input];
  if (in.kind == NodeKind::kConstant) {
    reading.name = fmt::format("Fp::from_raw({:#x}u)", in.constant.raw());
    return;
  }
  if (reading.place == InputTable::kNoInput) {
    reading.place = static_cast<std::uint32_t>(part_.roots.size() + input_nodes_.size());
    input_nodes_.push_back(node_of_input_[input]);
  }
  ++shape_.cells;
  if (in.uniform()) {
    reading.name = new_name(fmt::format("point.uniform(table[{}])", reading.place));
    return;
  }
  std::string fetch;
  const std::string fetched = fetch_as(fetch, fmt::format("point.fetch(table[{}])", reading.place));
  reading.name = new_name(fmt::format("point.cell({})", fetched), std::move(fetch));
}

std::string ShapeWriter::fetch_as(std::string& fetch, const std::string& expression) {
  std::string name = fmt::format("f{}", fetches_++);
  fetch = fmt::format("const auto {} = {};", name, expression);
  return name;
}

std::string ShapeWriter::new_name(const std::string& definition, std::string fetch) {
  std::string name = fmt::format("v{}", names_++);
  statements_.push_back({fmt::format("const auto {} = {};", name, definition), std::move(fetch)});
  return name;
}

}  // namespace gyre::cuda
