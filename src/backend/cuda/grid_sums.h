#pragma once

#include "backend/cuda/cuda_api.h"

namespace gyre::cuda {

/// Sums over the threads of a block, in thread 0 afterwards. All threads take part; whole warps.
template <unsigned kCount>
__device__ __forceinline__ void block_sums(Fp4 (&sums)[kCount]) {
  __shared__ SharedArray<Fp4, 32 * kCount> of_warps;
  const unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
#pragma unroll
  for (unsigned i = 0; i < kCount; ++i) {
    sums[i] = warp_sum(sums[i]);
    if (lane == 0) of_warps[warp * kCount + i] = sums[i];
  }
  __syncthreads();
  if (warp == 0) {
#pragma unroll
    for (unsigned i = 0; i < kCount; ++i) {
      sums[i] = warp_sum(lane < blockDim.x / 32 ? of_warps[lane * kCount + i] : Fp4());
    }
  }
  __syncthreads();
}

/// What sums over a grid need: `counter` is zero before and after each launch, `partial` has room
/// for the sums of each block.
struct GridSums {
  Fp4* partial = nullptr;
  unsigned* counter = nullptr;
  Fp4* result = nullptr;
};

/// Sums over the threads of the grid. True in the block that comes last, whose thread 0 has them.
template <unsigned kCount>
__device__ __forceinline__ bool last_block_sums(Fp4 (&sums)[kCount], const GridSums& memory) {
  __shared__ unsigned is_last;
  block_sums(sums);
  if (threadIdx.x == 0) {
#pragma unroll
    for (unsigned i = 0; i < kCount; ++i) store(memory.partial + blockIdx.x * kCount + i, sums[i]);
    __threadfence();
    is_last = atomicAdd(memory.counter, 1u) + 1 == gridDim.x;
  }
  __syncthreads();
  if (is_last == 0) return false;
  __threadfence();
#pragma unroll
  for (unsigned i = 0; i < kCount; ++i) {
    sums[i] = Fp4();
    for (unsigned block = threadIdx.x; block < gridDim.x; block += blockDim.x) {
      sums[i] += load(memory.partial + block * kCount + i);
    }
  }
  block_sums(sums);
  if (threadIdx.x == 0) *memory.counter = 0;
  return true;
}

/// result[i] = the sum of sums[i] over the threads of the grid.
template <unsigned kCount>
__device__ __forceinline__ void grid_sums(Fp4 (&sums)[kCount], const GridSums& memory) {
  if (!last_block_sums(sums, memory) || threadIdx.x != 0) return;
#pragma unroll
  for (unsigned i = 0; i < kCount; ++i) store(memory.result + i, sums[i]);
}

}  // namespace gyre::cuda
