#pragma once

#include "backend/cuda/codeword.h"
#include "backend/cuda/cuda.h"
#include "gyre/hash/scheme.h"
#include "stacking/codeword.h"

namespace gyre::cuda {

/// Hashing of the rows of a codeword, and of the 2^k rows of each leaf to one digest. Spec 03,
/// section 6.

inline DeviceCodewordOrder order_of(const CodewordShape& shape) {
  return {.log_message = shape.log_message, .log_blowup = shape.log_blowup};
}

/// Sponges of adjacent positions that absorb a batch of columns.
struct RowBatch {
  const Fp* values = nullptr;  ///< value (position, column) at column * stride + position
  std::size_t stride = 0, width = 0;
  /// Elements that stay from batch to batch: element j >= first_carried of the sponge of a position
  /// at (j - first_carried) * stride + position. May be null if the batch is the whole row.
  Fp* sponges = nullptr;
  unsigned first_carried = kSpongeRate;
  bool resumes = false;  ///< an earlier batch is in the sponges
};

/// The lowest element of a sponge that a later batch may read: those below are overwritten, but for
/// a short last batch.
inline unsigned first_carried(std::size_t width) {
  const auto last = static_cast<unsigned>(width % kSpongeRate);
  return last == 0 ? kSpongeRate : last;
}

/// Whether the leaves of a codeword of this shape are whole within tiles of adjacent positions of
/// one coset. Only small or odd ones are not; hash_scattered_leaves is for them.
bool has_tiled_leaves(const CodewordShape& shape);

/// Absorbs a batch that is not the last into the sponges of `rows` positions.
void absorb_rows(Queue& queue, const RowBatch& batch, std::size_t rows);

/// Absorbs the last batch of the rows at positions [first_position, first_position + rows), which
/// are whole cosets, and writes the digests of their leaves to `leaves`, which has all leaves in
/// natural order. Requires has_tiled_leaves(shape).
void hash_tiled_leaves(Work& work, const CodewordShape& shape, const RowBatch& batch,
                       std::size_t first_position, std::size_t rows, Digest* leaves);

/// The leaves of any codeword. Takes scattered_scratch_bytes(shape) from the arena until it
/// returns.
void hash_scattered_leaves(Work& work, const CodewordShape& shape, const Fp* values,
                           Digest* leaves);
std::size_t scattered_scratch_bytes(const CodewordShape& shape);

}  // namespace gyre::cuda
