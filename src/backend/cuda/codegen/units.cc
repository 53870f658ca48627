#include "backend/cuda/codegen/units.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

namespace gyre::cuda {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// Outputs that share a node with this many inner nodes below it, or more, go together.
constexpr std::size_t kDearNodes = 6;

bool is_constant(const DagNode& node) {
  return node.kind == NodeKind::kConstant;
}
bool is_inner(const DagNode& node) {
  return node.kind >= NodeKind::kAdd;
}
std::size_t num_children(const DagNode& node) {
  return !is_inner(node) ? 0 : node.kind == NodeKind::kNeg ? 1 : 2;
}

/// Sets of outputs that grow together.
class DisjointSets {
 public:
  explicit DisjointSets(std::size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), 0u);
  }
  std::uint32_t find(std::uint32_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  /// `from` becomes part of the set of `to`.
  void join(std::uint32_t to, std::uint32_t from) { parent_[find(from)] = find(to); }

 private:
  std::vector<std::uint32_t> parent_;
};

class Grouping {
 public:
  Grouping(const SymbolicConstraints& symbolic, std::span<const std::uint32_t> outputs,
           const UnitLimits& limits)
      : symbolic_(symbolic),
        outputs_(outputs),
        limits_(limits),
        cutter_(symbolic),
        sets_(outputs.size()) {}

  std::vector<Unit> run() {
    measure();
    keep_dear_nodes_together();
    join_subsets();
    return units();
  }

 private:
  struct Measure {
    std::size_t nodes = 0;
    std::vector<std::uint32_t> cells;  ///< inputs but constants, as nodes; ascending
  };

  void measure() {
    for (const std::uint32_t output : outputs_) {
      const SubDag part = cutter_.cut({&output, 1});
      Measure& m = measures_.emplace_back();
      for (std::size_t i = 0; i < part.node_of.size(); ++i) {
        const DagNode& node = part.symbolic.nodes[i];
        if (is_inner(node)) {
          ++m.nodes;
        } else if (!is_constant(node)) {
          m.cells.push_back(part.node_of[i]);
        }
      }
      parts_.push_back(part.node_of);
    }
  }

  /// Nodes below each inner node, counted as in a tree.
  std::vector<std::size_t> tree_sizes() const {
    std::vector<std::size_t> sizes(symbolic_.nodes.size(), 0);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const DagNode& node = symbolic_.nodes[i];
      if (!is_inner(node)) continue;
      const std::size_t right = num_children(node) == 2 ? sizes[node.right] : 0;
      sizes[i] = std::min<std::size_t>(1 + sizes[node.left] + right, 1u << 20);
    }
    return sizes;
  }

  /// Dearest nodes first, so that what they bring together is not used up by cheaper ones.
  void keep_dear_nodes_together() {
    const std::vector<std::size_t> sizes = tree_sizes();
    std::vector<std::vector<std::uint32_t>> readers(symbolic_.nodes.size());
    for (std::uint32_t output = 0; output < outputs_.size(); ++output) {
      for (const std::uint32_t node : parts_[output]) {
        if (sizes[node] >= kDearNodes) readers[node].push_back(output);
      }
    }
    std::vector<std::uint32_t> nodes;
    for (std::uint32_t i = 0; i < readers.size(); ++i) {
      if (readers[i].size() > 1) nodes.push_back(i);
    }
    std::stable_sort(nodes.begin(), nodes.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return sizes[a] > sizes[b]; });
    std::vector<std::size_t> set_nodes;
    for (const Measure& m : measures_) set_nodes.push_back(m.nodes);
    for (const std::uint32_t node : nodes) {
      for (std::size_t i = 1; i < readers[node].size(); ++i) {
        const std::uint32_t a = sets_.find(readers[node][i - 1]), b = sets_.find(readers[node][i]);
        if (a == b || set_nodes[a] + set_nodes[b] > limits_.most + sizes[node]) continue;
        set_nodes[a] += set_nodes[b] - std::min(sizes[node], set_nodes[b]);
        sets_.join(a, b);
        joined_.resize(outputs_.size(), false);
        joined_[readers[node][i - 1]] = joined_[readers[node][i]] = true;
      }
    }
    joined_.resize(outputs_.size(), false);
  }

  /// An output that reads nothing that another does not read goes with it.
  void join_subsets() {
    std::vector<std::uint32_t> order(outputs_.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return measures_[a].cells.size() > measures_[b].cells.size();
    });
    std::map<std::uint32_t, std::vector<std::uint32_t>> hosts;  // by cell; outputs that stand alone
    std::vector<std::size_t> guests(outputs_.size(), 0);        // nodes that they brought
    for (const std::uint32_t output : order) {
      const Measure& m = measures_[output];
      const std::uint32_t host = m.cells.empty() ? kNone : find_host(hosts, guests, output);
      if (host != kNone && !joined_[output]) {
        guests[host] += m.nodes;
        sets_.join(host, output);
        continue;
      }
      for (const std::uint32_t cell : m.cells) {
        std::vector<std::uint32_t>& of_cell = hosts[cell];
        of_cell.insert(std::upper_bound(of_cell.begin(), of_cell.end(), output), output);
      }
    }
  }

  std::uint32_t find_host(const std::map<std::uint32_t, std::vector<std::uint32_t>>& hosts,
                          std::span<const std::size_t> guests, std::uint32_t output) const {
    const std::vector<std::uint32_t>& cells = measures_[output].cells;
    const std::vector<std::uint32_t>* fewest = nullptr;
    for (const std::uint32_t cell : cells) {
      const auto found = hosts.find(cell);
      if (found == hosts.end()) return kNone;
      if (fewest == nullptr || found->second.size() < fewest->size()) fewest = &found->second;
    }
    for (const std::uint32_t host : *fewest) {
      const Measure& m = measures_[host];
      if (m.nodes + guests[host] + measures_[output].nodes > limits_.guests) continue;
      if (std::includes(m.cells.begin(), m.cells.end(), cells.begin(), cells.end())) return host;
    }
    return kNone;
  }

  std::vector<Unit> units() {
    std::map<std::uint32_t, Unit> by_set;
    std::vector<std::uint32_t> first(outputs_.size(), kNone);
    for (std::uint32_t output = 0; output < outputs_.size(); ++output) {
      std::uint32_t& key = first[sets_.find(output)];
      if (key == kNone) key = output;
      by_set[key].outputs.push_back(output);
    }
    std::vector<Unit> result;
    for (auto& [key, unit] : by_set) {
      unit.nodes = count_nodes(unit);
      result.push_back(std::move(unit));
    }
    return result;
  }

  std::size_t count_nodes(const Unit& unit) {
    std::vector<std::uint32_t> nodes;
    for (const std::uint32_t output : unit.outputs) nodes.push_back(outputs_[output]);
    const SubDag part = cutter_.cut(nodes);
    return static_cast<std::size_t>(
        std::count_if(part.symbolic.nodes.begin(), part.symbolic.nodes.end(), is_inner));
  }

  const SymbolicConstraints& symbolic_;
  std::span<const std::uint32_t> outputs_;
  UnitLimits limits_;
  SubDagCutter cutter_;
  DisjointSets sets_;
  std::vector<Measure> measures_;
  std::vector<std::vector<std::uint32_t>> parts_;  ///< nodes of each output
  std::vector<bool> joined_;                       ///< has a dear node in common with another
};

}  // namespace

SubDagCutter::SubDagCutter(const SymbolicConstraints& symbolic)
    : symbolic_(symbolic), place_(symbolic.nodes.size(), kNone) {}

SubDag SubDagCutter::cut(std::span<const std::uint32_t> nodes) {
  SubDag part;
  std::vector<std::uint32_t> stack(nodes.begin(), nodes.end());
  while (!stack.empty()) {
    const std::uint32_t i = stack.back();
    stack.pop_back();
    if (place_[i] != kNone) continue;
    place_[i] = 0;
    part.node_of.push_back(i);
    const DagNode& node = symbolic_.nodes[i];
    if (num_children(node) >= 1) stack.push_back(node.left);
    if (num_children(node) == 2) stack.push_back(node.right);
  }
  std::sort(part.node_of.begin(), part.node_of.end());
  for (std::uint32_t i = 0; i < part.node_of.size(); ++i) {
    DagNode node = symbolic_.nodes[part.node_of[i]];
    place_[part.node_of[i]] = i;
    if (num_children(node) >= 1) node.left = place_[node.left];
    if (num_children(node) == 2) node.right = place_[node.right];
    part.symbolic.nodes.push_back(node);
  }
  for (const std::uint32_t i : nodes) part.roots.push_back(place_[i]);
  for (const std::uint32_t i : part.node_of) place_[i] = kNone;
  return part;
}

std::vector<Unit> make_units(const SymbolicConstraints& symbolic,
                             std::span<const std::uint32_t> outputs, const UnitLimits& limits) {
  return Grouping(symbolic, outputs, limits).run();
}

}  // namespace gyre::cuda
