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

/// kHashLanes sponges or digests in planes: element j of lane i at [j * kHashLanes + i].
inline constexpr std::size_t kSpongePlanes = kSpongeWidth * kHashLanes;
inline constexpr std::size_t kDigestPlanes = kDigestElements * kHashLanes;

/// Absorbs a row of `width` values into each of the sponges, the value (lane, column) at
/// values[column * stride + lane]. A row may come in parts whose widths, but for the last, are
/// multiples of kSpongeRate. At first all elements are zero; at the end the first kDigestPlanes are
/// the digests.
void absorb_rows(const Fp* values, std::size_t stride, std::size_t width, Fp* sponges);

/// compress of the digests in each lane; out may be left or right.
void compress_planes(const Fp* left, const Fp* right, Fp* out);

/// out[i] = compress(left[i * stride], right[i * stride]), i < count. `out` may be `left` or lie
/// below.
void compress_pairs(const Digest* left, const Digest* right, std::size_t stride, Digest* out,
                    std::size_t count);

/// The smallest witness in [first, first + count) canonical, if any. Requires first + count <= p.
std::optional<Fp> smallest_witness_in(const GrindingChallenge& challenge, std::uint32_t first,
                                      std::uint32_t count);

}  // namespace gyre
