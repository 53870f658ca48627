#pragma once

#include <cstddef>

namespace gyre::cuda {

/// memcpy by as many threads as it takes to keep up with the link to a device, which is several
/// times faster than one of them.
void copy_to_staging(void* to, const void* from, std::size_t bytes);

}  // namespace gyre::cuda
