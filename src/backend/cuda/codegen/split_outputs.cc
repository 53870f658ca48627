#include "backend/cuda/codegen/split_outputs.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace gyre::cuda {
namespace {

/// A node that depends on another in an affine way: parent = s child + rest.
struct Step {
  std::uint32_t parent, child;
};

class Splitter {
 public:
  Splitter(const SymbolicConstraints& symbolic, std::size_t most_nodes) : most_nodes_(most_nodes) {
    terms_.symbolic.nodes = symbolic.nodes;
    for (std::uint32_t i = 0; i < symbolic.nodes.size(); ++i) measure(i);
  }

  void add(std::uint32_t node, std::uint32_t output) {
    if (num_nodes(node) > most_nodes_) {
      if (const auto halves = split(node)) {
        add(halves->first, output);
        add(halves->second, output);
        return;
      }
    }
    terms_.nodes.push_back(node);
    terms_.output_of.push_back(output);
  }
  OutputTerms finish() && { return std::move(terms_); }

 private:
  const DagNode& node(std::uint32_t i) const { return terms_.symbolic.nodes[i]; }
  bool is_constant(std::uint32_t i) const { return node(i).kind == NodeKind::kConstant; }

  /// Nodes of the tree below, roughly: a sum that is doubled again and again has too many to count.
  void measure(std::uint32_t i) {
    const DagNode& n = node(i);
    double size = 1;
    if (n.kind >= NodeKind::kAdd) size += tree_sizes_[n.left];
    if (n.kind >= NodeKind::kAdd && n.kind != NodeKind::kNeg) size += tree_sizes_[n.right];
    tree_sizes_.push_back(size);
  }

  std::uint32_t append(const DagNode& n) {
    terms_.symbolic.nodes.push_back(n);
    const auto i = static_cast<std::uint32_t>(terms_.symbolic.nodes.size() - 1);
    measure(i);
    return i;
  }
  std::uint32_t append(NodeKind kind, std::uint32_t left, std::uint32_t right = 0) {
    DagNode n;
    n.kind = kind;
    n.left = left;
    n.right = right;
    return append(n);
  }

  /// Distinct inner nodes.
  std::size_t num_nodes(std::uint32_t root) {
    seen_.resize(terms_.symbolic.nodes.size(), 0);
    ++stamp_;
    std::size_t count = 0;
    stack_.assign(1, root);
    while (!stack_.empty()) {
      const std::uint32_t i = stack_.back();
      stack_.pop_back();
      const DagNode& n = node(i);
      if (n.kind < NodeKind::kAdd || seen_[i] == stamp_) continue;
      seen_[i] = stamp_;
      ++count;
      stack_.push_back(n.left);
      if (n.kind != NodeKind::kNeg) stack_.push_back(n.right);
    }
    return count;
  }

  /// The larger child that a node depends on in an affine way.
  std::optional<std::uint32_t> next_of(std::uint32_t i) const {
    const DagNode& n = node(i);
    switch (n.kind) {
      case NodeKind::kAdd:
      case NodeKind::kSub:
        return tree_sizes_[n.left] >= tree_sizes_[n.right] ? n.left : n.right;
      case NodeKind::kNeg:
        return n.left;
      case NodeKind::kMul:
        if (is_constant(n.left)) return n.right;
        if (is_constant(n.right)) return n.left;
        return std::nullopt;
      default:
        return std::nullopt;
    }
  }

  /// d parent / d child.
  Fp slope(const Step& step) const {
    const DagNode& n = node(step.parent);
    switch (n.kind) {
      case NodeKind::kAdd:
        return n.left == n.right ? Fp::one().doubled() : Fp::one();
      case NodeKind::kSub:
        return n.left == n.right ? Fp() : n.left == step.child ? Fp::one() : -Fp::one();
      case NodeKind::kNeg:
        return -Fp::one();
      default:
        return node(step.child == n.right ? n.left : n.right).constant;
    }
  }

  /// The parent with `value` in place of the child; nothing stands for zero.
  std::optional<std::uint32_t> with_child(const Step& step, std::optional<std::uint32_t> value) {
    const DagNode n = node(step.parent);
    const std::uint32_t other = n.left == step.child ? n.right : n.left;
    switch (n.kind) {
      case NodeKind::kAdd:
        if (n.left == n.right) return value ? std::optional(append(n.kind, *value, *value)) : value;
        return value ? append(n.kind, *value, other) : other;
      case NodeKind::kSub:
        if (n.left == n.right) return std::nullopt;
        if (!value) return n.left == step.child ? append(NodeKind::kNeg, other) : other;
        return n.left == step.child ? append(n.kind, *value, other) : append(n.kind, other, *value);
      case NodeKind::kNeg:
        return value ? std::optional(append(n.kind, *value)) : value;
      default:
        return value ? std::optional(append(n.kind, other, *value)) : value;
    }
  }

  /// Two terms for one, of about the same size.
  std::optional<std::pair<std::uint32_t, std::uint32_t>> split(std::uint32_t root) {
    std::vector<Step> chain;
    std::uint32_t at = root;
    while (const auto next = next_of(at)) {
      chain.push_back({at, *next});
      at = chain.back().child;
    }
    const std::size_t all = num_nodes(root);
    const auto cut = std::partition_point(chain.begin(), chain.end(), [&](const Step& step) {
      return 2 * num_nodes(step.child) > all;
    });
    if (cut == chain.end()) return std::nullopt;
    Fp factor = Fp::one();
    std::optional<std::uint32_t> rest;
    for (auto step = cut + 1; step != chain.begin();) {
      --step;
      factor *= slope(*step);
      rest = with_child(*step, rest);
    }
    if (!rest) return std::nullopt;
    std::uint32_t scaled = cut->child;
    if (factor != Fp::one()) {
      DagNode constant;
      constant.constant = factor;
      scaled = append(NodeKind::kMul, append(constant), scaled);
    }
    // A term that is most of the output, or repeats much of the other, gains nothing.
    const std::size_t a = num_nodes(scaled), b = num_nodes(*rest);
    if (std::min(a, b) < all / 4 || a + b > all + all / 8) return std::nullopt;
    return std::pair(scaled, *rest);
  }

  std::size_t most_nodes_;
  OutputTerms terms_;
  std::vector<double> tree_sizes_;
  std::vector<std::uint32_t> seen_;  ///< per node: `stamp_` when it was counted last
  std::uint32_t stamp_ = 0;
  std::vector<std::uint32_t> stack_;
};

}  // namespace

OutputTerms split_outputs(const SymbolicConstraints& symbolic,
                          std::span<const std::uint32_t> outputs, std::size_t most_nodes) {
  Splitter splitter(symbolic, most_nodes);
  for (std::uint32_t output = 0; output < outputs.size(); ++output) {
    splitter.add(outputs[output], output);
  }
  return std::move(splitter).finish();
}

}  // namespace gyre::cuda
