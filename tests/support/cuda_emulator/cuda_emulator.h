#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <type_traits>

/// Runs the CUDA backend's kernels on the host, one block after another, each thread of a block a
/// fiber, so that machines without a GPU test them to the byte (and under AddressSanitizer). It has
/// what the backend uses of CUDA and no more. Barriers and shuffles are real: a block whose threads
/// do not all reach one, or that disagree on which, ends the program with a message. Launches and
/// copies are done when they return. Memory is the host's; `emulated_device_memory` bounds it.

#define __global__
#define __device__
#define __host__
#define __constant__ static
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __shared__ static thread_local

struct alignas(8) uint2 {
  unsigned x, y;
};
struct uint3 {
  unsigned x, y, z;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
inline uint2 make_uint2(unsigned x, unsigned y) {
  return {x, y};
}
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) {
  return {x, y, z, w};
}
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

extern thread_local uint3 threadIdx, blockIdx;
extern thread_local dim3 blockDim, gridDim;
inline constexpr int warpSize = 32;

namespace cuda_emulator {

/// Runs `thread` for every thread of the grid.
void run(dim3 grid, dim3 block, std::size_t dynamic_shared, const std::function<void()>& thread);
void* dynamic_shared();

/// Waits for all threads of the block that are still running; the sum of `value` over them.
unsigned block_barrier(unsigned value);
void warp_barrier();
/// The calling lane's slot for an exchange with the other lanes, and theirs.
void* warp_slot(unsigned lane);
unsigned lane();
/// Lanes of the warp that exist and are still running.
unsigned active_lanes();

template <class T>
T exchange(T value, unsigned source) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 16);
  std::memcpy(warp_slot(lane()), &value, sizeof(T));
  warp_barrier();
  T result;
  std::memcpy(&result, warp_slot(source), sizeof(T));
  warp_barrier();
  return result;
}

}  // namespace cuda_emulator

inline void __syncthreads() {
  cuda_emulator::block_barrier(0);
}
inline int __syncthreads_count(int predicate) {
  return static_cast<int>(cuda_emulator::block_barrier(predicate != 0));
}
inline int __syncthreads_or(int predicate) {
  return cuda_emulator::block_barrier(predicate != 0) != 0;
}
inline void __syncwarp(unsigned = ~0u) {
  cuda_emulator::warp_barrier();
}
template <class T>
T __shfl_sync(unsigned, T value, int source, int width = 32) {
  const unsigned lane = cuda_emulator::lane(), group = lane & ~static_cast<unsigned>(width - 1);
  return cuda_emulator::exchange(value,
                                 group + (static_cast<unsigned>(source) & unsigned(width - 1)));
}
template <class T>
T __shfl_xor_sync(unsigned, T value, int mask, int width = 32) {
  const unsigned lane = cuda_emulator::lane(), other = lane ^ static_cast<unsigned>(mask);
  const bool inside = (lane & ~unsigned(width - 1)) == (other & ~unsigned(width - 1));
  return cuda_emulator::exchange(value, inside ? other : lane);
}
template <class T>
T __shfl_down_sync(unsigned, T value, unsigned delta, int width = 32) {
  const unsigned lane = cuda_emulator::lane(), at = (lane & unsigned(width - 1)) + delta;
  return cuda_emulator::exchange(value, at < unsigned(width) ? lane + delta : lane);
}
template <class T>
T __shfl_up_sync(unsigned, T value, unsigned delta, int width = 32) {
  const unsigned lane = cuda_emulator::lane(), at = lane & unsigned(width - 1);
  return cuda_emulator::exchange(value, at >= delta ? lane - delta : lane);
}
inline unsigned __ballot_sync(unsigned, int predicate) {
  unsigned result = 0;
  for (unsigned i = 0; i < 32; ++i) {
    const unsigned bit = cuda_emulator::exchange(unsigned(predicate != 0), i);
    if ((cuda_emulator::active_lanes() >> i & 1) != 0) result |= bit << i;
  }
  return result;
}
inline int __any_sync(unsigned mask, int predicate) {
  return __ballot_sync(mask, predicate) != 0;
}
inline int __all_sync(unsigned mask, int predicate) {
  return __ballot_sync(mask, !predicate) == 0;
}

inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>((std::uint64_t{a} * b) >> 32);
}
inline unsigned __brev(unsigned x) {
  unsigned result = 0;
  for (int i = 0; i < 32; ++i, x >>= 1) result = result << 1 | (x & 1);
  return result;
}
inline int __clz(int x) {
  return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x));
}
inline int __ffs(int x) {
  return __builtin_ffs(x);
}
inline int __popc(unsigned x) {
  return __builtin_popcount(x);
}
template <class T>
T __ldg(const T* address) {
  return *address;
}
using std::max;
using std::min;

inline void __threadfence() {}
template <class T>
T atomicAdd(T* address, std::type_identity_t<T> value) {
  return __atomic_fetch_add(address, value, __ATOMIC_RELAXED);
}
template <class T>
T atomicOr(T* address, std::type_identity_t<T> value) {
  return __atomic_fetch_or(address, value, __ATOMIC_RELAXED);
}
template <class T>
T atomicExch(T* address, std::type_identity_t<T> value) {
  return __atomic_exchange_n(address, value, __ATOMIC_RELAXED);
}
template <class T>
T atomicCAS(T* address, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  __atomic_compare_exchange_n(address, &expected, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  return expected;
}
template <class T>
T atomicMin(T* address, std::type_identity_t<T> value) {
  T old = *address;
  while (value < old && !__atomic_compare_exchange_n(address, &old, value, false, __ATOMIC_RELAXED,
                                                     __ATOMIC_RELAXED)) {
  }
  return old;
}
template <class T>
T atomicMax(T* address, std::type_identity_t<T> value) {
  T old = *address;
  while (old < value && !__atomic_compare_exchange_n(address, &old, value, false, __ATOMIC_RELAXED,
                                                     __ATOMIC_RELAXED)) {
  }
  return old;
}

// The part of the runtime that the backend calls.
enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorNotReady = 600
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
struct CUstream_st;
struct CUevent_st;
using cudaStream_t = CUstream_st*;
using cudaEvent_t = CUevent_st*;
inline constexpr unsigned cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2,
                          cudaEventDefault = 0;
inline constexpr unsigned cudaHostAllocDefault = 0;

struct cudaDeviceProp {
  char name[256];
  std::size_t totalGlobalMem, sharedMemPerBlockOptin;
  int major, minor, multiProcessorCount, l2CacheSize;
};

cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total);
cudaError_t cudaMalloc(void** memory, std::size_t bytes);
cudaError_t cudaFree(void* memory);
cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned flags);
cudaError_t cudaFreeHost(void* memory);
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                            cudaStream_t);
cudaError_t cudaMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from,
                              std::size_t from_pitch, std::size_t width, std::size_t height,
                              cudaMemcpyKind, cudaStream_t);
cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t);
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest);
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int priority);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags = 0);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventQuery(cudaEvent_t event);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end);
cudaError_t cudaGetLastError();
const char* cudaGetErrorString(cudaError_t error);

namespace cuda_emulator {
/// Bytes that cudaMalloc gives in all; what is in use now. For the tests of exhaustion and leaks.
void set_device_memory(std::size_t bytes);
std::size_t device_memory_in_use();
/// Calls of cudaEventCreateWithFlags so far.
std::size_t events_made();
}  // namespace cuda_emulator
