#pragma once

#include "backend/cuda/block_item.h"
#include "backend/cuda/codegen/operations.h"
#include "backend/cuda/evaluation_items.h"

/// What the generated kernels have in common. Compiled by nvcc, by NVRTC and for the emulator.

namespace gyre::cuda {

/// Where a piece of the base field form is evaluated: the inputs at one point. A cell is fetched
/// some time before its value is asked for.
struct BaseAt {
  const Fp* const* inputs;
  const Fp* uniforms;
  const Fp4* weights;
  std::uint32_t point;

  __device__ __forceinline__ Fp fetch(unsigned input) const {
    return read_here(read_here(inputs + input) + point);
  }
  __device__ __forceinline__ Fp cell(Fp fetched) const { return fetched; }
  __device__ __forceinline__ Fp uniform(unsigned input) const {
    return read_here(uniforms + input);
  }
  __device__ __forceinline__ Fp4 weight(unsigned output) const {
    return read_here(weights + output);
  }
};

/// The same for the extension form: tables of `table_bytes` at X = x between the entry at `low` in
/// the first of them and the next one.
struct ExtensionAt {
  const Fp4* low;
  const Fp* uniforms;
  const Fp4* weights;
  std::uint32_t table_bytes;
  Fp x;

  struct Pair {
    Fp4 t0, t1;
  };
  __device__ __forceinline__ Pair fetch(unsigned input) const {
    const auto* const t0 =
        reinterpret_cast<const Fp4*>(reinterpret_cast<const char*>(low) + wide(input, table_bytes));
    return {read_here(t0), read_here(t0 + 1)};
  }
  __device__ __forceinline__ Fp4 cell(const Pair& fetched) const {
    const Fp4 &t0 = fetched.t0, &t1 = fetched.t1;
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
  const ExtensionPoint point(item, j);
  return {item.tables + point.entry(item), item.uniforms, item.weights,
          item.table_entries() * static_cast<std::uint32_t>(sizeof(Fp4)),
          Fp::from_canonical(point.x(item))};
}

__device__ __forceinline__ BaseSum empty_sum(const BaseAt&) {
  return {};
}
__device__ __forceinline__ ExtensionSum empty_sum(const ExtensionAt&) {
  return {};
}

/// What a thread does of a piece: units first, first + count, ...
struct Parts {
  unsigned first, count;
};

/// The sum of the values of threads t, t + lanes, ... of the block, in thread t < lanes.
__device__ __forceinline__ Fp4 sum_of_parts(Fp4 value, unsigned lanes) {
  __shared__ SharedArray<Fp4, kEvaluationThreads> values;
  store(&values[threadIdx.x], value);
  __syncthreads();
  for (unsigned t = threadIdx.x + lanes; t < kEvaluationThreads; t += lanes) {
    value += load(&values[t]);
  }
  return value;
}

/// Takes the sum of a piece at point j of an item, in thread t < lanes; the warps of these take
/// part as a whole, `active` or not.
__device__ __forceinline__ void take(const BaseItem& item, std::uint32_t j, bool active,
                                     const Fp4& value) {
  if (active) store(item.sums + j, value);
}
__device__ __forceinline__ void take(const ExtensionItem& item, std::uint32_t j, bool active,
                                     Fp4 value) {
  const ExtensionPoint point(item, j);
  if (active) value *= read_here(item.eq + point.pair);
  add_to_total(value, active, ExtensionPoint::log_chunk(item), item.totals + point.k * kTotalWords);
}

/// evaluate(piece, parts, point, sum) adds the weighted outputs of parts of a piece at a point. The
/// warps of a block share the units of an item where it has fewer points than threads.
template <class Item, class Evaluate>
__device__ __forceinline__ void run_items(const Item* items, std::uint32_t num_items,
                                          std::uint32_t first_piece, Evaluate evaluate) {
  const Item item = item_of_block(items, num_items);
  const unsigned lanes = item.block_points;
  const std::uint32_t j = (block_of_items(items) - item.first_block) * lanes + threadIdx.x % lanes;
  const bool active = j < item.num_points;
  Fp4 value;
  if (active) {
    const auto point = point_of(item, j);
    auto sum = empty_sum(point);
    const Parts parts{threadIdx.x / lanes, kEvaluationThreads / lanes};
    evaluate(item.piece - first_piece, parts, point, sum);
    value = sum.value();
  }
  if (lanes < kEvaluationThreads) {
    value = sum_of_parts(value, lanes);
    if (threadIdx.x >= lanes) return;
  }
  take(item, j, active, value);
}

}  // namespace gyre::cuda
