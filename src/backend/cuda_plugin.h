#pragma once

#include <memory>
#include <vector>

#include "backend/backend.h"
#include "gyre/backend/devices.h"
#include "support/collector.h"

namespace gyre {

/// What libgyre_cuda.so, which has its own copy of the core libraries, offers the program that
/// loads it. Objects and gyre::Error pass between the two as they are, so both must be of the same
/// build: the tag changes with the headers they are declared in.
struct CudaPlugin {
  /// First in every version, so that a program can read it before it knows the rest.
  const char* build_tag = nullptr;
  /// Spans and counters go to the collectors of the program. Called once, before all others.
  void (*use_collector_slot)(CollectorSlot slot) = nullptr;
  /// As gyre::cuda_devices().
  std::vector<DeviceInfo> (*devices)() = nullptr;
  /// gyre::Error(kResource) when there is no such device or its architecture is not supported.
  void (*check_device)(int index) = nullptr;
  /// Prepared for the AIRs of `key`, which must outlive it. Errors as check_device.
  std::unique_ptr<Backend> (*make_backend)(const VerifyingKey& key, int device) = nullptr;
};

/// The one symbol of the shared object.
inline constexpr const char* kCudaPluginSymbol = "gyre_cuda_plugin";
using CudaPluginEntry = const CudaPlugin*();

}  // namespace gyre
