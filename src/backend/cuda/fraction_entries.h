#pragma once

#include "backend/cuda/fraction_layers.h"
#include "backend/cuda/fraction_math.h"

namespace gyre::cuda {

/// Device code: entries of the tables of a round.

/// An entry of the four tables.
template <class Numerator>
struct Entry {
  Numerator p0, p1;
  Fp4 q0, q1;
};

template <class T>
__device__ __forceinline__ Fp4 between(const T& a, const T& b, const Fp4& r) {
  return (b - a) * r + a;
}
__device__ __forceinline__ Fp4 between(Fp a, Fp b, const Fp4& r) {
  return r * (b - a) + a;
}

template <class Numerator>
__device__ __forceinline__ Entry<Fp4> between(const Entry<Numerator>& a, const Entry<Numerator>& b,
                                              const Fp4& r) {
  return {.p0 = between(a.p0, b.p0, r),
          .p1 = between(a.p1, b.p1, r),
          .q0 = between(a.q0, b.q0, r),
          .q1 = between(a.q1, b.q1, r)};
}

__device__ __forceinline__ void store_entry(const FractionTables& tables, std::size_t y,
                                            const Entry<Fp4>& entry) {
  store(tables.values + y, entry.p0);
  store(tables.values + tables.entries + y, entry.q0);
  store(tables.values + 2 * tables.entries + y, entry.p1);
  store(tables.values + 3 * tables.entries + y, entry.q1);
}

/// Entry y of tables that are read; beyond them the padding.
__device__ __forceinline__ Entry<Fp4> load_entry(const PaddedTables& from, std::size_t y) {
  const FractionTables& tables = from.tables;
  if (y >= tables.entries) {
    return {.p0 = from.left_padding, .p1 = Fp4(), .q0 = from.padding, .q1 = from.padding};
  }
  return {.p0 = load(tables.values + y),
          .p1 = load(tables.values + 2 * tables.entries + y),
          .q0 = load(tables.values + tables.entries + y),
          .q1 = load(tables.values + 3 * tables.entries + y)};
}

/// The sum over the lanes of the same parity, in each of them.
__device__ __forceinline__ Fp4 parity_sum(Fp4 value) {
  for (int mask = 16; mask > 1; mask >>= 1) value += shuffle_xor(value, mask);
  return value;
}

}  // namespace gyre::cuda
