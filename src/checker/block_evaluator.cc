#include "checker/block_evaluator.h"

#include <algorithm>

namespace gyre {

AirRows::AirRows(const ProvingKey& key, const AirTraces& traces)
    : mains_(traces.cached_mains), public_values_(traces.public_values) {
  const std::optional<Matrix>& preprocessed = key.per_air[traces.air_index].preprocessed_trace;
  if (preprocessed) preprocessed_ = preprocessed->view();
  const bool has_common = key.vk.per_air[traces.air_index].width.common_main != 0;
  if (has_common) mains_.push_back(traces.common_main);
  height_ = mains_.front().height();
}

std::span<const Fp> AirRows::column(const Variable& variable) const {
  return variable.source == VariableSource::kPreprocessed
             ? preprocessed_.column(variable.index)
             : mains_[variable.part].column(variable.index);
}

Fp AirRows::value(const Variable& variable, std::size_t row) const {
  if (variable.source == VariableSource::kPublic) return public_values_[variable.index];
  return column(variable)[(row + variable.offset) & (height_ - 1)];
}

BlockEvaluator::BlockEvaluator(std::span<const DagNode> nodes, std::span<const std::uint32_t> roots,
                               const AirRows& rows)
    : nodes_(nodes), rows_(rows), position_(nodes.size()) {
  std::vector<bool> is_needed(nodes.size());
  for (const std::uint32_t root : roots) is_needed[root] = true;
  for (std::size_t i = nodes.size(); i-- > 0;) {
    if (!is_needed[i] || nodes[i].kind < NodeKind::kAdd) continue;
    is_needed[nodes[i].left] = true;
    if (nodes[i].kind != NodeKind::kNeg) is_needed[nodes[i].right] = true;
  }
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    if (!is_needed[i]) continue;
    position_[i] = static_cast<std::uint32_t>(needed_.size());
    needed_.push_back(i);
  }
}

void BlockEvaluator::load(const Variable& variable, std::size_t first_row, Block& out) const {
  if (variable.source == VariableSource::kPublic) return out.fill(rows_.value(variable, 0));
  const std::span<const Fp> column = rows_.column(variable);
  const std::size_t begin = first_row + variable.offset;
  if (begin + kRows <= column.size()) {
    std::copy_n(column.data() + begin, kRows, out.data());
    return;
  }
  for (std::size_t r = 0; r < kRows; ++r) out[r] = column[(begin + r) & (column.size() - 1)];
}

void BlockEvaluator::load_selector(NodeKind kind, std::size_t first_row, Block& out) const {
  const std::size_t last = rows_.height() - 1;
  for (std::size_t r = 0; r < kRows; ++r) {
    const std::size_t row = (first_row + r) & last;
    const bool is_set = kind == NodeKind::kIsFirstRow  ? row == 0
                        : kind == NodeKind::kIsLastRow ? row == last
                                                       : row != last;
    out[r] = is_set ? Fp::one() : Fp::zero();
  }
}

void BlockEvaluator::evaluate(std::size_t first_row, std::vector<Block>& blocks) const {
  for (std::size_t i = 0; i < needed_.size(); ++i) {
    const DagNode& node = nodes_[needed_[i]];
    Block& out = blocks[i];
    const Block& left = blocks[position_[node.left]];
    const Block& right = blocks[position_[node.right]];
    switch (node.kind) {
      case NodeKind::kVariable:
        load(node.variable, first_row, out);
        break;
      case NodeKind::kIsFirstRow:
      case NodeKind::kIsLastRow:
      case NodeKind::kIsTransition:
        load_selector(node.kind, first_row, out);
        break;
      case NodeKind::kConstant:
        out.fill(node.constant);
        break;
      case NodeKind::kAdd:
        for (std::size_t r = 0; r < kRows; ++r) out[r] = left[r] + right[r];
        break;
      case NodeKind::kSub:
        for (std::size_t r = 0; r < kRows; ++r) out[r] = left[r] - right[r];
        break;
      case NodeKind::kNeg:
        for (std::size_t r = 0; r < kRows; ++r) out[r] = -left[r];
        break;
      case NodeKind::kMul:
        for (std::size_t r = 0; r < kRows; ++r) out[r] = left[r] * right[r];
        break;
    }
  }
}

}  // namespace gyre
