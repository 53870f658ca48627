#pragma once

#include <span>
#include <vector>

#include "gyre/hash/scheme.h"
#include "support/parallel.h"

namespace gyre {

/// The digest layers of a Merkle tree over the rows of a codeword matrix, from the leaves (each the
/// tree over 2^k rows at stride `leaves`) to the root. Spec 03, section 6.
struct MerkleLayers {
  std::vector<std::vector<Digest>> layers;

  const Digest& root() const { return layers.back().front(); }
  /// Siblings of leaf `index`, leaf side first.
  MerklePath path(std::size_t index) const {
    MerklePath siblings;
    for (std::size_t depth = 0; depth + 1 < layers.size(); ++depth) {
      siblings.push_back(layers[depth][(index >> depth) ^ 1]);
    }
    return siblings;
  }
};

/// Layers from the digests of all rows, plainly on one thread. Requires 2^k <= row_digests.size(),
/// a power of two.
MerkleLayers plain_merkle_layers(std::vector<Digest> row_digests, unsigned k);

/// A view of such a tree whose nodes lie layer after layer, leaves first, root last.
class MerkleTree {
 public:
  MerkleTree() = default;
  /// Requires 2^(d+1) - 1 nodes.
  explicit MerkleTree(std::span<const Digest> nodes) : nodes_(nodes) {}
  static std::size_t num_nodes(std::size_t leaves) { return 2 * leaves - 1; }

  std::size_t num_leaves() const { return (nodes_.size() + 1) / 2; }
  std::span<const Digest> layer(unsigned depth) const {
    const std::size_t size = num_leaves() >> depth;
    return nodes_.subspan(nodes_.size() + 1 - 2 * size, size);
  }
  const Digest& root() const { return nodes_.back(); }
  /// Siblings of leaf `index`, leaf side first.
  MerklePath path(std::size_t index) const;

 private:
  std::span<const Digest> nodes_;
};

/// Fills the nodes above the leaves, on the threads of `parallel`.
void compress_layers(const Parallel& parallel, std::span<Digest> nodes);

/// Leaves from the digests of all rows in natural order, `num_leaves` of them; overwrites the
/// digests with the leaves at their begin.
void compress_rows(const Parallel& parallel, std::span<Digest> row_digests, std::size_t num_leaves);

}  // namespace gyre
