#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gyre {

/// What a GPU is and has.
struct DeviceInfo {
  int index = 0;
  std::string name;
  int major = 0, minor = 0;  ///< compute capability
  std::uint64_t memory_bytes = 0, free_bytes = 0;
  std::uint64_t shared_bytes_per_block = 0;  ///< the most that a kernel may ask for
  std::uint64_t l2_bytes = 0;
  unsigned multiprocessors = 0;
};

/// The GPUs of this machine, by index; an empty list when there is a driver and no device.
/// gyre::Error(kResource), one sentence: the CUDA backend's shared object is absent or of another
/// build, there is no driver, or it is too old. Thread-safe.
std::vector<DeviceInfo> cuda_devices();

}  // namespace gyre
