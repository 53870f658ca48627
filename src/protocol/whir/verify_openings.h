#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "gyre/hash/scheme.h"
#include "gyre/proof/proof.h"

namespace gyre {

/// Whether the rows opened by all queries of a round belong to the tree under `root`. Spec 07,
/// section 4: query q opens rows_per_query rows of `width` elements, whose digests join to leaf
/// indices[q]; paths[q] leads from there to the root. All paths have the same length.
/// `row(i)`: row i % rows_per_query of query i / rows_per_query.
/// The queries are hashed side by side.
bool openings_match_root(const Digest& root, std::size_t rows_per_query, std::size_t width,
                         const std::function<std::span<const Fp>(std::size_t)>& row,
                         std::span<const std::uint32_t> indices, std::span<const MerklePath> paths);

}  // namespace gyre
