#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gyre/air/dag.h"

namespace gyre::cuda {

/// Nodes whose sums are the outputs of an AIR: output o is the sum of nodes[i] over all i with
/// output_of[i] == o. The symbolic constraints are those of the AIR with further nodes behind its
/// own, without constraints and interactions.
struct OutputTerms {
  SymbolicConstraints symbolic;
  std::vector<std::uint32_t> nodes, output_of;
};

/// Cuts outputs that are long sums, as that over the bits of a word, into terms of at most
/// most_nodes inner nodes where that takes little more than the output itself; other outputs are
/// their only term. Weighted sums of outputs need no more than the terms, which can be evaluated
/// side by side.
OutputTerms split_outputs(const SymbolicConstraints& symbolic,
                          std::span<const std::uint32_t> outputs, std::size_t most_nodes);

}  // namespace gyre::cuda
