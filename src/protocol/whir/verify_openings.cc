#include "protocol/whir/verify_openings.h"

#include <algorithm>

#include "hash/batch.h"

namespace gyre {
namespace {

std::vector<Digest> hash_all_rows(std::size_t count, std::size_t width,
                                  const std::function<std::span<const Fp>(std::size_t)>& row) {
  std::vector<Digest> digests((count + kHashLanes - 1) / kHashLanes * kHashLanes);
  std::vector<Fp> block(width * kHashLanes);  // column-major
  for (std::size_t first = 0; first < count; first += kHashLanes) {
    const std::size_t lanes = std::min(kHashLanes, count - first);
    for (std::size_t i = 0; i < lanes; ++i) {
      const std::span<const Fp> values = row(first + i);
      for (std::size_t j = 0; j < width; ++j) block[j * kHashLanes + i] = values[j];
    }
    hash_rows(block.data(), kHashLanes, width, 0, &digests[first]);
  }
  digests.resize(count);
  return digests;
}

/// Joins neighbours until there is one digest for each query.
std::vector<Digest> join_leaves(std::vector<Digest> digests, std::size_t num_queries) {
  while (digests.size() > num_queries) {
    std::vector<Digest> parents(digests.size() / 2);
    compress_pairs(digests.data(), digests.data() + 1, 2, parents.data(), parents.size());
    digests = std::move(parents);
  }
  return digests;
}

}  // namespace

bool openings_match_root(const Digest& root, std::size_t rows_per_query, std::size_t width,
                         const std::function<std::span<const Fp>(std::size_t)>& row,
                         std::span<const std::uint32_t> indices,
                         std::span<const MerklePath> paths) {
  const std::size_t num_queries = indices.size();
  if (num_queries == 0) return true;
  std::vector<Digest> nodes =
      join_leaves(hash_all_rows(num_queries * rows_per_query, width, row), num_queries);
  std::vector<Digest> left(num_queries), right(num_queries);
  for (std::size_t level = 0; level < paths.front().size(); ++level) {
    for (std::size_t q = 0; q < num_queries; ++q) {
      const bool is_right = (indices[q] >> level & 1) != 0;
      left[q] = is_right ? paths[q][level] : nodes[q];
      right[q] = is_right ? nodes[q] : paths[q][level];
    }
    compress_pairs(left.data(), right.data(), 1, nodes.data(), num_queries);
  }
  return std::all_of(nodes.begin(), nodes.end(), [&](const Digest& node) { return node == root; });
}

}  // namespace gyre
