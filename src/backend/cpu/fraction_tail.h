#pragma once

#include <array>

#include "backend/backend.h"
#include "backend/cpu/fraction_kernels.h"

namespace gyre::cpu {

/// The last rounds of a layer, on at most kTile entries: plain field arithmetic.
class FractionTail {
 public:
  /// The entries of a layer as the tree holds it, lambda q0 added to p0. Requires domain <= kTile.
  void load(const FractionTables& tables, std::size_t domain, const Fp4& lambda) {
    size_ = domain;
    for (std::size_t y = 0; y < size_; ++y) {
      q0_[y] = tile_element(tables.q0, y);
      q1_[y] = tile_element(tables.q1, y);
      p0_[y] = tables.numerator(tables.p0, y) + lambda * q0_[y];
      p1_[y] = tables.numerator(tables.p1, y);
    }
  }

  /// The folded entries of tables of `domain` <= 2 kTile entries; then lambda q0 is added to p0.
  void load_folded(const FractionTables& tables, std::size_t domain, const Fp4& challenge,
                   const Fp4& lambda) {
    size_ = domain / 2;
    const auto folded = [&](const Fp4& even, const Fp4& odd) {
      return even + challenge * (odd - even);
    };
    for (std::size_t y = 0; y < size_; ++y) {
      const std::size_t a = 2 * y, b = 2 * y + 1;
      q0_[y] = folded(tile_element(tables.q0, a), tile_element(tables.q0, b));
      q1_[y] = folded(tile_element(tables.q1, a), tile_element(tables.q1, b));
      p0_[y] =
          folded(tables.numerator(tables.p0, a), tables.numerator(tables.p0, b)) + lambda * q0_[y];
      p1_[y] = folded(tables.numerator(tables.p1, a), tables.numerator(tables.p1, b));
    }
  }

  std::size_t size() const { return size_; }

  void fold(const Fp4& challenge) {
    size_ /= 2;
    for (auto* table : {&p0_, &q0_, &p1_, &q1_}) {
      for (std::size_t y = 0; y < size_; ++y) {
        const Fp4 even = (*table)[2 * y];
        (*table)[y] = even + challenge * ((*table)[2 * y + 1] - even);
      }
    }
  }

  /// Sums over the pairs, weighted by eq[pair].
  PairSums sums(std::span<const Fp4> eq) const {
    PairSums total;
    for (std::size_t y = 0; y < size_ / 2; ++y) {
      const std::size_t a = 2 * y, b = 2 * y + 1;
      total.at_1 += eq[y] * (p0_[b] * q1_[b] + p1_[b] * q0_[b]);
      total.leading +=
          eq[y] * ((p0_[b] - p0_[a]) * (q1_[b] - q1_[a]) + (p1_[b] - p1_[a]) * (q0_[b] - q0_[a]));
    }
    return total;
  }

  /// Weighted sum over the pairs of p0 q1 + p1 q0 at their even entries.
  Fp4 sum_at_0(std::span<const Fp4> eq) const {
    Fp4 total;
    for (std::size_t y = 0; y < size_ / 2; ++y) {
      total += eq[y] * (p0_[2 * y] * q1_[2 * y] + p1_[2 * y] * q0_[2 * y]);
    }
    return total;
  }

  /// The only entry, lambda q0 taken off p0 again.
  GkrLayerClaims claims(const Fp4& lambda) const {
    return {.p0 = p0_[0] - lambda * q0_[0], .q0 = q0_[0], .p1 = p1_[0], .q1 = q1_[0]};
  }

 private:
  std::size_t size_ = 0;
  std::array<Fp4, kTile> p0_, q0_, p1_, q1_;
};

}  // namespace gyre::cpu
