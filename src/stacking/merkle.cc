#include "stacking/merkle.h"

#include <algorithm>

#include "gyre/support/telemetry.h"
#include "hash/batch.h"

namespace gyre {
namespace {

std::vector<Digest> row_digests(const Parallel& parallel, std::span<const Fp> values,
                                std::size_t height, std::size_t width) {
  std::vector<Digest> digests(height);
  count_dispatch((values.size() * sizeof(Fp)) + height * sizeof(Digest));
  if (height < kHashLanes) {
    std::vector<Fp> row(width);
    for (std::size_t r = 0; r < height; ++r) {
      for (std::size_t c = 0; c < width; ++c) row[c] = values[c * height + r];
      digests[r] = hash_slice(row);
    }
    return digests;
  }
  parallel.ranges(height / kHashLanes, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      hash_rows(values.data(), height, width, i * kHashLanes, &digests[i * kHashLanes]);
    }
  });
  return digests;
}

}  // namespace

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

MerkleLayers merkle_layers(const Parallel& parallel, std::span<const Fp> values, std::size_t height,
                           std::size_t width, unsigned k) {
  const Span span("merkle_tree");
  std::vector<Digest> layer = row_digests(parallel, values, height, width);
  const std::size_t leaves = height >> k;
  const auto compress_layer = [&](std::size_t count, auto&& pair_at) {
    std::vector<Digest> parents(count);
    count_dispatch(3 * count * sizeof(Digest));
    parallel.ranges(count, 512, [&](std::size_t begin, std::size_t end) {
      pair_at(parents.data(), begin, end);
    });
    return parents;
  };
  for (unsigned s = 0; s < k; ++s) {
    // Node (a, y) joins (2a, y) and (2a + 1, y) of the layer below; y runs over the leaves.
    layer = compress_layer(layer.size() / 2, [&](Digest* out, std::size_t begin, std::size_t end) {
      while (begin < end) {
        const std::size_t a = begin / leaves, y = begin % leaves;
        const std::size_t count = std::min(end - begin, leaves - y);
        compress_pairs(&layer[2 * a * leaves + y], &layer[(2 * a + 1) * leaves + y], 1, out + begin,
                       count);
        begin += count;
      }
    });
  }
  MerkleLayers tree;
  tree.layers.push_back(std::move(layer));
  while (tree.layers.back().size() > 1) {
    const std::vector<Digest>& below = tree.layers.back();
    tree.layers.push_back(
        compress_layer(below.size() / 2, [&](Digest* out, std::size_t begin, std::size_t end) {
          compress_pairs(&below[2 * begin], &below[2 * begin + 1], 2, out + begin, end - begin);
        }));
  }
  return tree;
}

}  // namespace gyre
