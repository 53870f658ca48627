#include "backend/cpu/fraction_layer.h"

#include "backend/cpu/fraction_kernels.h"

namespace gyre::cpu {
namespace {

constexpr std::size_t ceil_divide(std::size_t a, std::size_t b) {
  return (a + b - 1) / b;
}

std::size_t numerator_words(bool base) {
  return base ? kTile : kTileWords;
}

}  // namespace

void FractionTables::fill(std::size_t begin, std::size_t end, const Fp4& left_numerator,
                          const Fp4& q) const {
  if (base_numerators) {
    std::fill(p0 + begin * kTile, p0 + end * kTile, Fp());
    std::fill(p1 + begin * kTile, p1 + end * kTile, Fp());
  }
  for (std::size_t y = begin * kTile; y < end * kTile; ++y) {
    set_tile_element(q0, y, q);
    set_tile_element(q1, y, q);
    if (base_numerators) continue;
    set_tile_element(p0, y, left_numerator);
    set_tile_element(p1, y, Fp4());
  }
}

FractionLayerShape fraction_layer_shape(std::size_t leaves, unsigned num_layers, unsigned layer) {
  const std::size_t domain = std::size_t{1} << (layer - 1);
  const std::size_t entries = ceil_divide(leaves, std::size_t{1} << (num_layers - layer + 1));
  const std::size_t tiles = ceil_divide(entries, 4 * kTile) * 4;
  return {.domain = domain, .capacity = std::min(tiles, ceil_divide(domain, kTile))};
}

std::size_t fraction_tree_bytes(std::size_t leaves, unsigned num_layers) {
  std::size_t bytes = Arena::bytes_of<Fp4>(high_eq_size(num_layers));
  for (unsigned layer = 1; layer <= num_layers; ++layer) {
    const std::size_t tiles = fraction_layer_shape(leaves, num_layers, layer).capacity;
    bytes += 2 * Arena::bytes_of<Fp>(tiles * kTileWords) +
             2 * Arena::bytes_of<Fp>(tiles * numerator_words(layer == num_layers));
  }
  return bytes;
}

FractionTables take_fraction_tables(Arena& arena, const FractionLayerShape& shape,
                                    bool base_numerators) {
  const auto take = [&](std::size_t words) {
    return arena.take<Fp>(shape.capacity * words).data();
  };
  FractionTables tables;
  tables.base_numerators = base_numerators;
  tables.p0 = take(numerator_words(base_numerators));
  tables.p1 = take(numerator_words(base_numerators));
  tables.q0 = take(kTileWords);
  tables.q1 = take(kTileWords);
  return tables;
}

}  // namespace gyre::cpu
