#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gyre/backend/devices.h"

namespace gyre::cuda {

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
