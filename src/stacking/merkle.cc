#include "stacking/merkle.h"

#include <algorithm>

#include "gyre/support/telemetry.h"
#include "hash/batch.h"

namespace gyre {
MerkleLayers plain_merkle_layers(std::vector<Digest> row_digests, unsigned k) {
  // k strided layers: rows y, y + Q, y + 2Q, ... meet in leaf y, Q = rows / 2^k.
  const std::size_t leaves = row_digests.size() >> k;
  for (unsigned s = 0; s < k; ++s) {
    const std::size_t half = row_digests.size() / 2;
    for (std::size_t e = 0; e < half; ++e) {
      const std::size_t a = e / leaves, y = e % leaves;
      row_digests[e] =
          compress(row_digests[2 * a * leaves + y], row_digests[(2 * a + 1) * leaves + y]);
    }
    row_digests.resize(half);
  }
  MerkleLayers tree;
  tree.layers.push_back(std::move(row_digests));
  while (tree.layers.back().size() > 1) {
    const std::vector<Digest>& below = tree.layers.back();
    std::vector<Digest> layer(below.size() / 2);
    for (std::size_t i = 0; i < layer.size(); ++i) {
      layer[i] = compress(below[2 * i], below[2 * i + 1]);
    }
    tree.layers.push_back(std::move(layer));
  }
  return tree;
}

MerklePath MerkleTree::path(std::size_t index) const {
  MerklePath siblings;
  for (unsigned depth = 0; num_leaves() >> depth > 1; ++depth) {
    siblings.push_back(layer(depth)[(index >> depth) ^ 1]);
  }
  return siblings;
}

void compress_layers(const Parallel& parallel, std::span<Digest> nodes) {
  Digest* below = nodes.data();
  for (std::size_t size = (nodes.size() + 1) / 4; size > 0; size /= 2) {
    Digest* const layer = below + 2 * size;
    count_dispatch(3 * size * sizeof(Digest));
    parallel.ranges(size, 512, [&](std::size_t begin, std::size_t end) {
      compress_pairs(below + 2 * begin, below + 2 * begin + 1, 2, layer + begin, end - begin);
    });
    below = layer;
  }
}

void compress_rows(const Parallel& parallel, std::span<Digest> row_digests,
                   std::size_t num_leaves) {
  for (std::size_t count = row_digests.size() / 2; count >= num_leaves; count /= 2) {
    count_dispatch(3 * count * sizeof(Digest));
    // Node (a, y) joins (2a, y) and (2a + 1, y) of the layer below; y runs over the leaves.
    for (std::size_t a = 0; a < count / num_leaves; ++a) {
      parallel.ranges(num_leaves, 512, [&](std::size_t begin, std::size_t end) {
        compress_pairs(&row_digests[2 * a * num_leaves + begin],
                       &row_digests[(2 * a + 1) * num_leaves + begin], 1,
                       &row_digests[a * num_leaves + begin], end - begin);
      });
    }
  }
}

}  // namespace gyre
