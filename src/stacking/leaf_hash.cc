#include "stacking/leaf_hash.h"

#include <algorithm>

namespace gyre {
namespace {

/// Of the lanes of one plane of digests.
void to_digests(const Fp* planes, Digest* out) {
  for (std::size_t lane = 0; lane < kHashLanes; ++lane) {
    for (std::size_t j = 0; j < kDigestElements; ++j) out[lane][j] = planes[j * kHashLanes + lane];
  }
}

/// k <= 4: rows y + t 2^(n-k) of a leaf are planes (t << (4 - k)) + constant, so all is vertical.
void join_planes(const CodewordShape& shape, std::size_t block, Fp* digests,
                 std::span<Digest> leaves) {
  const std::size_t first = std::size_t{1} << (4 - shape.k);
  for (std::size_t step = first; step < 16; step *= 2) {
    for (std::size_t start = 0; start < 16; start += 2 * step) {
      for (std::size_t plane = start; plane < start + first; ++plane) {
        Fp* const left = digests + plane * kDigestPlanes;
        compress_planes(left, left + step * kDigestPlanes, left);
      }
    }
  }
  const CodewordOrder order(shape.log_message, shape.log_blowup);
  Digest lanes[kHashLanes];
  for (std::size_t plane = 0; plane < first; ++plane) {
    to_digests(digests + plane * kDigestPlanes, lanes);
    for (std::size_t lane = 0; lane < kHashLanes; ++lane) {
      leaves[order.row({.block = block, .plane = plane, .lane = lane})] = lanes[lane];
    }
  }
}

/// 4 < k <= 8: a block holds whole leaves, their rows also in different lanes.
void join_rows(const CodewordShape& shape, std::size_t block, const Fp* digests,
               std::span<Digest> leaves) {
  const CodewordOrder order(shape.log_message, shape.log_blowup);
  const std::size_t leaf_rows = std::size_t{1} << shape.k;
  const std::size_t num_leaves = CodewordOrder::kBlock >> shape.k;
  Digest rows[CodewordOrder::kBlock];  // leaf after leaf
  std::size_t index[kHashLanes];
  std::size_t found = 0;
  for (std::size_t lane = 0; lane < kHashLanes; ++lane) {
    const std::size_t leaf =
        order.row({.block = block, .plane = 0, .lane = lane}) & (leaves.size() - 1);
    if (std::find(index, index + found, leaf) == index + found) index[found++] = leaf;
  }
  for (std::size_t plane = 0; plane < 16; ++plane) {
    Digest lanes[kHashLanes];
    to_digests(digests + plane * kDigestPlanes, lanes);
    for (std::size_t lane = 0; lane < kHashLanes; ++lane) {
      const std::size_t row = order.row({.block = block, .plane = plane, .lane = lane});
      const auto leaf = static_cast<std::size_t>(
          std::find(index, index + found, row & (leaves.size() - 1)) - index);
      rows[leaf * leaf_rows + row / leaves.size()] = lanes[lane];
    }
  }
  for (std::size_t count = CodewordOrder::kBlock / 2; count >= num_leaves; count /= 2) {
    compress_pairs(rows, rows + 1, 2, rows, count);
  }
  for (std::size_t leaf = 0; leaf < num_leaves; ++leaf) leaves[index[leaf]] = rows[leaf];
}

}  // namespace

void hash_block(const Fp* block, std::size_t width, Fp* digests) {
  alignas(64) Fp sponges[kSpongePlanes];
  for (std::size_t plane = 0; plane < 16; ++plane) {
    std::fill_n(sponges, kSpongePlanes, Fp());
    absorb_rows(block + plane * kHashLanes, CodewordOrder::kBlock, width, sponges);
    std::copy_n(sponges, kDigestPlanes, digests + plane * kDigestPlanes);
  }
}

void join_block(const CodewordShape& shape, std::size_t block, Fp* digests,
                std::span<Digest> leaves) {
  if (shape.k <= 4) {
    join_planes(shape, block, digests, leaves);
  } else {
    join_rows(shape, block, digests, leaves);
  }
}

}  // namespace gyre
