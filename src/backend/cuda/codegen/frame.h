#pragma once

#include "backend/cuda/block_item.h"
#include "backend/cuda/codegen/operations.h"
#include "backend/cuda/evaluation_items.h"

/// What the generated kernels have in common. Compiled by nvcc, by NVRTC and for the emulator.

namespace gyre::cuda {

/// Where a piece of the base field form is evaluated: the inputs at one point.
struct BaseAt {
  const Fp* const* inputs;
  const Fp* uniforms;
  const Fp4* weights;
  std::uint32_t point;

  __device__ __forceinline__ Fp cell(unsigned input) const {
    return read_here(inputs[input] + point);
  }
  __device__ __forceinline__ Fp uniform(unsigned input) const {
    return read_here(uniforms + input);
  }
  __device__ __forceinline__ Fp4 weight(unsigned output) const {
    return read_here(weights + output);
  }
};

/// The same for the extension form: tables at X = x between their entries `low` and `high`.
struct ExtensionAt {
  const Fp4* const* tables;
  const Fp* uniforms;
  const Fp4* weights;
  std::uint32_t low, high;
  Fp x;

  __device__ __forceinline__ Fp4 cell(unsigned input) const {
    const Fp4* const table = tables[input];
    const Fp4 t0 = read_here(table + low), t1 = read_here(table + high);
    return {t0.c[0] + mul_difference(x, t1.c[0], t0.c[0]),
            t0.c[1] + mul_difference(x, t1.c[1], t0.c[1]),
            t0.c[2] + mul_difference(x, t1.c[2], t0.c[2]),
            t0.c[3] + mul_difference(x, t1.c[3], t0.c[3])};
  }
  __device__ __forceinline__ Fp uniform(unsigned input) const {
    return read_here(uniforms + input);
  }
  __device__ __forceinline__ Fp4 weight(unsigned output) const {
    return read_here(weights + output);
  }
};

__device__ __forceinline__ BaseAt point_of(const BaseItem& item, std::uint32_t j) {
  return {item.inputs, item.uniforms, item.weights, j};
}
__device__ __forceinline__ ExtensionAt point_of(const ExtensionItem& item, std::uint32_t j) {
  const std::uint32_t x = item.first_x + (j >> item.log_pairs);
  const std::uint32_t low = 2 * (j & ((1u << item.log_pairs) - 1));
  // A table of one entry is the same for all X.
  if (item.single != 0) return {item.tables, item.uniforms, item.weights, 0, 0, Fp()};
  return {item.tables, item.uniforms, item.weights, low, low + 1, Fp::from_canonical(x)};
}

__device__ __forceinline__ BaseSum empty_sum(const BaseAt&) {
  return {};
}
__device__ __forceinline__ ExtensionSum empty_sum(const ExtensionAt&) {
  return {};
}

/// evaluate(item, point, sum) adds the weighted outputs of the item's piece at a point.
template <class Item, class Evaluate>
__device__ __forceinline__ void run_items(const Item* items, std::uint32_t num_items,
                                          Evaluate evaluate) {
  const Item item = item_of_block(items, num_items);
  const std::uint32_t j =
      (block_of_items(items) - item.first_block) * kEvaluationThreads + threadIdx.x;
  if (j >= item.num_points) return;
  const auto point = point_of(item, j);
  auto sum = empty_sum(point);
  evaluate(item, point, sum);
  store(item.sums + j, sum.value());
}

}  // namespace gyre::cuda
