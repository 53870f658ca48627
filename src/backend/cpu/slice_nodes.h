#pragma once

#include <cstddef>
#include <vector>

#include "backend/cpu/cpu.h"

namespace gyre::cpu {

/// The slices whose own variables are all bound: sum over nodes of value * weight, a node being the
/// block of stacked rows that its place counts. Where nothing stands both are zero. Folding joins
/// neighbours, so that slices which share a block share its work. Spec 06, section 3.
class SliceNodes {
 public:
  struct Node {
    /// Number of the block, blocks counted through all stacked columns of all commitments.
    std::size_t place;
    Fp4 value, weight;
  };

  explicit SliceNodes(std::size_t num_slices) { nodes_.reserve(num_slices); }

  /// Ascending places that are not taken.
  void insert(const std::vector<Node>& nodes);
  RoundSums round() const;
  void fold(const Fp4& challenge);
  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  /// The two halves of a block of the next level.
  struct Pair {
    Node even, odd;
    std::size_t next;  ///< first node that is not in it
  };
  Pair pair_at(std::size_t i) const;

  std::vector<Node> nodes_;  ///< ascending places
};

}  // namespace gyre::cpu
