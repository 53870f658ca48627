#include "backend/cuda/leaf_hash.h"

#include <algorithm>

#include "backend/cuda/digest.h"

namespace gyre::cuda {
namespace {

/// Rows that a block hashes at once, one a thread; 4 blocks run on a multiprocessor.
constexpr unsigned kLogTile = 8, kTile = 1u << kLogTile;
constexpr unsigned kBlocksPerMultiprocessor = 4;
constexpr std::size_t kTilePlanes = kDigestElements * kTile;
/// Levels of a leaf that are joined from several tiles.
constexpr unsigned kMaxLogTiles = 4;

/// The sponge of a position after the batch.
__device__ __forceinline__ void absorb_row(const RowBatch& batch, std::size_t position,
                                           Fp (&s)[kSpongeWidth]) {
#pragma unroll
  for (unsigned j = 0; j < kSpongeWidth; ++j) {
    s[j] = batch.resumes && j >= batch.first_carried
               ? batch.sponges[(j - batch.first_carried) * batch.stride + position]
               : Fp::zero();
  }
  const Fp* column = batch.values + position;
#pragma unroll 1
  for (std::size_t start = 0; start < batch.width; start += kSpongeRate) {
#pragma unroll
    for (unsigned j = 0; j < kSpongeRate; ++j) {
      if (start + j < batch.width) s[j] = column[j * batch.stride];
    }
    column += kSpongeRate * batch.stride;
    permute(s);
  }
}

__global__ void __launch_bounds__(kTile, kBlocksPerMultiprocessor)
    absorb_rows_kernel(RowBatch batch, std::size_t rows) {
  const std::size_t position = global_thread();
  if (position >= rows) return;
  Fp s[kSpongeWidth];
  absorb_row(batch, position, s);
#pragma unroll
  for (unsigned j = 0; j < kSpongeWidth; ++j) {
    if (j >= batch.first_carried) {
      batch.sponges[(j - batch.first_carried) * batch.stride + position] = s[j];
    }
  }
}

/// A block hashes 2^log_tiles tiles of rows and joins their digests to those of leaves. Each level
/// of the leaves' trees halves the digests; so that all threads have work on the first log_tiles
/// levels, a tile's digests wait, at each of these levels, for those of the next tile.
///
/// The digests of a level that has 2^j nodes to a leaf are leaf after leaf, and those of a leaf in
/// reversed order of their j bits, as the rows of a codeword are: the level above joins node o of a
/// leaf, o < 2^(j-1), with node o + 2^(j-1).
__global__ void __launch_bounds__(kTile, kBlocksPerMultiprocessor)
    hash_leaves_kernel(RowBatch batch, DeviceCodewordOrder order, std::size_t first_position,
                       unsigned k, unsigned log_tiles, Digest* leaves) {
  GYRE_DYNAMIC_SHARED(Fp, shared);  // The present digests, then those waiting at each level.
  const std::size_t first = std::size_t{blockIdx.x} << (kLogTile + log_tiles);
  const unsigned thread = threadIdx.x, tiles = 1u << log_tiles;
  Fp s[kSpongeWidth];
#pragma unroll 1
  for (unsigned tile = 0; tile < tiles; ++tile) {
    absorb_row(batch, first + (tile << kLogTile) + thread, s);
    unsigned nodes = kTile;  // of the present level
#pragma unroll 1
    for (unsigned level = 0; level < k; ++level) {
      Fp* const waiting = shared + (1 + level) * kTilePlanes;
      const bool pair_of_tiles = level < log_tiles;
      if (pair_of_tiles && (tile >> level & 1) == 0) {
        store_digest(waiting, kTile, thread, s);
        break;
      }
      store_digest(shared, kTile, thread, s);
      __syncthreads();
      if (!pair_of_tiles) nodes /= 2;
      if (thread < nodes) {
        const unsigned half = 1u << (k - level - 1);
        const unsigned left = 2 * thread - (thread & (half - 1)), right = left + half;
        const Fp* const low = pair_of_tiles ? waiting : shared;
        load_digest(left < kTile ? low : shared, kTile, left % kTile, s);
        load_digest(right < kTile ? low : shared, kTile, right % kTile, s + kDigestElements);
      }
      __syncthreads();
      if (thread < nodes) permute(s);
    }
  }
  if (thread < kTile >> (k - log_tiles)) {
    const std::size_t position = first_position + first + (std::size_t{thread} << k);
    store_digest(leaves + order.row(position), s);
  }
}

/// Digests of all rows, to natural order.
__global__ void __launch_bounds__(kTile, kBlocksPerMultiprocessor)
    hash_rows_kernel(RowBatch batch, DeviceCodewordOrder order, Digest* digests) {
  const std::size_t position = global_thread();
  if (position >= order.rows()) return;
  Fp s[kSpongeWidth];
  absorb_row(batch, position, s);
  store_digest(digests + order.row(position), s);
}

/// One level of the trees of leaves: node (a, y) joins (2a, y) and (2a + 1, y) of the layer below,
/// y < num_leaves.
__global__ void __launch_bounds__(kTile, kBlocksPerMultiprocessor)
    join_rows_kernel(const Digest* below, Digest* above, std::size_t nodes,
                     std::size_t num_leaves) {
  const std::size_t node = global_thread();
  if (node >= nodes) return;
  const std::size_t y = node % num_leaves, left = 2 * (node - y) + y;
  Fp s[kSpongeWidth];
  load_digest(below + left, s);
  load_digest(below + left + num_leaves, s + kDigestElements);
  permute(s);
  store_digest(above + node, s);
}

/// As many levels from several tiles as leave enough blocks to fill the device.
unsigned choose_log_tiles(const Context& context, unsigned k, std::size_t rows) {
  const std::size_t enough = std::size_t{3} * context.device.multiprocessors;
  unsigned log_tiles = 0;
  while (log_tiles < std::min(k, kMaxLogTiles) && rows >> (kLogTile + log_tiles + 1) >= enough) {
    ++log_tiles;
  }
  return log_tiles;
}

}  // namespace

bool has_tiled_leaves(const CodewordShape& shape) {
  return shape.log_message >= kLogTile && shape.k <= kLogTile;
}

void absorb_rows(Queue& queue, const RowBatch& batch, std::size_t rows) {
  const std::size_t carried = kSpongeWidth - batch.first_carried;
  queue.launch(absorb_rows_kernel, grid_for(rows, kTile),
               rows * (batch.width + (batch.resumes ? 2 : 1) * carried) * sizeof(Fp), batch, rows);
}

void hash_tiled_leaves(Work& work, const CodewordShape& shape, const RowBatch& batch,
                       std::size_t first_position, std::size_t rows, Digest* leaves) {
  const unsigned log_tiles = choose_log_tiles(work.context, shape.k, rows);
  Grid grid = grid_for(rows >> log_tiles, kTile);
  grid.shared_bytes = (1 + log_tiles) * kTilePlanes * sizeof(Fp);
  const std::size_t carried = batch.resumes ? kSpongeWidth - batch.first_carried : 0;
  work.queue.launch(
      hash_leaves_kernel, grid,
      rows * (batch.width + carried) * sizeof(Fp) + (rows >> shape.k) * sizeof(Digest), batch,
      order_of(shape), first_position, shape.k, log_tiles, leaves);
}

void hash_scattered_leaves(Work& work, const CodewordShape& shape, const Fp* values,
                           Digest* leaves) {
  const DeviceArena::Scope scope(work.arena);
  const std::size_t rows = shape.rows();
  Digest* below = shape.k == 0 ? leaves : work.arena.take<Digest>(rows).data;
  Digest* above = shape.k <= 1 ? nullptr : work.arena.take<Digest>(rows / 2).data;
  const RowBatch batch{.values = values, .stride = rows, .width = shape.width};
  work.queue.launch(hash_rows_kernel, grid_for(rows, kTile),
                    rows * (shape.width * sizeof(Fp) + sizeof(Digest)), batch, order_of(shape),
                    below);
  for (unsigned level = 1; level <= shape.k; ++level) {
    const std::size_t nodes = rows >> level;
    Digest* const to = level == shape.k ? leaves : above;
    work.queue.launch(join_rows_kernel, grid_for(nodes, kTile), 3 * nodes * sizeof(Digest), below,
                      to, nodes, shape.leaves());
    above = below;
    below = to;
  }
}

std::size_t scattered_scratch_bytes(const CodewordShape& shape) {
  return (shape.k == 0 ? 0 : DeviceArena::bytes_of<Digest>(shape.rows())) +
         (shape.k <= 1 ? 0 : DeviceArena::bytes_of<Digest>(shape.rows() / 2));
}

}  // namespace gyre::cuda
