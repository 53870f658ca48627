#include "backend/cuda/staging_copy.h"

#include <cstring>

#include "support/parallel.h"

namespace gyre::cuda {
namespace {

/// A thread's share: smaller copies are done before a second thread has woken.
constexpr std::size_t kShare = std::size_t{512} << 10;

}  // namespace

void copy_to_staging(void* to, const void* from, std::size_t bytes) {
  static const Parallel parallel(0);
  parallel.ranges(bytes, kShare, [&](std::size_t begin, std::size_t end) {
    std::memcpy(static_cast<char*>(to) + begin, static_cast<const char*>(from) + begin,
                end - begin);
  });
}

}  // namespace gyre::cuda
