#pragma once

#include <algorithm>
#include <cstddef>

#include "gyre/field/fp4.h"
#include "support/arena.h"

namespace gyre::cpu {

/// How layers of the fraction tree lie in memory. Spec 04, sections 6 and 10.
///
/// A layer of 2^j nodes is four tables over y < 2^(j-1): numerators and denominators of the nodes
/// 2y (p0, q0) and of the nodes 2y + 1 (p1, q1). Binding the lowest variable of y halves them, so
/// that layer j after s folds has the shape of layer j - s.

/// Tables consist of tiles: kTile consecutive elements as four rows of coefficients (one row for
/// elements of the base field).
inline constexpr std::size_t kTile = 16;
inline constexpr std::size_t kTileWords = kTile * Fp4::kDegree;

/// Where coefficient 0 of element y is; coefficient c is c * kTile further.
constexpr std::size_t tile_word(std::size_t y) {
  return y / kTile * kTileWords + y % kTile;
}

inline Fp4 tile_element(const Fp* table, std::size_t y) {
  const Fp* word = table + tile_word(y);
  return {word[0], word[kTile], word[2 * kTile], word[3 * kTile]};
}

inline void set_tile_element(Fp* table, std::size_t y, const Fp4& value) {
  for (std::size_t c = 0; c < Fp4::kDegree; ++c) table[tile_word(y) + c * kTile] = value.c[c];
}

struct FractionTables {
  Fp *p0 = nullptr, *q0 = nullptr, *p1 = nullptr, *q1 = nullptr;
  bool base_numerators = false;  ///< p0 and p1 are in the base field

  /// Entry y of p0 or p1.
  Fp4 numerator(const Fp* table, std::size_t y) const {
    return base_numerators ? Fp4(table[y]) : tile_element(table, y);
  }
  /// Sets the entries of tiles [begin, end) to the fractions left0 / q, 0 / q. left0 = 0 for
  /// numerators in the base field.
  void fill(std::size_t begin, std::size_t end, const Fp4& left_numerator, const Fp4& q) const;
};

/// Sizes of layer j >= 1 of a tree of 2^num_layers leaves of which the first `leaves` >= 1 are
/// real. Nodes without real leaves are all the same fraction, and are not stored beyond `capacity`.
struct FractionLayerShape {
  std::size_t domain;    ///< entries of each table
  std::size_t capacity;  ///< tiles of each table in memory, whole groups of 4 where `domain` allows
};
FractionLayerShape fraction_layer_shape(std::size_t leaves, unsigned num_layers, unsigned layer);

/// Bytes that the fraction tree takes from the arena: 52 for each leaf, but for rounding.
std::size_t fraction_tree_bytes(std::size_t leaves, unsigned num_layers);

/// Takes the tables of a layer.
FractionTables take_fraction_tables(Arena& arena, const FractionLayerShape& shape,
                                    bool base_numerators);

}  // namespace gyre::cpu
