#include "backend/cuda/staging_copy.h"

#include <algorithm>
#include <cstring>

#include "support/parallel.h"

namespace gyre::cuda {
namespace {

/// A thread's share: smaller copies are done before a second thread has woken.
constexpr std::size_t kShare = std::size_t{256} << 10;

const Parallel& threads() {
  static const Parallel parallel(0);
  return parallel;
}

}  // namespace

void copy_to_staging(void* to, const void* from, std::size_t bytes) {
  threads().ranges(bytes, kShare, [&](std::size_t begin, std::size_t end) {
    std::memcpy(static_cast<char*>(to) + begin, static_cast<const char*>(from) + begin,
                end - begin);
  });
}

void copy_rows_to_staging(void* to, const void* from, std::size_t rows, std::size_t bytes,
                          std::size_t pitch) {
  const std::size_t grain = std::max<std::size_t>(1, kShare / bytes);
  threads().ranges(rows, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      std::memcpy(static_cast<char*>(to) + row * bytes,
                  static_cast<const char*>(from) + row * pitch, bytes);
    }
  });
}

}  // namespace gyre::cuda
