#include "backend/cuda/merkle.h"

#include <algorithm>

#include "backend/cuda/digest.h"
#include "backend/cuda/poseidon2_quad.h"
#include "gyre/support/error.h"
#include "gyre/support/telemetry.h"

namespace gyre::cuda {
namespace {

/// Nodes of the first layer that a block makes, one a thread; it goes on upwards while they are
/// even.
constexpr unsigned kBlockNodes = 256;
/// From so few on four lanes make a node, as then only its latency counts.
constexpr unsigned kQuadNodes = kBlockNodes / 4;

/// The nodes below the present layer in shared memory.
using Children = SharedArray<Fp, kDigestElements * 2 * kBlockNodes>;

/// Makes `count` nodes <= kBlockNodes from twice as many children, and of them those of the next
/// level.
__device__ __forceinline__ void compress_level(Children& children, unsigned count, Digest* nodes) {
  constexpr unsigned kPitch = 2 * kBlockNodes;
  const unsigned node = threadIdx.x;
  Fp s[kSpongeWidth];
  if (node < count) {
    load_digest(children.data(), kPitch, 2 * node, s);
    load_digest(children.data(), kPitch, 2 * node + 1, s + kDigestElements);
  }
  __syncthreads();
  if (node < count) {
    permute(s);
    store_digest(children.data(), kPitch, node, s);
    store_digest(nodes + node, s);
  }
  __syncthreads();
}

/// The same for `count` <= kQuadNodes.
__device__ __forceinline__ void compress_level_by_quads(Children& children, unsigned count,
                                                        Digest* nodes) {
  constexpr unsigned kPitch = 2 * kBlockNodes;
  const unsigned node = threadIdx.x / 4, lane = threadIdx.x % 4;
  // Lanes 0 and 1 of four have the halves of the left child, and at the end of the digest.
  const unsigned first = lane % 2 * 4;
  const bool runs = threadIdx.x / 32 * 8 < count;  // whole warps
  Fp s[4];
  if (runs) {
    const unsigned child = 2 * min(node, count - 1) + lane / 2;
#pragma unroll
    for (unsigned i = 0; i < 4; ++i) s[i] = children[(first + i) * kPitch + child];
  }
  __syncthreads();
  if (runs) {
    permute_quad(s);
    if (node < count && lane < 2) {
#pragma unroll
      for (unsigned i = 0; i < 4; ++i) children[(first + i) * kPitch + node] = s[i];
      store(reinterpret_cast<Fp4*>(nodes + node) + lane, Fp4(s[0], s[1], s[2], s[3]));
    }
  }
  __syncthreads();
}

/// Each block makes its part of the layer at `depth` + 1, `count` nodes, from the layer below, and
/// of those above until it has one node left.
__global__ void __launch_bounds__(kBlockNodes)
    compress_layers_kernel(Digest* nodes, std::size_t num_leaves, unsigned depth, unsigned count) {
  __shared__ Children children;
  const Digest* const below =
      nodes + first_node(num_leaves, depth) + std::size_t{blockIdx.x} * 2 * count;
  for (unsigned child = threadIdx.x; child < 2 * count; child += kBlockNodes) {
    Fp digest[kDigestElements];
    load_digest(below + child, digest);
    store_digest(children.data(), 2 * kBlockNodes, child, digest);
  }
  __syncthreads();
#pragma unroll 1
  for (; count != 0; count /= 2) {
    Digest* const layer = nodes + first_node(num_leaves, ++depth) + std::size_t{blockIdx.x} * count;
    if (count > kQuadNodes) {
      compress_level(children, count, layer);
    } else {
      compress_level_by_quads(children, count, layer);
    }
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
