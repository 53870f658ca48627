#pragma once

#include <memory>

#include "backend/backend.h"

namespace gyre::cuda {

/// The backend on a device, prepared for the AIRs of `key`, which must outlive it. Errors as
/// find_device.
std::unique_ptr<Backend> make_backend(const VerifyingKey& key, int device);

}  // namespace gyre::cuda
