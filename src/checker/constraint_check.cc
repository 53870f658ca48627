#include <algorithm>
#include <limits>
#include <mutex>
#include <set>

#include "air/dag_text.h"
#include "checker/block_evaluator.h"
#include "checker/checks.h"
#include "support/parallel.h"

namespace gyre {

namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kBlockRows = BlockEvaluator::kRows;

/// On which rows one constraint fails.
struct Tally {
  std::size_t first_row = kNone;
  std::size_t num_rows = 0;

  void add(std::size_t row) {
    first_row = std::min(first_row, row);
    ++num_rows;
  }
  void add(const Tally& other) {
    first_row = std::min(first_row, other.first_row);
    num_rows += other.num_rows;
  }
};

/// What a range of rows is checked with.
struct Worker {
  std::vector<BlockEvaluator::Block> blocks;
  std::vector<Tally> tallies;
};

void check_block(const BlockEvaluator& evaluator, std::span<const std::uint32_t> constraints,
                 std::size_t first_row, std::size_t num_rows, Worker& worker) {
  evaluator.evaluate(first_row, worker.blocks);
  for (std::size_t i = 0; i < constraints.size(); ++i) {
    const BlockEvaluator::Block& values = evaluator.block_of(constraints[i], worker.blocks);
    for (std::size_t r = 0; r < num_rows; ++r) {
      if (!values[r].is_zero()) worker.tallies[i].add(first_row + r);
    }
  }
}

/// One tally per constraint, over all rows.
std::vector<Tally> tally_rows(const SymbolicConstraints& symbolic, const AirRows& rows) {
  const std::vector<std::uint32_t>& constraints = symbolic.constraint_nodes;
  const BlockEvaluator evaluator(symbolic.nodes, constraints, rows);
  const std::size_t height = rows.height();
  const std::size_t num_blocks = (height + kBlockRows - 1) / kBlockRows;
  std::vector<Tally> total(constraints.size());
  std::mutex mutex;
  const auto check_blocks = [&](std::size_t begin, std::size_t end) {
    Worker worker{evaluator.make_blocks(), std::vector<Tally>(constraints.size())};
    for (std::size_t i = begin; i < end; ++i) {
      check_block(evaluator, constraints, i * kBlockRows, std::min(kBlockRows, height), worker);
    }
    const std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < total.size(); ++i) total[i].add(worker.tallies[i]);
  };
  Parallel(0).ranges(num_blocks, std::max<std::size_t>(1, num_blocks / 64), check_blocks);
  return total;
}

/// The variables that a node depends on, ascending.
std::set<Variable> variables_of(std::span<const DagNode> nodes, std::uint32_t root) {
  std::vector<bool> is_needed(root + 1);
  is_needed[root] = true;
  std::set<Variable> variables;
  for (std::size_t i = root + std::size_t{1}; i-- > 0;) {
    if (!is_needed[i]) continue;
    const DagNode& node = nodes[i];
    if (node.kind == NodeKind::kVariable) variables.insert(node.variable);
    if (node.kind < NodeKind::kAdd) continue;
    is_needed[node.left] = true;
    if (node.kind != NodeKind::kNeg) is_needed[node.right] = true;
  }
  return variables;
}

ConstraintViolation describe(const SymbolicConstraints& symbolic, const AirRows& rows,
                             std::size_t constraint, const Tally& tally,
                             const CheckOptions& options) {
  ConstraintViolation violation{.constraint = constraint,
                                .node = symbolic.constraint_nodes[constraint],
                                .row = tally.first_row,
                                .num_rows = tally.num_rows};
  const BlockEvaluator evaluator(symbolic.nodes, {&violation.node, 1}, rows);
  std::vector<BlockEvaluator::Block> blocks = evaluator.make_blocks();
  evaluator.evaluate(violation.row, blocks);
  violation.value = evaluator.block_of(violation.node, blocks)[0];
  violation.expression =
      expression_text(symbolic.nodes, violation.node, options.max_expression_length);
  for (const Variable& variable : variables_of(symbolic.nodes, violation.node)) {
    if (violation.variables.size() == options.max_variables) {
      ++violation.more_variables;
      continue;
    }
    violation.variables.emplace_back(variable_name(variable), rows.value(variable, violation.row));
  }
  return violation;
}

}  // namespace

void check_constraints(const ProvingKey& key, const AirTraces& traces, const CheckOptions& options,
                       CheckReport& report) {
  const SymbolicConstraints& symbolic = key.vk.per_air[traces.air_index].symbolic;
  const AirRows rows(key, traces);
  const std::vector<Tally> tallies = tally_rows(symbolic, rows);
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    if (tallies[i].num_rows == 0) continue;
    if (report.constraints.size() >= options.max_constraint_findings) {
      ++report.more_constraints;
      continue;
    }
    ConstraintViolation violation = describe(symbolic, rows, i, tallies[i], options);
    violation.air_index = traces.air_index;
    violation.air_name = key.per_air[traces.air_index].name;
    report.constraints.push_back(std::move(violation));
  }
}

}  // namespace gyre
