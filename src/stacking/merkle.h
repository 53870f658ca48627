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

/// The same from the rows of a column-major matrix, on the threads of `parallel`.
MerkleLayers merkle_layers(const Parallel& parallel, std::span<const Fp> values, std::size_t height,
                           std::size_t width, unsigned k);

}  // namespace gyre
