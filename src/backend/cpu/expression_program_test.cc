#include "backend/expressions/air_expressions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "backend/cpu/program_kernels.h"
#include "gyre/simd/targets.h"
#include "support/forced_target.h"
#include "support/memory.h"
#include "support/random_elements.h"

namespace gyre::cpu {
namespace {

/// A DAG with all kinds of nodes, among them sums of equal nodes, products by uniform values, nodes
/// with one reader and with many.
SymbolicConstraints random_dag(std::uint64_t seed, std::uint32_t inner_nodes) {
  std::mt19937_64 engine(seed);
  RandomElements random(seed);
  SymbolicConstraints symbolic;
  std::vector<DagNode>& nodes = symbolic.nodes;
  for (const NodeKind kind :
       {NodeKind::kIsFirstRow, NodeKind::kIsLastRow, NodeKind::kIsTransition}) {
    nodes.push_back({.kind = kind, .variable = {}, .constant = {}});
  }
  for (std::uint32_t i = 0; i < 9; ++i) {
    const Variable cell{.offset = i % 2, .index = i};
    const Variable public_value{.source = VariableSource::kPublic, .index = i};
    nodes.push_back({.kind = NodeKind::kVariable,
                     .variable = i % 4 == 3 ? public_value : cell,
                     .constant = {}});
  }
  for (const Fp constant : random.base(2)) nodes.push_back({.variable = {}, .constant = constant});
  for (std::uint32_t i = 0; i < inner_nodes; ++i) {
    const auto size = static_cast<std::uint32_t>(nodes.size());
    // Half of the children are recent, so that there are chains and nodes with one reader.
    const auto child = [&] {
      return static_cast<std::uint32_t>(engine() % 2 == 0 ? size - 1 - engine() % 4
                                                          : engine() % size);
    };
    constexpr NodeKind kKinds[] = {NodeKind::kAdd, NodeKind::kAdd, NodeKind::kSub, NodeKind::kMul,
                                   NodeKind::kMul, NodeKind::kMul, NodeKind::kNeg};
    DagNode node{.kind = kKinds[engine() % std::size(kKinds)], .variable = {}, .constant = {}};
    node.left = child();
    node.right = node.kind == NodeKind::kAdd && engine() % 3 == 0 ? node.left : child();
    nodes.push_back(node);
  }
  return symbolic;
}

/// The value of every node; `inputs` are those of the input nodes.
template <class T>
std::vector<T> evaluate(const SymbolicConstraints& symbolic, const InputTable& table,
                        const std::vector<T>& inputs) {
  std::vector<T> values(symbolic.nodes.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const DagNode& node = symbolic.nodes[i];
    if (node.kind < NodeKind::kAdd) {
      if (table.input_of_node[i] != InputTable::kNoInput)
        values[i] = inputs[table.input_of_node[i]];
    } else if (node.kind == NodeKind::kAdd) {
      values[i] = values[node.left] + values[node.right];
    } else if (node.kind == NodeKind::kSub) {
      values[i] = values[node.left] - values[node.right];
    } else if (node.kind == NodeKind::kMul) {
      values[i] = values[node.left] * values[node.right];
    } else {
      values[i] = -values[node.left];
    }
  }
  return values;
}

/// A random DAG and two groups of outputs, which share some nodes; inputs are outputs too.
class ExpressionPrograms : public testing::TestWithParam<std::string> {
 protected:
  void make(std::uint64_t seed) {
    random_ = RandomElements(seed);
    symbolic_ = random_dag(seed, 20 * static_cast<std::uint32_t>(seed) + 1);
    const auto size = static_cast<std::uint32_t>(symbolic_.nodes.size());
    groups_.assign(2, {});
    for (std::uint32_t node = static_cast<std::uint32_t>(seed % 3); node < size; node += 3) {
      groups_[0].nodes.push_back(node);
    }
    for (std::uint32_t node = 5; node < size; node += 7) groups_[1].nodes.push_back(node);
    roots_ = groups_[0].nodes;
    roots_.insert(roots_.end(), groups_[1].nodes.begin(), groups_[1].nodes.end());
    table_ = InputTable(symbolic_, roots_);
    weights_ = random_.extension(roots_.size());
  }

  /// What group `group` sums to at a point.
  template <class T>
  Fp4 weighted_sum(std::size_t group, const std::vector<T>& values) const {
    Fp4 sum;
    const std::size_t first = group == 0 ? 0 : groups_[0].nodes.size();
    for (std::size_t i = 0; i < groups_[group].nodes.size(); ++i) {
      sum += weights_[first + i] * values[groups_[group].nodes[i]];
    }
    return sum;
  }

  std::size_t num_inputs() const { return table_.inputs.size(); }

  ForcedTarget forced_{GetParam()};
  RandomElements random_{0};
  SymbolicConstraints symbolic_;
  std::vector<OutputGroup> groups_;
  std::vector<std::uint32_t> roots_;
  InputTable table_;
  std::vector<Fp4> weights_;
};

Fp4 plane_entry(const Fp* planes, std::size_t lanes, std::size_t lane) {
  return {planes[lane], planes[lanes + lane], planes[2 * lanes + lane], planes[3 * lanes + lane]};
}

TEST_P(ExpressionPrograms, SumsInTheBaseField) {
  const std::size_t lanes = packed_lanes();
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    make(seed);
    const ExpressionProgram program(
        symbolic_, table_, groups_,
        {.loads = false, .outputs_per_sum = seed % 2 == 0 ? kBaseOutputsPerSum : 3});
    for (const std::size_t vectors : {1, 2, 4, 8}) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", vectors " << vectors);
      const std::size_t points = vectors * lanes, stride = points + 16;
      Buffer<Fp> inputs(num_inputs() * stride), registers(program.num_registers * points);
      std::ranges::copy(random_.base(inputs.size()), inputs.begin());
      Buffer<Fp> totals(2 * 4 * points);
      std::ranges::copy(random_.base(totals.size()), totals.begin());
      const std::vector<Fp> before(totals.begin(), totals.end());
      const Fp4 scale = random_.element();
      run_in_base_field(program, {.vectors = vectors,
                                  .inputs = inputs.data(),
                                  .input_stride = stride,
                                  .registers = registers.data(),
                                  .weights = weights_.data(),
                                  .scale = scale,
                                  .totals = totals.data(),
                                  .total_stride = 4 * points});
      for (std::size_t point = 0; point < points; ++point) {
        std::vector<Fp> at_point(num_inputs());
        for (std::size_t i = 0; i < num_inputs(); ++i) at_point[i] = inputs[i * stride + point];
        const std::vector<Fp> values = evaluate(symbolic_, table_, at_point);
        for (std::size_t group = 0; group < 2; ++group) {
          const std::size_t vector = group * 4 * points + point / lanes * 4 * lanes;
          const Fp4 old = plane_entry(&before[vector], lanes, point % lanes);
          ASSERT_EQ(plane_entry(&totals[vector], lanes, point % lanes),
                    old + scale * weighted_sum(group, values));
        }
      }
    }
  }
}

TEST_P(ExpressionPrograms, ValuesInTheBaseField) {
  const std::size_t points = 8 * packed_lanes();
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    make(seed);
    const ExpressionProgram program(symbolic_, table_, std::span(groups_).first(1),
                                    {.loads = false, .outputs_per_sum = 0});
    Buffer<Fp> inputs(num_inputs() * points), registers(program.num_registers * points);
    std::ranges::copy(random_.base(inputs.size()), inputs.begin());
    const BaseBlock block{.vectors = 8,
                          .inputs = inputs.data(),
                          .input_stride = points,
                          .registers = registers.data(),
                          .weights = nullptr,
                          .scale = {},
                          .totals = nullptr,
                          .total_stride = 0};
    run_in_base_field(program, block);
    for (std::size_t point = 0; point < points; ++point) {
      std::vector<Fp> at_point(num_inputs());
      for (std::size_t i = 0; i < num_inputs(); ++i) at_point[i] = inputs[i * points + point];
      const std::vector<Fp> values = evaluate(symbolic_, table_, at_point);
      for (std::size_t i = 0; i < groups_[0].nodes.size(); ++i) {
        ASSERT_EQ(block_value(block, program.outputs[i])[point], values[groups_[0].nodes[i]]);
      }
    }
  }
}

/// Tables of `vectors` vectors for the inputs that are not uniform.
struct RandomTables {
  RandomTables(const InputTable& table, std::size_t vectors, RandomElements& random)
      : uniform(random.base(table.inputs.size())),
        planes(table.inputs.size() * vectors * 4 * packed_lanes()) {
    std::ranges::copy(random.base(planes.size()), planes.begin());
    for (std::size_t i = 0; i < table.inputs.size(); ++i) {
      tables.push_back(table.inputs[i].uniform() ? nullptr
                                                 : &planes[i * vectors * 4 * packed_lanes()]);
    }
  }
  /// Values of all inputs at t[low] + x (t[high] - t[low]), entries given by vector and lane.
  std::vector<Fp4> at(std::size_t low_vector, std::size_t low, std::size_t high_vector,
                      std::size_t high, Fp x) const {
    const std::size_t lanes = packed_lanes();
    std::vector<Fp4> values;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (tables[i] == nullptr) {
        values.emplace_back(uniform[i]);
        continue;
      }
      const Fp4 t0 = plane_entry(tables[i] + low_vector * 4 * lanes, lanes, low);
      const Fp4 t1 = plane_entry(tables[i] + high_vector * 4 * lanes, lanes, high);
      values.push_back(t0 + (t1 - t0) * x);
    }
    return values;
  }

  std::vector<Fp> uniform;
  Buffer<Fp> planes;
  std::vector<const Fp*> tables;
};

TEST_P(ExpressionPrograms, SumsInTheExtensionField) {
  const std::size_t lanes = packed_lanes();
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    make(seed);
    const ExpressionProgram program(symbolic_, table_, std::span(groups_).first(1),
                                    {.loads = true, .outputs_per_sum = kExtensionOutputsPerSum});
    const RandomTables tables(table_, 4, random_);
    const ExtensionInputs inputs{tables.tables, tables.uniform};
    const std::vector<ExtensionWeight> weights(weights_.begin(), weights_.end());
    const unsigned first = seed % 2, count = 1 + seed % 4;
    Buffer<Fp> registers(program.num_registers * 4 * lanes * count), sums(4 * lanes * count);
    const ExtensionRun run{
        .inputs = &inputs, .weights = weights, .registers = registers.data(), .sums = sums.data()};
    const auto expect = [&](std::size_t vector, std::size_t lane, const std::vector<Fp4>& point) {
      ASSERT_EQ(plane_entry(&sums[vector * 4 * lanes], lanes, lane),
                weighted_sum(0, evaluate(symbolic_, table_, point)));
    };
    for (std::size_t pair = 0; pair < 2; ++pair) {
      run_on_pairs(program, run, pair, first, count);
      for (unsigned x = 0; x < count; ++x) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
          expect(x, lane,
                 tables.at(2 * pair, lane, 2 * pair + 1, lane, Fp::from_canonical(first + x)));
        }
      }
    }
    std::vector<LanePick> picks(count);
    for (std::size_t i = 0; i < count * lanes; ++i) {
      LanePick& pick = picks[i / lanes];
      pick.low[i % lanes] = static_cast<std::int32_t>((3 * i + 1) % lanes);
      pick.high[i % lanes] = static_cast<std::int32_t>((5 * i + 2) % lanes);
      pick.at[i % lanes] = random_.base(1)[0];
    }
    run_on_picks(program, run, picks);
    for (std::size_t i = 0; i < count * lanes; ++i) {
      const LanePick& pick = picks[i / lanes];
      expect(i / lanes, i % lanes,
             tables.at(0, static_cast<std::size_t>(pick.low[i % lanes]), 0,
                       static_cast<std::size_t>(pick.high[i % lanes]), pick.at[i % lanes]));
    }
  }
}

/// A chain needs few registers however long it is.
TEST(ExpressionProgramShape, RegistersAreReused) {
  SymbolicConstraints symbolic;
  for (std::uint32_t i = 0; i < 2; ++i) {
    symbolic.nodes.push_back(
        {.kind = NodeKind::kVariable, .variable = {.index = i}, .constant = {}});
  }
  for (std::uint32_t i = 2; i < 1000; ++i) {
    DagNode node{.kind = NodeKind::kMul, .variable = {}, .constant = {}};
    node.left = i - 1;
    node.right = i % 2;
    symbolic.nodes.push_back(node);
  }
  const OutputGroup groups[] = {{{999}}};
  const InputTable table(symbolic, groups[0].nodes);
  EXPECT_EQ(table.inputs.size(), 2u);
  const ExpressionProgram base(symbolic, table, groups, {.loads = false, .outputs_per_sum = 8});
  EXPECT_EQ(base.num_registers, 1u);
  const ExpressionProgram loaded(symbolic, table, groups, {.loads = true, .outputs_per_sum = 4});
  EXPECT_LE(loaded.num_registers, 3u);
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const std::string_view name : simd::available_targets()) result.emplace_back(name);
  return result;
}

INSTANTIATE_TEST_SUITE_P(Targets, ExpressionPrograms, testing::ValuesIn(names()),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace gyre::cpu
