#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gyre/air/dag.h"

namespace gyre::cuda {

/// Outputs that are evaluated together, because they read the same cells or share inner nodes.
/// Numbers are positions in a list of outputs.
struct Unit {
  std::vector<std::uint32_t> outputs;  ///< ascending
  std::size_t nodes = 0;               ///< inner nodes that they need
};

/// Limits of a unit, in inner nodes.
struct UnitLimits {
  std::size_t most;    ///< outputs that share dear nodes are not brought together beyond it
  std::size_t guests;  ///< outputs are not brought to one that reads their cells beyond it
  std::size_t usual;   ///< neighbours of the same shape are brought together up to about this
};

/// Groups the outputs (distinct nodes) so that an AIR that says the same of many columns falls into
/// many units of few shapes: an output goes with the first larger one that reads all its cells, and
/// outputs with a common node that is not cheap stay together. Ascending by first output.
std::vector<Unit> make_units(const SymbolicConstraints& symbolic,
                             std::span<const std::uint32_t> outputs, const UnitLimits& limits);

/// The part of a DAG that some nodes need.
struct SubDag {
  SymbolicConstraints symbolic;        ///< without constraints and interactions
  std::vector<std::uint32_t> roots;    ///< the nodes, in it
  std::vector<std::uint32_t> node_of;  ///< its nodes in the DAG; ascending
};

/// Cuts parts of one DAG out of it.
class SubDagCutter {
 public:
  explicit SubDagCutter(const SymbolicConstraints& symbolic);
  SubDag cut(std::span<const std::uint32_t> nodes);

 private:
  const SymbolicConstraints& symbolic_;
  std::vector<std::uint32_t> place_;  ///< in the present part; kNone outside of it
};

}  // namespace gyre::cuda
