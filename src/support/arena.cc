#include "support/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <string>
#include <utility>

#include "gyre/support/error.h"
#include "support/memory.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

namespace gyre {

Arena::Arena(std::size_t capacity) {
  if (capacity == 0) return;
  constexpr std::size_t kHugePage = std::size_t{1} << 21;
  capacity_ = (capacity + kHugePage - 1) / kHugePage * kHugePage;
  void* const memory = ::mmap(nullptr, capacity_, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw Error(ErrorKind::kResource,
                "out of memory: no address space for " + std::to_string(capacity_) + " bytes");
  }
  memory_ = static_cast<std::byte*>(memory);
#ifdef MADV_HUGEPAGE
  // A hint: small pages do as well, only slower.
  static_cast<void>(::madvise(memory_, capacity_, MADV_HUGEPAGE));
#endif
  ASAN_POISON_MEMORY_REGION(memory_, capacity_);
}

Arena::~Arena() {
  if (memory_ == nullptr) return;
  release_to(0);
  ASAN_UNPOISON_MEMORY_REGION(memory_, capacity_);
  ::munmap(memory_, capacity_);
}

void* Arena::take_bytes(std::size_t bytes) {
  if (bytes > capacity_ - used_) {
    throw Error(ErrorKind::kResource, "out of memory: asked for " + std::to_string(bytes) +
                                          " bytes, " + std::to_string(capacity_ - used_) + " of " +
                                          std::to_string(capacity_) + " are free");
  }
  std::byte* const taken = memory_ + used_;
  used_ += bytes;
  peak_ = std::max(peak_, used_);
  MemoryAccount::acquire(bytes);
  ASAN_UNPOISON_MEMORY_REGION(taken, bytes);
  return taken;
}

void Arena::release_to(std::size_t used) {
  MemoryAccount::release(used_ - used);
  ASAN_POISON_MEMORY_REGION(memory_ + used, used_ - used);
  used_ = used;
}

std::size_t Arena::reset_peak() {
  return std::exchange(peak_, used_);
}

}  // namespace gyre
