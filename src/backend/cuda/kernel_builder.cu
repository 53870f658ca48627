#include <optional>
#include <string>
#include <utility>

#include "backend/cuda/codegen/kernel_cache.h"
#include "backend/cuda/codegen/nvrtc.h"
#include "backend/cuda/device.h"
#include "backend/cuda/generated_evaluator.h"
#include "gyre/support/error.h"

namespace gyre::cuda {

#if defined(GYRE_CUDA_EMULATED)

// The emulator runs no machine code.
std::unique_ptr<const KernelBuilder> make_kernel_builder(int) {
  return nullptr;
}

#else

namespace {

class LoadedKernel : public RunnableKernel {
 public:
  explicit LoadedKernel(std::vector<std::uint8_t> cubin) : cubin_(std::move(cubin)) {
    check(cudaLibraryLoadData(&library_, cubin_.data(), nullptr, nullptr, 0, nullptr, nullptr, 0),
          "generated kernel");
    const cudaError_t status = cudaLibraryGetKernel(&kernel_, library_, kGeneratedKernel);
    if (status != cudaSuccess) cudaLibraryUnload(library_);
    check(status, "generated kernel");
  }
  ~LoadedKernel() override { cudaLibraryUnload(library_); }
  LoadedKernel(const LoadedKernel&) = delete;
  LoadedKernel& operator=(const LoadedKernel&) = delete;

  void launch(Queue& queue, const Grid& grid, std::uint64_t bytes_moved, const void* device_items,
              std::uint32_t num_items, std::uint32_t first_piece) const override {
    void* arguments[] = {&device_items, &num_items, &first_piece};
    queue.launch_generated(reinterpret_cast<const void*>(kernel_), grid, bytes_moved, arguments);
  }
  std::size_t code_bytes() const override { return cubin_.size(); }

 private:
  std::vector<std::uint8_t> cubin_;
  cudaLibrary_t library_ = nullptr;
  cudaKernel_t kernel_ = nullptr;
};

/// Machine code that stays loaded when no key needs it.
constexpr std::size_t kMostLoadedBytes = std::size_t{256} << 20;

/// Never destroyed: at the end of the process CUDA may be gone before it.
KernelPool& loaded_kernels() {
  static KernelPool& pool = *new KernelPool(kMostLoadedBytes);
  return pool;
}

class NvrtcBuilder : public KernelBuilder {
 public:
  NvrtcBuilder(int device, const Nvrtc& nvrtc)
      : device_(device), nvrtc_(nvrtc), cache_(KernelCache::default_folder()) {
    const DeviceInfo info = find_device(device);
    options_ = nvrtc_options(info.major, info.minor);
  }

  std::shared_ptr<const RunnableKernel> build(const GeneratedKernel& kernel) const override {
    const std::string key = kernel_key(kernel.source, options_, nvrtc_.version());
    return loaded_kernels().get(std::to_string(device_) + " " + key,
                                [&] { return load_or_compile(kernel.source, key); });
  }
  std::string note() const override { return cache_.note(); }

 private:
  std::shared_ptr<const RunnableKernel> load_or_compile(const std::string& source,
                                                        const std::string& key) const {
    use_device(device_);
    if (std::optional<std::vector<std::uint8_t> > cubin = cache_.get(key)) {
      try {
        return std::make_shared<LoadedKernel>(std::move(*cubin));
      } catch (const Error&) {
        // Not what this driver takes: compiled again.
      }
    }
    std::vector<std::uint8_t> cubin = nvrtc_.compile(source, options_).cubin;
    cache_.put(key, cubin);
    return std::make_shared<LoadedKernel>(std::move(cubin));
  }

  int device_;
  const Nvrtc& nvrtc_;
  KernelCache cache_;
  std::vector<std::string> options_;
};

}  // namespace

std::unique_ptr<const KernelBuilder> make_kernel_builder(int device) {
  const Nvrtc* const nvrtc = Nvrtc::find();
  if (nvrtc == nullptr) return nullptr;
  return std::make_unique<NvrtcBuilder>(device, *nvrtc);
}

#endif

}  // namespace gyre::cuda
