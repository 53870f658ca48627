#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "gyre/hash/grinding.h"
#include "gyre/hash/scheme.h"

namespace gyre {

/// Many hashes side by side, one in each lane. Same results as hash/scheme.h.

inline constexpr std::size_t kHashLanes = 16;

/// Digests of rows [first_row, first_row + kHashLanes) of a column-major matrix:
/// element (row, column) at values[column * height + row]. `out` has kHashLanes entries.
void hash_rows(const Fp* values, std::size_t height, std::size_t width, std::size_t first_row,
               Digest* out);

/// out[i] = compress(left[i * stride], right[i * stride]), i < count.
void compress_pairs(const Digest* left, const Digest* right, std::size_t stride, Digest* out,
                    std::size_t count);

/// The smallest witness in [first, first + count) canonical, if any. Requires first + count <= p.
std::optional<Fp> smallest_witness_in(const GrindingChallenge& challenge, std::uint32_t first,
                                      std::uint32_t count);

}  // namespace gyre
