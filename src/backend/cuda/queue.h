#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "backend/cuda/cuda_api.h"
#include "backend/cuda/device.h"
#include "backend/cuda/device_memory.h"
#include "backend/cuda/handles.h"
#include "backend/cuda/staging.h"
#include "gyre/support/telemetry.h"

namespace gyre::cuda {

/// Size of a launch.
struct Grid {
  dim3 blocks, threads;
  std::size_t shared_bytes = 0;  ///< dynamic shared memory
};

/// Enough blocks of `threads` for one thread an item; at least one.
inline Grid grid_for(std::size_t items, unsigned threads = 256) {
  const std::size_t blocks = items == 0 ? 1 : (items + threads - 1) / threads;
  return {dim3(static_cast<unsigned>(blocks)), dim3(threads), 0};
}

/// One stream of one device: the order in which a proof's copies and kernels run. Beside it a
/// second one for copies of traces, which kernels need not wait for. Everything but download,
/// Download::wait and synchronize returns at once. Launches, synchronisations and copied bytes are
/// counted in the calling thread's telemetry. Used by one thread at a time.
/// All functions: gyre::Error(kResource) when CUDA refuses.
class Queue {
 public:
  explicit Queue(int device);
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  cudaStream_t stream() const { return stream_; }

  /// Runs kernel(arguments...). `bytes_moved`: device-memory traffic that the kernel declares.
  /// In .cu files only. Kernels with more than 48 KiB of shared memory: raise_shared_limit first.
  template <class... Parameters, class... Arguments>
  void launch(void (*kernel)(Parameters...), const Grid& grid, std::uint64_t bytes_moved,
              Arguments&&... arguments) {
    launch_on(launch_stream_, kernel, grid, bytes_moved, arguments...);
  }
  /// The same for a kernel that was loaded at run time; `arguments`: the addresses of its
  /// parameters' values. Not in the emulator.
  void launch_generated(const void* kernel, const Grid& grid, std::uint64_t bytes_moved,
                        void** arguments) {
    count_dispatch(bytes_moved);
#if defined(GYRE_CUDA_EMULATED)
    static_cast<void>(kernel), static_cast<void>(grid), static_cast<void>(arguments);
    check(cudaErrorInvalidValue, "generated kernel");
#else
    check(cudaLaunchKernel(kernel, grid.blocks, grid.threads, arguments, grid.shared_bytes,
                           launch_stream_),
          "generated kernel");
#endif
  }
  /// Calls queue_launch(i) for i < count, which queues launches and nothing else. Those of
  /// different i may run at the same time; all of them after what was queued before and before what
  /// follows. The first had best be the widest.
  template <class QueueLaunch>
  void side_by_side(std::size_t count, QueueLaunch&& queue_launch) {
    LaneScope scope(*this, count < kLanes ? count : kLanes);
    for (std::size_t i = 0; i < count; ++i) {
      scope.use(i);
      queue_launch(i);
    }
    check(scope.join(), "joining streams");
  }
  template <class... Parameters>
  static void raise_shared_limit(void (*kernel)(Parameters...), std::size_t bytes) {
#if defined(__CUDACC__) && !defined(GYRE_CUDA_EMULATED)
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(bytes)),
          "shared memory");
#else
    static_cast<void>(kernel);
    static_cast<void>(bytes);
#endif
  }

  void fill_zero(void* device, std::size_t bytes) {
    fill_zero_on(stream_, device, bytes);
  }
  void copy_on_device(void* to, const void* from, std::size_t bytes);

  /// Host to device. The values are copied out before it returns; large ones go through pinned
  /// buffers in chunks while earlier ones are on their way.
  template <class T>
  void upload(DeviceSpan<T> to, std::span<const std::type_identity_t<T>> from) {
    static_assert(std::is_trivially_copyable_v<T>);
    upload_bytes(staging_, stream_, to.data, from.data(), from.size_bytes());
  }

  /// Work on the stream of copies: between begin_copies, after which it may write to memory that
  /// launches so far have used, and finish_copies, after which launches see what it wrote.
  void begin_copies();
  void finish_copies();
  template <class T>
  void upload_beside(DeviceSpan<T> to, std::span<const std::type_identity_t<T>> from) {
    static_assert(std::is_trivially_copyable_v<T>);
    upload_bytes(copy_staging_, copy_stream_, to.data, from.data(), from.size_bytes());
  }
  void fill_zero_beside(void* device, std::size_t bytes) {
    fill_zero_on(copy_stream_, device, bytes);
  }
  /// Pinned memory, 1 to Staging::kBytes, for the next launch_beside.
  char* stage_beside(std::size_t bytes) {
    return copy_staging_.take(bytes);
  }
  template <class... Parameters, class... Arguments>
  void launch_beside(void (*kernel)(Parameters...), const Grid& grid, std::uint64_t bytes_moved,
                     Arguments&&... arguments) {
    launch_on(copy_stream_, kernel, grid, bytes_moved, arguments...);
  }
  /// Device to host; waits for all work before it.
  template <class T>
  std::vector<std::remove_const_t<T>> download(DeviceSpan<T> from) {
    std::vector<std::remove_const_t<T>> result(from.size);
    download_bytes(result.data(), from.data, from.size * sizeof(T));
    return result;
  }
  void download_bytes(void* host, const void* device, std::size_t bytes);
  void synchronize();

  /// A copy to the host that was begun. It must not outlive the queue.
  template <class T>
  class Download {
   public:
    Download(Download&& other) noexcept
        : queue_(std::exchange(other.queue_, nullptr)), place_(other.place_), size_(other.size_) {}
    Download& operator=(Download&&) = delete;
    ~Download() {
      if (queue_ != nullptr) queue_->landings_[place_].taken = false;
    }
    /// The values, while this object lives; waits for them.
    std::span<const T> wait() {
      return {static_cast<const T*>(queue_->wait_for_landing(place_)), size_};
    }

   private:
    friend Queue;
    Download(Queue* queue, unsigned place, std::size_t size)
        : queue_(queue), place_(place), size_(size) {}

    Queue* queue_;
    unsigned place_;
    std::size_t size_;
  };
  /// Device to host without waiting; kDownloads of them at a time. Waits for memory if one is
  /// larger than kDownloadBytes and than those before.
  template <class T>
  Download<std::remove_const_t<T>> begin_download(DeviceSpan<T> from) {
    static_assert(std::is_trivially_copyable_v<T>);
    return {this, begin_download_bytes(from.data, from.size * sizeof(T)), from.size};
  }
  static constexpr std::size_t kDownloadBytes = std::size_t{1} << 18;
  static constexpr unsigned kDownloads = 4;

 private:
  template <class... Parameters, class... Arguments>
  void launch_on(cudaStream_t stream, void (*kernel)(Parameters...), const Grid& grid,
                 std::uint64_t bytes_moved, Arguments&... arguments) {
    count_dispatch(bytes_moved);
    start(stream, kernel, grid, arguments...);
  }
  /// A launch that is not counted.
  template <class... Parameters, class... Arguments>
  void start(cudaStream_t stream, void (*kernel)(Parameters...), const Grid& grid,
             Arguments&... arguments) {
#if defined(GYRE_CUDA_EMULATED)
    static_cast<void>(stream);
    cuda_emulator::run(grid.blocks, grid.threads, grid.shared_bytes,
                       [&] { kernel(static_cast<Parameters>(arguments)...); });
#elif defined(__CUDACC__)
    kernel<<<grid.blocks, grid.threads, grid.shared_bytes, stream>>>(
        static_cast<Parameters>(arguments)...);
    check(cudaGetLastError(), "kernel launch");
#else
    static_assert(sizeof...(Parameters) == ~std::size_t{0}, "launch from a .cu file");
#endif
  }
  static void fill_zero_on(cudaStream_t stream, void* device, std::size_t bytes);
  /// On the main stream.
  void copy_to_host(void* pinned, const void* device, std::size_t bytes);
  void upload_bytes(Staging& staging, cudaStream_t stream, void* device, const void* host,
                    std::size_t bytes);
  /// The place among `landings_`.
  unsigned begin_download_bytes(const void* device, std::size_t bytes);
  const void* wait_for_landing(unsigned place);

  /// As many streams as a device takes launches from at a time, less some for others.
  static constexpr std::size_t kLanes = 6;
  /// More urgent than the main stream: where that has the widest launch, whose blocks fill what the
  /// others leave, no long block of these begins last.
  struct Lane {
    Stream stream{1};
    Event end;
  };
  /// Lanes that have waited for what was queued; lane 0 is the main stream.
  class LaneScope {
   public:
    LaneScope(Queue& queue, std::size_t count) : queue_(queue), count_(count) { queue.fork(count); }
    /// Launches go to the main stream again and wait for the others, come what may.
    ~LaneScope() {
      if (!joined_) static_cast<void>(join());
    }
    LaneScope(const LaneScope&) = delete;
    LaneScope& operator=(const LaneScope&) = delete;
    /// Launches go to the i-th lane, counted round and round.
    void use(std::size_t i) const {
      const std::size_t lane = i % count_;
      queue_.launch_stream_ =
          lane == 0 ? cudaStream_t{queue_.stream_} : cudaStream_t{queue_.lanes_[lane]->stream};
    }
    int join() {
      joined_ = true;
      return queue_.join(count_);
    }

   private:
    Queue& queue_;
    std::size_t count_;
    bool joined_ = false;
  };
  void fork(std::size_t lanes);
  int join(std::size_t lanes);

  /// Of a download that was begun.
  struct Landing {
    std::unique_ptr<PinnedMemory> memory = std::make_unique<PinnedMemory>(kDownloadBytes);
    Event arrived;
    bool taken = false;
  };

  /// Makes the device current before the members are made.
  struct Use {
    explicit Use(int device) { use_device(device); }
  } use_;
  Stream stream_, copy_stream_{2};
  cudaStream_t launch_stream_ = stream_;  ///< that launches go to
  std::optional<Lane> lanes_[kLanes];     ///< made when first used; not the first
  Event forked_;
  Staging staging_{stream_}, copy_staging_{copy_stream_};
  Event launched_, copied_;
  PinnedMemory landing_{Staging::kBytes};  ///< for downloads that wait
  Landing landings_[kDownloads];
};

}  // namespace gyre::cuda
