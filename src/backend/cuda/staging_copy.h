#pragma once

#include <cstddef>

namespace gyre::cuda {

/// memcpy by as many threads as it takes to keep up with the link to a device, which is several
/// times faster than one of them.
void copy_to_staging(void* to, const void* from, std::size_t bytes);
/// The same for `rows` pieces of `bytes`, which follow one another in `to` and begin `pitch` bytes
/// apart in `from`.
void copy_rows_to_staging(void* to, const void* from, std::size_t rows, std::size_t bytes,
                          std::size_t pitch);

}  // namespace gyre::cuda
