#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gyre::cuda {

/// What a device is and has.
struct DeviceInfo {
  int index = 0;
  std::string name;
  int major = 0, minor = 0;  ///< compute capability
  std::uint64_t memory_bytes = 0, free_bytes = 0;
  std::uint64_t shared_bytes_per_block = 0;  ///< the most that a kernel may ask for
  std::uint64_t l2_bytes = 0;
  unsigned multiprocessors = 0;
};

/// The devices of this machine. gyre::Error(kResource) in plain words when there is no driver or
/// the driver is too old; an empty list when there is a driver and no device.
std::vector<DeviceInfo> list_devices();
/// gyre::Error(kResource) when there is no such device or its architecture is not supported.
DeviceInfo find_device(int index);
/// Makes the device current on the calling thread.
void use_device(int index);

/// Turns a CUDA status into gyre::Error(kResource): "what: CUDA's words".
void check(int status, const char* what);

}  // namespace gyre::cuda
