#pragma once

#include "backend/cuda/product_sum.h"

namespace gyre::cuda {

/// Columns whose addresses and weights are in shared memory at a time.
constexpr unsigned kStage = 256;
struct Stage {
  SharedArray<const Fp*, kStage> columns;
  SharedArray<Fp4, kStage> weights;
};

/// The rows of one thread: kRows from `row` on, of every num_lanes-th column of the stage.
template <unsigned kRows>
struct ThreadRows {
  ProductSum sums[kRows];

  struct Values {
    Fp of[kRows];
  };
  static __device__ __forceinline__ Values read(const Fp* address) {
    Values values;
    if constexpr (kRows == 4) {
      const uint4 words = load_rows(address);
      values = {{Fp::from_raw(words.x), Fp::from_raw(words.y), Fp::from_raw(words.z),
                 Fp::from_raw(words.w)}};
    } else {
      values.of[0] = *address;
    }
    return values;
  }
  __device__ __forceinline__ void add(const Fp4& weight, const Values& values) {
#pragma unroll
    for (unsigned i = 0; i < kRows; ++i) sums[i].add(weight, values.of[i]);
  }

  __device__ __forceinline__ void add_stage(Stage& stage, unsigned count, unsigned lane,
                                            unsigned num_lanes, std::uint32_t row) {
    constexpr unsigned kAhead = 4;  // columns whose values are on their way together
    unsigned c = lane;
    for (; c + (kAhead - 1) * num_lanes < count; c += kAhead * num_lanes) {
      Values values[kAhead];
#pragma unroll
      for (unsigned i = 0; i < kAhead; ++i)
        values[i] = read(stage.columns[c + i * num_lanes] + row);
#pragma unroll
      for (unsigned i = 0; i < kAhead; ++i) {
        add(stage.weights[c + i * num_lanes], values[i]);
        if (i % 2 == 1) fit_all(sums);
      }
    }
    for (; c < count; c += num_lanes) {
      add(stage.weights[c], read(stage.columns[c] + row));
      fit_all(sums);
    }
  }
};

}  // namespace gyre::cuda
