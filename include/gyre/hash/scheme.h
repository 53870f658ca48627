#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "gyre/field/fp.h"

namespace gyre {

/// The hash scheme that commitments and the transcript are built on: Poseidon2 of width 16 over
/// BabyBear, rate 8. Spec 01, sections 3 and 4. Code outside `hash/` uses only the names in this
/// header, so that another scheme can take its place.

inline constexpr std::size_t kDigestElements = 8;
inline constexpr std::size_t kSpongeWidth = 16;
inline constexpr std::size_t kSpongeRate = 8;

using Digest = std::array<Fp, kDigestElements>;
/// Siblings on the way from a leaf to the root of a Merkle tree.
using MerklePath = std::vector<Digest>;
using SpongeState = std::array<Fp, kSpongeWidth>;

/// A duplex sponge in overwrite mode as it stands between two operations. Spec 01, section 5.
struct DuplexState {
  SpongeState state{};
  unsigned absorb_index = 0;  ///< values observed since the last permutation, < kSpongeRate
  unsigned sample_index = 0;  ///< values left to sample, <= kSpongeRate
  friend bool operator==(const DuplexState&, const DuplexState&) = default;
};

/// One application of the permutation, in place.
void permute(SpongeState& state);

/// Overwrites the rate of the sponge with each kSpongeRate of the values in turn and permutes after
/// each. Requires whole blocks of them.
void absorb_blocks(SpongeState& state, std::span<const Fp> values);

/// Overwrite-mode sponge without padding; the all-zero digest for an empty input.
Digest hash_slice(std::span<const Fp> values);

/// The parent of two digests in a Merkle tree.
Digest compress(const Digest& left, const Digest& right);

/// Root of the binary tree over `digests`. Requires a power of two of them.
Digest tree_compress(std::span<const Digest> digests);

}  // namespace gyre
