#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "backend/cuda/device_memory.h"
#include "gyre/field/fp4.h"

namespace gyre::cuda {

/// How layers of the fraction tree lie in device memory. Spec 04, sections 6 and 10.
///
/// A layer of 2^j nodes is four tables over y < 2^(j-1): numerators and denominators of the nodes
/// 2y (p0, q0) and of the nodes 2y + 1 (p1, q1). Binding the lowest variable of y halves them, so
/// that layer j after s folds has the shape of layer j - s, and takes the place of it: the descent
/// is done with that layer. Entries without real leaves are all the same and are not stored.
struct FractionTables {
  Fp4* values = nullptr;  ///< p0, q0, p1, q1, one after another
  std::size_t entries = 0;
};

/// With the entries beyond: the fractions left_padding / padding and 0 / padding.
struct PaddedTables {
  FractionTables tables;
  Fp4 left_padding, padding;
};

struct FractionShape {
  std::size_t leaves = 0;  ///< real ones, >= 1
  unsigned num_layers = 0;
  unsigned unstored_layers = 1;  ///< 1 or 2 lowest layers that are not kept

  /// Nodes of a layer that have real leaves.
  std::size_t nodes(unsigned layer) const { return ((leaves - 1) >> (num_layers - layer)) + 1; }
  /// Stored entries of each table. Requires layer >= 1.
  std::size_t entries(unsigned layer) const { return (nodes(layer) + 1) / 2; }
  /// The lowest layer that is stored. Those below are computed from the traces when the descent
  /// comes to them, as often as they have rounds before the tables fit in its place. The tree takes
  /// 32 bytes a leaf without one layer, 16 without two.
  unsigned lowest_stored() const {
    return num_layers > unstored_layers ? num_layers - unstored_layers : 1;
  }
  /// Whether the tables of a layer after `folds` folds are made from the traces.
  bool from_leaves(unsigned layer, unsigned folds) const {
    return layer > lowest_stored() && layer - folds >= lowest_stored();
  }
};

}  // namespace gyre::cuda
