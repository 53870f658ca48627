#include "support/cuda_emulator/cuda_emulator.h"

#include <atomic>
#include <boost/context/fiber.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

thread_local uint3 threadIdx, blockIdx;
thread_local dim3 blockDim, gridDim;

namespace cuda_emulator {
namespace {

using Fiber = boost::context::fiber;

enum class Wait { kNone, kWarp, kBlock, kDone };

struct Thread {
  Fiber fiber;
  uint3 index{};
  Wait wait = Wait::kNone;
};

/// One block in flight on the calling OS thread.
struct Block {
  std::vector<Thread> threads;
  std::vector<uint4> slots;  ///< one a thread
  std::vector<uint4> shared;
  Fiber scheduler;
  std::size_t current = 0;
  unsigned arrived_sum = 0, result = 0;

  void suspend(Wait why) {
    threads[current].wait = why;
    scheduler = std::move(scheduler).resume();
  }
  void resume(std::size_t i) {
    current = i;
    threadIdx = threads[i].index;
    threads[i].wait = Wait::kNone;
    threads[i].fiber = std::move(threads[i].fiber).resume();
  }
  bool all(std::size_t begin, std::size_t end, Wait what) const {
    for (std::size_t i = begin; i < end; ++i) {
      if (threads[i].wait != what && threads[i].wait != Wait::kDone) return false;
    }
    return true;
  }
};

thread_local Block* running = nullptr;

/// Keeps the stacks of finished fibers for the next ones.
class StackPool {
 public:
  boost::context::stack_context allocate() {
    boost::context::stack_context stack;
    if (idle().empty()) {
      idle().push_back(static_cast<char*>(::operator new (kBytes, std::align_val_t{4096})));
    }
    stack.size = kBytes;
    stack.sp = idle().back() + kBytes;
    idle().pop_back();
    return stack;
  }
  void deallocate(boost::context::stack_context& stack) {
    idle().push_back(static_cast<char*>(stack.sp) - kBytes);
  }

 private:
  static constexpr std::size_t kBytes = 128 * 1024;
  struct Stacks : std::vector<char*> {
    ~Stacks() {
      for (char* stack : *this) ::operator delete (stack, std::align_val_t{4096});
    }
  };
  static Stacks& idle() {
    thread_local Stacks stacks;
    return stacks;
  }
};

[[noreturn]] void diverged() {
  std::fprintf(stderr, "CUDA emulator: block (%u, %u): its threads wait at different barriers\n",
               blockIdx.x, blockIdx.y);
  std::abort();
}

void run_block(Block& block, const std::function<void()>& thread) {
  const std::size_t count = std::size_t{blockDim.x} * blockDim.y * blockDim.z;
  block.threads.clear();
  block.threads.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    Thread& made = block.threads[i];
    made.index = {static_cast<unsigned>(i % blockDim.x),
                  static_cast<unsigned>(i / blockDim.x % blockDim.y),
                  static_cast<unsigned>(i / blockDim.x / blockDim.y)};
    made.fiber = Fiber(std::allocator_arg, StackPool(), [&block, &thread, i](Fiber&& scheduler) {
      block.scheduler = std::move(scheduler);
      thread();
      block.threads[i].wait = Wait::kDone;
      return std::move(block.scheduler);
    });
    block.resume(i);
  }
  for (;;) {
    bool advanced = false;
    for (std::size_t begin = 0; begin < count; begin += 32) {
      const std::size_t end = std::min(count, begin + 32);
      while (block.all(begin, end, Wait::kWarp) && !block.all(begin, end, Wait::kDone)) {
        for (std::size_t i = begin; i < end; ++i) {
          if (block.threads[i].wait == Wait::kWarp) block.resume(i);
        }
        advanced = true;
      }
    }
    if (block.all(0, count, Wait::kDone)) return;
    if (block.all(0, count, Wait::kBlock)) {
      block.result = std::exchange(block.arrived_sum, 0);
      for (std::size_t i = 0; i < count; ++i) {
        if (block.threads[i].wait == Wait::kBlock) block.resume(i);
      }
      advanced = true;
    }
    if (!advanced) diverged();
  }
}

}  // namespace

void run(dim3 grid, dim3 threads, std::size_t dynamic_shared, const std::function<void()>& thread) {
  if (threads.x * threads.y * threads.z > 1024 || threads.x * threads.y * threads.z == 0 ||
      grid.x * grid.y * grid.z == 0 || grid.y > 65535 || grid.z > 65535) {
    std::fprintf(stderr, "CUDA emulator: launch of %u x %u x %u blocks of %u threads\n", grid.x,
                 grid.y, grid.z, threads.x * threads.y * threads.z);
    std::abort();
  }
  Block block;
  block.slots.resize((std::size_t{threads.x} * threads.y * threads.z + 31) / 32 * 32);
  block.shared.resize(dynamic_shared / 16 + 1);
  running = &block;
  gridDim = grid;
  blockDim = threads;
  for (unsigned z = 0; z < grid.z; ++z) {
    for (unsigned y = 0; y < grid.y; ++y) {
      for (unsigned x = 0; x < grid.x; ++x) {
        blockIdx = {x, y, z};
        // Shared memory holds garbage when a block starts.
        std::memset(static_cast<void*>(block.shared.data()), 0xa5, block.shared.size() * 16);
        run_block(block, thread);
      }
    }
  }
  running = nullptr;
}

void* dynamic_shared() {
  return running->shared.data();
}
unsigned block_barrier(unsigned value) {
  running->arrived_sum += value;
  running->suspend(Wait::kBlock);
  return running->result;
}
void warp_barrier() {
  running->suspend(Wait::kWarp);
}
unsigned lane() {
  return static_cast<unsigned>(running->current % 32);
}
void* warp_slot(unsigned lane) {
  return &running->slots[running->current / 32 * 32 + lane];
}
unsigned active_lanes() {
  unsigned result = 0;
  const std::size_t begin = running->current / 32 * 32;
  for (std::size_t i = begin; i < std::min(running->threads.size(), begin + 32); ++i) {
    if (running->threads[i].wait != Wait::kDone) result |= 1u << (i - begin);
  }
  return result;
}

namespace {

std::mutex memory_mutex;
std::map<void*, std::size_t> allocations;
std::size_t memory_in_use = 0, memory_total = std::size_t{4} << 30;
std::atomic<std::size_t> event_count = 0;

}  // namespace

void set_device_memory(std::size_t bytes) {
  const std::lock_guard lock(memory_mutex);
  memory_total = bytes;
}
std::size_t device_memory_in_use() {
  const std::lock_guard lock(memory_mutex);
  return memory_in_use;
}
std::size_t events_made() {
  return event_count;
}

}  // namespace cuda_emulator

struct CUevent_st {
  std::chrono::steady_clock::time_point time;
};

using namespace cuda_emulator;

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  return device == 0 ? cudaSuccess : cudaErrorInvalidValue;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (device != 0) return cudaErrorInvalidValue;
  *properties = {};
  std::snprintf(properties->name, sizeof properties->name, "emulated");
  properties->totalGlobalMem = memory_total;
  properties->sharedMemPerBlockOptin = 227 * 1024;
  properties->major = 9;
  properties->multiProcessorCount = 4;
  properties->l2CacheSize = 1 << 20;
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  const std::lock_guard lock(memory_mutex);
  *total = memory_total;
  *free = memory_total - std::min(memory_total, memory_in_use);
  return cudaSuccess;
}
cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  const std::lock_guard lock(memory_mutex);
  if (memory_in_use + bytes > memory_total) return cudaErrorMemoryAllocation;
  *memory = ::operator new (bytes, std::align_val_t{256}, std::nothrow);
  if (*memory == nullptr) return cudaErrorMemoryAllocation;
  // Device memory holds garbage.
  std::memset(*memory, 0xa5, bytes);
  allocations[*memory] = bytes;
  memory_in_use += bytes;
  return cudaSuccess;
}
cudaError_t cudaFree(void* memory) {
  const std::lock_guard lock(memory_mutex);
  if (memory == nullptr) return cudaSuccess;
  const auto found = allocations.find(memory);
  if (found == allocations.end()) return cudaErrorInvalidValue;
  memory_in_use -= found->second;
  allocations.erase(found);
  ::operator delete (memory, std::align_val_t{256});
  return cudaSuccess;
}
cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned) {
  *memory = ::operator new (bytes, std::align_val_t{256}, std::nothrow);
  return *memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}
cudaError_t cudaFreeHost(void* memory) {
  ::operator delete (memory, std::align_val_t{256});
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                            cudaStream_t) {
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from,
                              std::size_t from_pitch, std::size_t width, std::size_t height,
                              cudaMemcpyKind, cudaStream_t) {
  for (std::size_t i = 0; i < height; ++i) {
    std::memcpy(static_cast<char*>(to) + i * to_pitch,
                static_cast<const char*>(from) + i * from_pitch, width);
  }
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t) {
  std::memset(memory, value, bytes);
  return cudaSuccess;
}
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  *least = *greatest = 0;
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned, int) {
  *stream = nullptr;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t) {
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) {
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) {
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st;
  ++event_count;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  // All work before it is done already.
  event->time = std::chrono::steady_clock::now();
  return cudaSuccess;
}
cudaError_t cudaEventQuery(cudaEvent_t) {
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t) {
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - begin->time).count();
  return cudaSuccess;
}
cudaError_t cudaGetLastError() {
  return cudaSuccess;
}
const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "out of memory" : "invalid argument";
}
