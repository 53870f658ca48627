#pragma once

#include <span>

#include "gyre/hash/scheme.h"
#include "hash/batch.h"
#include "stacking/codeword.h"

namespace gyre {

/// The 16 planes of row digests of one block of a codeword, kDigestPlanes values each.
inline constexpr std::size_t kBlockDigests = 16 * kDigestPlanes;

/// Digests of the rows of block `block` of the codeword.
void hash_block(const Fp* block, std::size_t width, Fp* digests);

/// Joins the row digests of block number `block` to those of its leaves, each to its place in
/// `leaves`, which are in natural order. Overwrites `digests`.
void join_block(const CodewordShape& shape, std::size_t block, Fp* digests,
                std::span<Digest> leaves);

}  // namespace gyre
