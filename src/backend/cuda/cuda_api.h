#pragma once

/// CUDA as the backend's sources see it: the runtime, or in tests on machines without a GPU the
/// emulator, which compiles the same kernels as C++.

#if defined(GYRE_CUDA_EMULATED)
#include "support/cuda_emulator/cuda_emulator.h"
#define GYRE_DYNAMIC_SHARED(Type, name) \
  Type* const name = static_cast<Type*>(cuda_emulator::dynamic_shared())
#else
#include <cuda_runtime.h>
#define GYRE_DYNAMIC_SHARED(Type, name)                                \
  extern __shared__ __align__(16) unsigned char gyre_dynamic_shared[]; \
  Type* const name = reinterpret_cast<Type*>(gyre_dynamic_shared)
#endif

#include <cstddef>
#include <cstdint>

#include "gyre/field/fp4.h"

namespace gyre::cuda {

/// Shared memory of N values; types with constructors cannot be declared __shared__ themselves.
/// Uninitialised.
template <class T, std::size_t N>
struct SharedArray {
  alignas(16) unsigned char bytes[N * sizeof(T)];
  __device__ T& operator[](std::size_t i) { return reinterpret_cast<T*>(bytes)[i]; }
  __device__ T* data() { return reinterpret_cast<T*>(bytes); }
};

/// An extension element moved as one 16-byte access. The address must be 16-byte aligned, as all of
/// DeviceArena's are.
__device__ __forceinline__ Fp4 load(const Fp4* address) {
  const uint4 words = *reinterpret_cast<const uint4*>(address);
  return {Fp::from_raw(words.x), Fp::from_raw(words.y), Fp::from_raw(words.z),
          Fp::from_raw(words.w)};
}
__device__ __forceinline__ void store(Fp4* address, const Fp4& value) {
  *reinterpret_cast<uint4*>(address) =
      make_uint4(value.c[0].raw(), value.c[1].raw(), value.c[2].raw(), value.c[3].raw());
}

__device__ __forceinline__ Fp shuffle_xor(Fp value, int mask) {
  return Fp::from_raw(__shfl_xor_sync(~0u, value.raw(), mask));
}
__device__ __forceinline__ Fp4 shuffle_xor(const Fp4& value, int mask) {
  return {shuffle_xor(value.c[0], mask), shuffle_xor(value.c[1], mask),
          shuffle_xor(value.c[2], mask), shuffle_xor(value.c[3], mask)};
}
/// The sum over the warp, in every lane. All lanes take part.
template <class T>
__device__ __forceinline__ T warp_sum(T value) {
  for (int mask = 16; mask != 0; mask >>= 1) value = value + shuffle_xor(value, mask);
  return value;
}

__device__ __forceinline__ std::size_t global_thread() {
  return std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
}

}  // namespace gyre::cuda
