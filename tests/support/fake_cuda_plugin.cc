/// A shared object like libgyre_cuda.so, with its own copy of the library and a device that fails:
/// what passes between it and the program that loads it. FAKE_BUILD_TAG in place of the real tag
/// makes it one of another build.
#include "backend/cuda_plugin.h"
#include "build_tag.h"
#include "gyre/support/error.h"
#include "gyre/support/telemetry.h"

#if !defined(FAKE_BUILD_TAG)
#define FAKE_BUILD_TAG gyre::kBuildTag
#endif

namespace gyre {
namespace {

std::vector<DeviceInfo> devices() {
  const Span span("fake.devices");
  count_dispatch(7);
  note_attribute("device", "fake");
  return {{.index = 0, .name = "fake", .major = 9, .memory_bytes = 5}};
}

void check_device(int index) {
  throw Error(ErrorKind::kResource, "cuda: device " + std::to_string(index) + " is a fake");
}

constexpr CudaPlugin kPlugin = {
    .build_tag = FAKE_BUILD_TAG,
    .use_collector_slot = use_collector_slot,
    .devices = devices,
    .check_device = check_device,
    .make_backend = [](const VerifyingKey&, int index) -> std::unique_ptr<Backend> {
      check_device(index);
      return nullptr;
    },
};

}  // namespace
}  // namespace gyre

extern "C" const gyre::CudaPlugin* gyre_cuda_plugin() {
  return &gyre::kPlugin;
}
