#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gyre/field/fp4.h"

namespace gyre::cpu {

/// Kernels on columns of a trace seen as functions on the prism D x cube, N = 2^l_skip points in D.
/// A tile is N planes (one vector each, 64-byte aligned, [z][lane]) of as many chunks of N rows as
/// a vector has lanes.

/// The chunks of a trace and their tiles; with fewer chunks than lanes, chunk x is in lane x of the
/// only tile (what lies in the lanes after is unspecified). A trace shorter than N is repeated.
struct PrismShape {
  PrismShape(unsigned l_skip, unsigned log_height);
  std::size_t chunk;   ///< N
  std::size_t height;  ///< of the trace
  std::size_t chunks;  ///< max(height / N, 1)
  std::size_t lanes;   ///< of a vector
  std::size_t tiles;   ///< max(chunks / lanes, 1)
};

/// A factor c with c p^-1 mod 2^32.
struct KnownFactor {
  Fp value;
  std::uint32_t quotient = 0;
  KnownFactor() = default;
  explicit KnownFactor(Fp c);
};

/// Constants of the low-degree extension from D to the cosets shift^c D, c = 1 .. num_cosets - 1.
/// Immutable, thread-safe.
struct CosetTables {
  CosetTables(unsigned l_skip, std::size_t num_cosets);

  unsigned l_skip;
  std::vector<Fp> shifts;  ///< 31^c
  KnownFactor scale;       ///< 1 / N
  /// At half - 1 + j: w^-j for the group of order 2 half; divided by N for 2 half = N.
  std::vector<KnownFactor> inverse;
  /// Per coset, at half - 1 + j: shift^(N / (2 half)) w^j for the group of order 2 half.
  std::vector<std::vector<KnownFactor>> forward;
  /// Per coset, at z: the Lagrange polynomial of 1 on D at shift w^(z + 1).
  std::vector<std::vector<KnownFactor>> rotation;
};

/// Where the extended values of an input go: the planes (c, z), numbered (c - first_coset) N + z,
/// in blocks of 2^log_block_planes that lie block_stride apart.
struct ExtendedTarget {
  Fp* values = nullptr;  ///< null: not wanted
  std::size_t first_coset, log_block_planes, block_stride;
};

/// Values of a column, and of its rotation, on the cosets [first, last) for a tile of neighbouring
/// chunks, lane l of tile t being chunk lanes t + l; coset 0 is D itself. `next_column` is the one
/// that will be extended next. `scratch`: 2 N planes.
void extend_column(const CosetTables& tables, const PrismShape& shape, const Fp* column,
                   const Fp* next_column, std::size_t tile, std::size_t first, std::size_t last,
                   const ExtendedTarget& local, const ExtendedTarget& rotated, Fp* scratch);
/// The same for N planes of values on D, without rotation; `planes` has room for 2 N and is used
/// up.
void extend_planes(const CosetTables& tables, Fp* planes, std::size_t first, std::size_t last,
                   const ExtendedTarget& local);

/// table[x] = sum_z weights[z] column[N x + z + offset], offset 0 or 1, in planes [tile][4][lane];
/// entry x is in lane x / tiles of tile x % tiles.
/// `scratch`: N + 1 planes.
void fold_chunks(const PrismShape& shape, const Fp* column, std::size_t offset,
                 std::span<const Fp4> weights, Fp* scratch, Fp* table);

/// In place on a table of `size` entries in planes: t[y] <- t[2y] + r (t[2y+1] - t[2y]).
void fold_table(Fp* table, std::size_t size, const Fp4& r);

/// totals[c] = sum_i weights[i] columns[c][i]; weights in four planes of `count` values one after
/// another.
void dot_with_planes(std::span<const Fp* const> columns, const Fp* weights, std::size_t count,
                     Fp4* totals);

}  // namespace gyre::cpu
