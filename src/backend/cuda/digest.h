#pragma once

#include "backend/cuda/cuda_api.h"
#include "backend/cuda/poseidon2_device.h"
#include "gyre/hash/scheme.h"

namespace gyre::cuda {

/// Digests in the registers of a thread. In device memory they are arrays of Digest in
/// DeviceArena's alignment, moved as two 16-byte accesses; in shared memory planes of Fp, so that
/// neighbouring threads meet no bank twice: element j of digest i at [j * pitch + i].

static_assert(sizeof(Digest) == 32);

__device__ __forceinline__ void load_digest(const Digest* address, Fp* elements) {
  const auto* const words = reinterpret_cast<const Fp4*>(address);
  const Fp4 low = load(words), high = load(words + 1);
#pragma unroll
  for (unsigned j = 0; j < 4; ++j) {
    elements[j] = low.c[j];
    elements[4 + j] = high.c[j];
  }
}
__device__ __forceinline__ void store_digest(Digest* address, const Fp* elements) {
  auto* const words = reinterpret_cast<Fp4*>(address);
  store(words, Fp4(elements[0], elements[1], elements[2], elements[3]));
  store(words + 1, Fp4(elements[4], elements[5], elements[6], elements[7]));
}

__device__ __forceinline__ void load_digest(const Fp* planes, unsigned pitch, unsigned index,
                                            Fp* elements) {
#pragma unroll
  for (unsigned j = 0; j < kDigestElements; ++j) elements[j] = planes[j * pitch + index];
}
__device__ __forceinline__ void store_digest(Fp* planes, unsigned pitch, unsigned index,
                                             const Fp* elements) {
#pragma unroll
  for (unsigned j = 0; j < kDigestElements; ++j) planes[j * pitch + index] = elements[j];
}

}  // namespace gyre::cuda
