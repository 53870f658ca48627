#include "backend/expressions/expression_program.h"

#include <algorithm>
#include <array>
#include <limits>

namespace gyre {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// An input that is not needed for this many steps is loaded again instead of kept.
constexpr std::uint32_t kReloadGap = 256;
/// A load tells its follower at this distance to the memory system.
constexpr std::size_t kPrefetchLoads = 6;

/// Marks what the roots need; the number of readers of each node, a root counting as one.
std::vector<std::uint32_t> count_readers(const SymbolicConstraints& symbolic,
                                         std::span<const std::uint32_t> roots) {
  std::vector<std::uint32_t> readers(symbolic.nodes.size(), 0);
  for (const std::uint32_t root : roots) ++readers[root];
  for (std::size_t i = readers.size(); i-- > 0;) {
    const DagNode& node = symbolic.nodes[i];
    if (readers[i] == 0 || node.kind < NodeKind::kAdd) continue;
    ++readers[node.left];
    if (node.kind != NodeKind::kNeg) ++readers[node.right];
  }
  return readers;
}

/// An instruction before registers are known: its operands are nodes.
struct Selected {
  Op op = Op::kAdd;
  std::array<std::uint32_t, 3> operands = {kNone, kNone, kNone};
  std::size_t count = 0;
};

/// What is done at one place of the program: a node is computed, or outputs are summed.
struct Step {
  std::uint32_t node = kNone;  ///< kNone: a sum
  std::uint32_t group = 0, first = 0, count = 0;
};

class Compiler {
 public:
  Compiler(const SymbolicConstraints& symbolic, const InputTable& inputs,
           std::span<const OutputGroup> groups, const ProgramStyle& style,
           ExpressionProgram& program)
      : symbolic_(symbolic), inputs_(inputs), style_(style), program_(program) {
    for (const OutputGroup& group : groups) {
      roots_.insert(roots_.end(), group.nodes.begin(), group.nodes.end());
    }
    select_instructions();
    estimate_registers();
    schedule(groups);
    find_last_uses();
    allocate();
    announce_loads();
  }

 private:
  bool is_input(std::uint32_t node) const { return symbolic_.nodes[node].kind < NodeKind::kAdd; }
  bool is_uniform(std::uint32_t node) const {
    return is_input(node) && inputs_.inputs[inputs_.input_of_node[node]].uniform();
  }

  /// Chooses the instruction of each live node, parents first: a sum or product that nobody else
  /// reads becomes part of its reader's instruction.
  void select_instructions() {
    const std::vector<std::uint32_t> readers = count_readers(symbolic_, roots_);
    std::vector<bool> live(symbolic_.nodes.size(), false);
    for (const std::uint32_t root : roots_) live[root] = true;
    selected_.resize(symbolic_.nodes.size());
    for (std::size_t i = live.size(); i-- > 0;) {
      if (!live[i] || is_input(static_cast<std::uint32_t>(i))) continue;
      selected_[i] = select(symbolic_.nodes[i], readers);
      for (std::size_t j = 0; j < selected_[i].count; ++j) live[selected_[i].operands[j]] = true;
    }
  }

  Selected select(const DagNode& node, std::span<const std::uint32_t> readers) const {
    const std::uint32_t l = node.left, r = node.right;
    const auto single = [&](std::uint32_t child, NodeKind kind) {
      return symbolic_.nodes[child].kind == kind && readers[child] == 1;
    };
    const auto doubled = [&](std::uint32_t child) {
      const DagNode& n = symbolic_.nodes[child];
      return n.kind == NodeKind::kAdd && n.left == n.right;
    };
    // A product that can become part of a sum: not one by a uniform value, which is cheaper alone.
    const auto product = [&](std::uint32_t child) {
      const DagNode& n = symbolic_.nodes[child];
      return single(child, NodeKind::kMul) && !is_uniform(n.left) && !is_uniform(n.right);
    };
    const auto with_product = [&](Op op, Op op_twice, std::uint32_t child, std::uint32_t other) {
      const DagNode& n = symbolic_.nodes[child];
      if (op_twice != op && doubled(n.right)) {
        return Selected{op_twice, {n.left, symbolic_.nodes[n.right].left, other}, 3};
      }
      if (op_twice != op && doubled(n.left)) {
        return Selected{op_twice, {n.right, symbolic_.nodes[n.left].left, other}, 3};
      }
      return Selected{op, {n.left, n.right, other}, 3};
    };
    switch (node.kind) {
      case NodeKind::kAdd:
        if (l == r) return {Op::kTwice, {l, kNone, kNone}, 1};
        if (product(r)) return with_product(Op::kAddMul, Op::kAddMul, r, l);
        if (product(l)) return with_product(Op::kAddMul, Op::kAddMul, l, r);
        if (doubled(l) && readers[l] == 1) {
          return {Op::kTwiceAdd, {symbolic_.nodes[l].left, r, kNone}, 2};
        }
        return {Op::kAdd, {l, r, kNone}, 2};
      case NodeKind::kSub:
        if (product(r)) return with_product(Op::kSubMul, Op::kSubMulTwice, r, l);
        if (product(l)) return with_product(Op::kMulSub, Op::kMulSub, l, r);
        return {Op::kSub, {l, r, kNone}, 2};
      case NodeKind::kNeg:
        return {Op::kNeg, {l, kNone, kNone}, 1};
      default:
        return select_product(l, r, single, doubled);
    }
  }

  template <class Single, class Doubled>
  Selected select_product(std::uint32_t l, std::uint32_t r, Single&& single,
                          Doubled&& doubled) const {
    if (style_.loads && is_uniform(r)) return {Op::kScale, {l, r, kNone}, 2};
    if (style_.loads && is_uniform(l)) return {Op::kScale, {r, l, kNone}, 2};
    for (const auto& [other, child] : {std::pair(l, r), std::pair(r, l)}) {
      const DagNode& n = symbolic_.nodes[child];
      if (doubled(child)) return {Op::kMulTwice, {other, n.left, kNone}, 2};
      if (single(child, NodeKind::kAdd)) return {Op::kMulSum, {other, n.left, n.right}, 3};
      if (single(child, NodeKind::kSub)) return {Op::kMulDifference, {other, n.left, n.right}, 3};
    }
    return {Op::kMul, {l, r, kNone}, 2};
  }

  /// Registers needed to compute each node if it were the root of a tree (Sethi, Ullman).
  void estimate_registers() {
    need_.assign(symbolic_.nodes.size(), style_.loads ? 1 : 0);
    for (std::size_t i = 0; i < need_.size(); ++i) {
      Selected& s = selected_[i];
      if (s.count == 0) continue;
      std::array<std::uint32_t, 3> order = s.operands;
      std::stable_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(s.count),
                       [&](std::uint32_t x, std::uint32_t y) { return need_[x] > need_[y]; });
      std::uint32_t need = 1;
      for (std::size_t j = 0; j < s.count; ++j) {
        need = std::max(need, need_[order[j]] + static_cast<std::uint32_t>(j));
      }
      need_[i] = need;
    }
  }

  void schedule(std::span<const OutputGroup> groups) {
    done_.assign(symbolic_.nodes.size(), false);
    std::uint32_t output = 0;
    for (std::uint32_t group = 0; group < groups.size(); ++group) {
      std::uint32_t first = output;
      for (const std::uint32_t node : groups[group].nodes) {
        compute(node);
        ++output;
        if (output - first == style_.outputs_per_sum) {
          steps_.push_back({kNone, group, first, output - first});
          first = output;
        }
      }
      if (output != first) steps_.push_back({kNone, group, first, output - first});
    }
    const bool summed = style_.outputs_per_sum > 0;
    program_.num_groups = summed ? static_cast<std::uint32_t>(groups.size()) : 0;
  }

  /// Appends what `root` needs, depth first.
  void compute(std::uint32_t root) {
    std::vector<std::uint32_t> stack = {root};
    while (!stack.empty()) {
      const std::uint32_t node = stack.back();
      if (done_[node] || is_input(node)) {
        stack.pop_back();
        continue;
      }
      const Selected& s = selected_[node];
      std::uint32_t next = kNone;  // the waiting operand of the largest need
      for (std::size_t j = 0; j < s.count; ++j) {
        const std::uint32_t child = s.operands[j];
        if (done_[child] || is_input(child)) continue;
        if (next == kNone || need_[child] > need_[next]) next = child;
      }
      if (next != kNone) {
        stack.push_back(next);
        continue;
      }
      steps_.push_back({.node = node});
      done_[node] = true;
      stack.pop_back();
    }
  }

  /// Calls f(node) for what a step reads.
  template <class F>
  void for_each_read(const Step& step, F&& f) const {
    if (step.node == kNone) {
      for (std::uint32_t i = 0; i < step.count; ++i) f(roots_[step.first + i]);
    } else {
      const Selected& s = selected_[step.node];
      const std::size_t count = s.op == Op::kScale ? 1 : s.count;
      for (std::size_t j = 0; j < count; ++j) f(s.operands[j]);
    }
  }

  void find_last_uses() {
    uses_.resize(symbolic_.nodes.size());
    for (std::uint32_t i = 0; i < steps_.size(); ++i) {
      for_each_read(steps_[i], [&](std::uint32_t node) { uses_[node].push_back(i); });
    }
  }

  void allocate() {
    register_of_.assign(symbolic_.nodes.size(), kNone);
    next_use_.assign(symbolic_.nodes.size(), 0);
    program_.outputs.resize(roots_.size());
    for (std::uint32_t i = 0; i < steps_.size(); ++i) {
      const Step& step = steps_[i];
      if (style_.loads) {
        for_each_read(step, [&](std::uint32_t node) {
          if (is_input(node) && register_of_[node] == kNone) load(node);
        });
      }
      Instruction instruction;
      if (step.node == kNone) {
        for (std::uint32_t j = 0; j < step.count; ++j) {
          program_.outputs[step.first + j] = operand(roots_[step.first + j]);
        }
        instruction = {.op = Op::kSum,
                       .target = step.group,
                       .a = {},
                       .b = {},
                       .c = {},
                       .first = step.first,
                       .count = step.count};
        for_each_read(step, [&](std::uint32_t node) { release(node, i); });
      } else {
        const Selected& s = selected_[step.node];
        instruction.op = s.op;
        Operand* const places[] = {&instruction.a, &instruction.b, &instruction.c};
        for (std::size_t j = 0; j < s.count; ++j) *places[j] = operand(s.operands[j]);
        if (s.op == Op::kScale) {
          instruction.b = Operand::input(inputs_.input_of_node[s.operands[1]]);
        }
        for_each_read(step, [&](std::uint32_t node) { release(node, i); });
        instruction.target = register_of_[step.node] = take_register();
      }
      if (step.node != kNone || style_.outputs_per_sum > 0) program_.code.push_back(instruction);
    }
  }

  Operand operand(std::uint32_t node) const {
    return is_input(node) && !style_.loads ? Operand::input(inputs_.input_of_node[node])
                                           : Operand::reg(register_of_[node]);
  }

  void load(std::uint32_t node) {
    const Operand input = Operand::input(inputs_.input_of_node[node]);
    register_of_[node] = take_register();
    program_.code.push_back(
        {.op = Op::kLoad, .target = register_of_[node], .a = input, .b = input, .c = {}});
  }

  /// After a use at step `at`: the register is free if no use follows, or none soon of an input.
  void release(std::uint32_t node, std::uint32_t at) {
    if (register_of_[node] == kNone) return;  // an operand of its own, or used twice in the step
    std::size_t& next = next_use_[node];
    const std::vector<std::uint32_t>& uses = uses_[node];
    while (next < uses.size() && uses[next] <= at) ++next;
    const bool keep = next < uses.size() && (!is_input(node) || uses[next] - at <= kReloadGap);
    if (keep) return;
    free_.push_back(register_of_[node]);
    register_of_[node] = kNone;
  }

  std::uint32_t take_register() {
    if (free_.empty()) free_.push_back(program_.num_registers++);
    const std::uint32_t taken = free_.back();
    free_.pop_back();
    return taken;
  }

  void announce_loads() {
    std::vector<std::size_t> loads;
    for (std::size_t i = 0; i < program_.code.size(); ++i) {
      if (program_.code[i].op == Op::kLoad) loads.push_back(i);
    }
    for (std::size_t i = 0; i + kPrefetchLoads < loads.size(); ++i) {
      program_.code[loads[i]].b = program_.code[loads[i + kPrefetchLoads]].a;
    }
  }

  const SymbolicConstraints& symbolic_;
  const InputTable& inputs_;
  ProgramStyle style_;
  ExpressionProgram& program_;
  std::vector<std::uint32_t> roots_, need_, register_of_, free_;
  std::vector<Selected> selected_;
  std::vector<bool> done_;
  std::vector<Step> steps_;
  std::vector<std::vector<std::uint32_t>> uses_;
  std::vector<std::size_t> next_use_;
};

}  // namespace

InputTable::InputTable(const SymbolicConstraints& symbolic, std::span<const std::uint32_t> roots)
    : input_of_node(symbolic.nodes.size(), kNoInput) {
  const std::vector<std::uint32_t> readers = count_readers(symbolic, roots);
  for (const bool uniform : {false, true}) {
    for (std::size_t i = 0; i < readers.size(); ++i) {
      const DagNode& node = symbolic.nodes[i];
      if (readers[i] == 0 || node.kind >= NodeKind::kAdd) continue;
      const ProgramInput input{node.kind, node.variable, node.constant};
      if (input.uniform() != uniform) continue;
      input_of_node[i] = static_cast<std::uint32_t>(inputs.size());
      inputs.push_back(input);
    }
  }
}

ExpressionProgram::ExpressionProgram(const SymbolicConstraints& symbolic, const InputTable& inputs,
                                     std::span<const OutputGroup> groups,
                                     const ProgramStyle& style) {
  Compiler(symbolic, inputs, groups, style, *this);
}

std::vector<std::uint32_t> node_degrees(const SymbolicConstraints& symbolic) {
  std::vector<std::uint32_t> degrees;
  for (const DagNode& node : symbolic.nodes) {
    switch (node.kind) {
      case NodeKind::kAdd:
      case NodeKind::kSub:
        degrees.push_back(std::max(degrees[node.left], degrees[node.right]));
        break;
      case NodeKind::kMul:
        degrees.push_back(degrees[node.left] + degrees[node.right]);
        break;
      case NodeKind::kNeg:
        degrees.push_back(degrees[node.left]);
        break;
      case NodeKind::kConstant:
        degrees.push_back(0);
        break;
      case NodeKind::kVariable:
        degrees.push_back(node.variable.source == VariableSource::kPublic ? 0 : 1);
        break;
      default:
        degrees.push_back(1);
        break;
    }
  }
  return degrees;
}

}  // namespace gyre
