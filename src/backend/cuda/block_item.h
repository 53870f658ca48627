#pragma once

#include "backend/cuda/cuda_api.h"

namespace gyre::cuda {

/// Number of the calling block, in a launch over items whose blocks start at that of the first.
template <class Item>
__device__ __forceinline__ std::uint32_t block_of_items(const Item* items) {
  return items[0].first_block + blockIdx.x;
}

/// The item that the calling block works for: the last with first_block <= that number.
template <class Item>
__device__ __forceinline__ Item item_of_block(const Item* items, std::uint32_t num_items) {
  const std::uint32_t block = block_of_items(items);
  std::uint32_t low = 0, high = num_items;
  while (high - low > 1) {
    const std::uint32_t middle = (low + high) / 2;
    if (items[middle].first_block <= block) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return items[low];
}

}  // namespace gyre::cuda
