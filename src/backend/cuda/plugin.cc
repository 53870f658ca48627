#include "backend/cuda_plugin.h"

#include "backend/cuda/device.h"
#include "backend/cuda/device_backend.h"
#include "build_tag.h"

namespace gyre {
namespace {

constexpr CudaPlugin kPlugin = {
    .build_tag = kBuildTag,
    .use_collector_slot = use_collector_slot,
    .devices = cuda::list_devices,
    .check_device = [](int index) { static_cast<void>(cuda::find_device(index)); },
    .make_backend = cuda::make_backend,
};

}  // namespace
}  // namespace gyre

extern "C" __attribute__((visibility("default"))) const gyre::CudaPlugin* gyre_cuda_plugin() {
  return &gyre::kPlugin;
}
