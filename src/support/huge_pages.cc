#include "gyre/support/huge_pages.h"

#include <sys/mman.h>

#include <new>

namespace gyre {
namespace {

constexpr std::size_t kHugePage = std::size_t{1} << 21;

std::align_val_t alignment(std::size_t bytes) {
  return std::align_val_t{bytes >= kHugePage ? kHugePage : 64};
}

}  // namespace

void* allocate_in_huge_pages(std::size_t bytes) {
  void* const memory = ::operator new(bytes, alignment(bytes));
#ifdef MADV_HUGEPAGE
  // A hint: small pages do as well, only slower.
  if (bytes >= kHugePage) {
    static_cast<void>(::madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE));
  }
#endif
  return memory;
}

void free_in_huge_pages(void* memory, std::size_t bytes) {
  ::operator delete(memory, alignment(bytes));
}

}  // namespace gyre
