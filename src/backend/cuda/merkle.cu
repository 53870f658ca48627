#include "backend/cuda/merkle.h"

#include <algorithm>

#include "backend/cuda/digest.h"
#include "gyre/support/error.h"
#include "gyre/support/telemetry.h"

namespace gyre::cuda {
namespace {

/// Nodes of the first layer that a block makes; it goes on upwards while they are even.
constexpr unsigned kBlockNodes = 256;

/// Each block makes its part of the layer at `depth` + 1, `count` nodes, from the layer below and
/// of those above until it has one node left.
__global__ void __launch_bounds__(kBlockNodes)
    compress_layers_kernel(Digest* nodes, std::size_t num_leaves, unsigned depth, unsigned count) {
  __shared__ SharedArray<Fp, kDigestElements * kBlockNodes> below;
  const unsigned thread = threadIdx.x;
  std::size_t node = std::size_t{blockIdx.x} * count + thread;
  Fp s[kSpongeWidth];
  if (thread < count) {
    const Digest* const left = nodes + first_node(num_leaves, depth) + 2 * node;
    load_digest(left, s);
    load_digest(left + 1, s + kDigestElements);
  }
#pragma unroll 1
  for (;;) {
    ++depth;
    if (thread < count) {
      permute(s);
      store_digest(nodes + first_node(num_leaves, depth) + node, s);
    }
    if (count == 1) return;
    if (thread < count) store_digest(below.data(), kBlockNodes, thread, s);
    __syncthreads();
    count /= 2;
    node = std::size_t{blockIdx.x} * count + thread;
    if (thread < count) {
      load_digest(below.data(), kBlockNodes, 2 * thread, s);
      load_digest(below.data(), kBlockNodes, 2 * thread + 1, s + kDigestElements);
    }
    __syncthreads();
  }
}

}  // namespace

DeviceTree::DeviceTree(Work& work, const CodewordShape& shape)
    : work_(work), shape_(shape), nodes_(work.arena.take<Digest>(2 * shape.leaves() - 1)) {}

std::size_t DeviceTree::retained_bytes(const CodewordShape& shape) {
  return DeviceArena::bytes_of<Digest>(2 * shape.leaves() - 1);
}

std::size_t DeviceTree::scratch_bytes(const CodewordShape& shape) {
  return has_tiled_leaves(shape) ? 0 : scattered_scratch_bytes(shape);
}

void DeviceTree::hash(const Fp* values) {
  const Span span("merkle_tree");
  if (has_tiled_leaves(shape_)) {
    const std::size_t rows = shape_.rows();
    const RowBatch batch{.values = values, .stride = rows, .width = shape_.width};
    hash_tiled_leaves(work_, shape_, batch, 0, rows, nodes_.data);
  } else {
    hash_scattered_leaves(work_, shape_, values, nodes_.data);
  }
  compress_layers();
}

std::size_t DeviceTree::sponge_values(const CodewordShape& shape) {
  return shape.width <= kSpongeRate
             ? 0
             : (kSpongeWidth - first_carried(shape.width)) << shape.log_message;
}

void DeviceTree::absorb(std::size_t coset, std::size_t first, std::size_t count, const Fp* values,
                        DeviceSpan<Fp> sponges) {
  if (!can_absorb(shape_)) throw misuse("a codeword too small to be absorbed in batches");
  const Span span("merkle_tree");
  const std::size_t rows = std::size_t{1} << shape_.log_message;
  const RowBatch batch{.values = values,
                       .stride = rows,
                       .width = count,
                       .sponges = sponges.data,
                       .first_carried = first_carried(shape_.width),
                       .resumes = first != 0};
  if (first + count < shape_.width) {
    absorb_rows(work_.queue, batch, rows);
  } else {
    hash_tiled_leaves(work_, shape_, batch, coset * rows, rows, nodes_.data);
  }
}

void DeviceTree::finish() {
  const Span span("merkle_tree");
  compress_layers();
}

void DeviceTree::compress_layers() {
  const std::size_t leaves = shape_.leaves();
  for (unsigned depth = 0; leaves >> depth > 1;) {
    const std::size_t nodes = leaves >> (depth + 1);
    const auto count = static_cast<unsigned>(std::min<std::size_t>(nodes, kBlockNodes));
    const Grid grid{dim3(static_cast<unsigned>(nodes / count)), dim3(kBlockNodes)};
    work_.queue.launch(compress_layers_kernel, grid, 4 * nodes * sizeof(Digest), nodes_.data,
                       leaves, depth, count);
    for (unsigned left = count; left != 0; left /= 2) ++depth;
  }
  root_ = work_.queue.download(nodes_.subspan(nodes_.size - 1, 1)).front();
}

}  // namespace gyre::cuda
