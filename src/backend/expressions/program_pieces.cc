#include "backend/expressions/program_pieces.h"

#include <algorithm>

namespace gyre {
namespace {

/// Counts the inner nodes that a growing list of outputs needs.
class NodeCount {
 public:
  explicit NodeCount(const SymbolicConstraints& symbolic)
      : symbolic_(symbolic), seen_in_(symbolic.nodes.size(), 0) {}

  void start() {
    ++piece_;
    count_ = 0;
  }
  /// What the count would be with the nodes of `root`; they are in it from now on.
  std::size_t add(std::uint32_t root) {
    stack_.assign(1, root);
    while (!stack_.empty()) {
      const std::uint32_t i = stack_.back();
      stack_.pop_back();
      const DagNode& node = symbolic_.nodes[i];
      if (node.kind < NodeKind::kAdd || seen_in_[i] == piece_) continue;
      seen_in_[i] = piece_;
      ++count_;
      stack_.push_back(node.left);
      if (node.kind != NodeKind::kNeg) stack_.push_back(node.right);
    }
    return count_;
  }

 private:
  const SymbolicConstraints& symbolic_;
  std::vector<std::size_t> seen_in_;
  std::vector<std::uint32_t> stack_;
  std::size_t piece_ = 0, count_ = 0;
};

/// What the pieces of a list of outputs have in common.
struct PieceList {
  std::uint32_t sum = 0, first_output = 0;
  ProgramStyle style;
  std::size_t limit = 0;
};

void append_pieces(const SymbolicConstraints& symbolic, const InputTable& inputs,
                   std::span<const std::uint32_t> outputs, const PieceList& list,
                   std::vector<ProgramPiece>& pieces) {
  NodeCount count(symbolic);
  for (std::size_t begin = 0; begin < outputs.size();) {
    count.start();
    count.add(outputs[begin]);
    std::size_t end = begin + 1;
    while (end < outputs.size() && count.add(outputs[end]) <= list.limit) ++end;
    const OutputGroup group{{outputs.begin() + static_cast<std::ptrdiff_t>(begin),
                             outputs.begin() + static_cast<std::ptrdiff_t>(end)}};
    pieces.push_back({ExpressionProgram(symbolic, inputs, std::span(&group, 1), list.style),
                      list.sum, list.first_output + static_cast<std::uint32_t>(begin)});
    begin = end;
  }
}

AirPieces make_air_pieces(const SymbolicConstraints& symbolic, const AirExpressions& air,
                          const PieceLimits& limits) {
  AirPieces pieces;
  PieceList list{.style = {.loads = false, .outputs_per_sum = kBaseOutputsPerSum},
                 .limit = limits.base};
  for (const OutputList* outputs : {&air.constraints, &air.counts, &air.fields}) {
    append_pieces(symbolic, air.inputs, outputs->nodes, list, pieces.base);
    ++list.sum;
    list.first_output += static_cast<std::uint32_t>(outputs->nodes.size());
  }
  append_pieces(symbolic, air.inputs, air.all.nodes,
                {.style = {.loads = true, .outputs_per_sum = kExtensionOutputsPerSum},
                 .limit = limits.extension},
                pieces.extension);
  return pieces;
}

}  // namespace

std::vector<AirPieces> make_pieces(std::span<const AirVerifyingKey> airs,
                                   std::span<const AirExpressions> expressions,
                                   const PieceLimits& limits) {
  std::vector<AirPieces> result;
  std::uint32_t base = 0, extension = 0;
  for (std::size_t i = 0; i < airs.size(); ++i) {
    AirPieces& pieces =
        result.emplace_back(make_air_pieces(airs[i].symbolic, expressions[i], limits));
    pieces.first_base = base;
    pieces.first_extension = extension;
    base += static_cast<std::uint32_t>(pieces.base.size());
    extension += static_cast<std::uint32_t>(pieces.extension.size());
  }
  return result;
}

}  // namespace gyre
