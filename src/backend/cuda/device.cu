#include "backend/cuda/device.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>

#include "backend/cuda/cuda_api.h"
#include "backend/cuda/device_memory.h"
#include "backend/cuda/queue.h"
#include "backend/cuda/staging_copy.h"
#include "gyre/support/error.h"

namespace gyre::cuda {
namespace {

/// The oldest architecture that the kernels are compiled for.
constexpr int kOldestMajor = 8;

DeviceInfo describe(int index) {
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, index), "reading the properties of a CUDA device");
  DeviceInfo info;
  info.index = index;
  info.name = properties.name;
  info.major = properties.major;
  info.minor = properties.minor;
  info.memory_bytes = properties.totalGlobalMem;
  info.shared_bytes_per_block = properties.sharedMemPerBlockOptin;
  info.l2_bytes = static_cast<std::uint64_t>(properties.l2CacheSize);
  info.multiprocessors = static_cast<unsigned>(properties.multiProcessorCount);
  return info;
}

__global__ void copy_words(const std::uint32_t* from, std::size_t words, std::uint32_t* to) {
  const std::size_t i = global_thread();
  if (i < words) to[i] = from[i];
}

}  // namespace

void check(int status, const char* what) {
  if (status == cudaSuccess) return;
  const auto error = static_cast<cudaError_t>(status);
  throw Error(ErrorKind::kResource, std::string(what) + ": " + cudaGetErrorString(error));
}

std::vector<DeviceInfo> list_devices() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
#if !defined(GYRE_CUDA_EMULATED)
  if (status == cudaErrorNoDevice) return {};
  if (status == cudaErrorInsufficientDriver) {
    throw Error(ErrorKind::kResource, "cuda: this machine has no NVIDIA driver, or an old one");
  }
#endif
  check(status, "cuda: looking for devices");
  std::vector<DeviceInfo> devices;
  for (int i = 0; i < count; ++i) {
    devices.push_back(describe(i));
    use_device(i);
    std::size_t free = 0, total = 0;
    check(cudaMemGetInfo(&free, &total), "cuda: reading the free memory");
    devices.back().free_bytes = free;
  }
  return devices;
}

DeviceInfo find_device(int index) {
  const std::vector<DeviceInfo> devices = list_devices();
  if (devices.empty()) throw Error(ErrorKind::kResource, "cuda: this machine has no CUDA device");
  if (index < 0 || static_cast<std::size_t>(index) >= devices.size()) {
    throw Error(ErrorKind::kResource, "cuda: there is no device " + std::to_string(index) +
                                          "; this machine has " + std::to_string(devices.size()));
  }
  const DeviceInfo& device = devices[static_cast<std::size_t>(index)];
  if (device.major < kOldestMajor) {
    throw Error(ErrorKind::kResource, "cuda: device " + std::to_string(index) + " (" + device.name +
                                          ") has compute capability " +
                                          std::to_string(device.major) + "." +
                                          std::to_string(device.minor) + "; 8.0 is the least");
  }
  return device;
}

void use_device(int index) {
  check(cudaSetDevice(index), "cuda: choosing the device");
}

DeviceArena::DeviceArena(std::size_t capacity) : capacity_(capacity) {
  if (capacity == 0) return;
  void* memory = nullptr;
  if (cudaMalloc(&memory, capacity) != cudaSuccess) {
    static_cast<void>(cudaGetLastError());  // Clears it.
    std::size_t free = 0, total = 0;
    static_cast<void>(cudaMemGetInfo(&free, &total));
    throw Error(ErrorKind::kResource, "out of device memory: " + std::to_string(capacity) +
                                          " bytes are needed, " + std::to_string(free) + " of " +
                                          std::to_string(total) + " are free");
  }
  memory_ = static_cast<char*>(memory);
}

DeviceArena::~DeviceArena() {
  if (memory_ != nullptr) static_cast<void>(cudaFree(memory_));
}

void* DeviceArena::take_bytes(std::size_t bytes) {
  if (bytes > capacity_ - used_) {
    throw Error(ErrorKind::kResource, "device arena of " + std::to_string(capacity_) +
                                          " bytes: asked for " + std::to_string(bytes) +
                                          " beside " + std::to_string(used_));
  }
  void* const memory = memory_ + used_;
  used_ += bytes;
  if (used_ > peak_) peak_ = used_;
  return memory;
}

void DeviceArena::shrink_bytes(const void* memory, std::size_t bytes, std::size_t left) {
  if (left > bytes || bytes > used_ || memory != memory_ + (used_ - bytes)) {
    throw misuse("device arena: expected the values handed out last and at most their size, got " +
                 std::to_string(left) + " of " + std::to_string(bytes) + " bytes elsewhere");
  }
  used_ -= bytes - left;
}

std::size_t DeviceArena::reset_peak() {
  const std::size_t old = peak_;
  peak_ = used_;
  return old;
}

Queue::Queue(int device) : use_(device) {}

Queue::~Queue() {
  static_cast<void>(cudaStreamSynchronize(copy_stream_));
  static_cast<void>(cudaStreamSynchronize(stream_));
}

void Queue::begin_copies() {
  launched_.record(stream_);
  launched_.hold(copy_stream_);
}

void Queue::finish_copies() {
  copied_.record(copy_stream_);
  copied_.hold(stream_);
}

void Queue::fork(std::size_t lanes) {
  if (lanes < 2) return;
  forked_.record(stream_);
  for (std::size_t i = 1; i < lanes; ++i) {
    if (!lanes_[i]) lanes_[i].emplace();
    forked_.hold(lanes_[i]->stream);
  }
}

int Queue::join(std::size_t lanes) {
  launch_stream_ = stream_;
  int status = cudaSuccess;
  for (std::size_t i = 1; i < lanes; ++i) {
    for (const cudaError_t result : {cudaEventRecord(lanes_[i]->end, lanes_[i]->stream),
                                     cudaStreamWaitEvent(stream_, lanes_[i]->end)}) {
      if (result != cudaSuccess) status = result;
    }
  }
  return status;
}

void Queue::fill_zero_on(cudaStream_t stream, void* device, std::size_t bytes) {
  if (bytes == 0) return;
  count_dispatch(bytes);
  check(cudaMemsetAsync(device, 0, bytes, stream), "clearing device memory");
}

void Queue::copy_on_device(void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  count_dispatch(2 * bytes);
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_), "copy on the device");
}

void Queue::upload_bytes(Staging& staging, cudaStream_t stream, void* device, const void* host,
                         std::size_t bytes) {
  count_upload(bytes);
  const char* from = static_cast<const char*>(host);
  char* to = static_cast<char*>(device);
  while (bytes != 0) {
    const std::size_t chunk = std::min(bytes, staging.room());
    char* const pinned = staging.take(chunk);
    copy_to_staging(pinned, from, chunk);
    check(cudaMemcpyAsync(to, pinned, chunk, cudaMemcpyHostToDevice, stream), "copy to the device");
    from += chunk;
    to += chunk;
    bytes -= chunk;
  }
}

/// A few values by a kernel: the engines for copies take longer to begin after one.
void Queue::copy_to_host(void* pinned, const void* device, std::size_t bytes) {
  constexpr std::size_t kByKernel = std::size_t{16} << 10, kWord = sizeof(std::uint32_t);
  count_download(bytes);
  if (bytes <= kByKernel && bytes % kWord == 0 &&
      reinterpret_cast<std::uintptr_t>(device) % kWord == 0) {
    const std::size_t words = bytes / kWord;
    const auto* const from = static_cast<const std::uint32_t*>(device);
    auto* const to = static_cast<std::uint32_t*>(pinned);
    return start(stream_, copy_words, grid_for(words), from, words, to);
  }
  check(cudaMemcpyAsync(pinned, device, bytes, cudaMemcpyDeviceToHost, stream_),
        "copy from the device");
}

void Queue::download_bytes(void* host, const void* device, std::size_t bytes) {
  for (std::size_t done = 0; done < bytes;) {
    const std::size_t chunk = std::min(bytes - done, Staging::kBytes);
    copy_to_host(landing_.data(), static_cast<const char*>(device) + done, chunk);
    synchronize();
    std::memcpy(static_cast<char*>(host) + done, landing_.data(), chunk);
    done += chunk;
  }
}

unsigned Queue::begin_download_bytes(const void* device, std::size_t bytes) {
  const auto free = std::find_if(std::begin(landings_), std::end(landings_),
                                 [](const Landing& landing) { return !landing.taken; });
  if (free == std::end(landings_)) {
    throw misuse("a download was begun beside " + std::to_string(kDownloads) +
                 " others, as many as are possible at a time");
  }
  if (bytes > free->memory->size()) free->memory = std::make_unique<PinnedMemory>(bytes);
  copy_to_host(free->memory->data(), device, bytes);
  free->arrived.record(stream_);
  free->taken = true;
  return static_cast<unsigned>(free - std::begin(landings_));
}

const void* Queue::wait_for_landing(unsigned place) {
  count_sync();
  landings_[place].arrived.wait();
  return landings_[place].memory->data();
}

void Queue::synchronize() {
  count_sync();
  check(cudaStreamSynchronize(stream_), "waiting for the device");
}

}  // namespace gyre::cuda
