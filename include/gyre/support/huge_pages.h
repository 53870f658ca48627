#pragma once

#include <cstddef>

namespace gyre {

/// Memory for `bytes` bytes, in huge pages where they are large and the system gives them: tall
/// columns are read at long strides. Throws std::bad_alloc. Thread-safe.
void* allocate_in_huge_pages(std::size_t bytes);
void free_in_huge_pages(void* memory, std::size_t bytes);

/// Allocator of large arrays for standard containers.
template <class T>
struct HugePageAllocator {
  using value_type = T;
  HugePageAllocator() = default;
  template <class U>
  explicit HugePageAllocator(const HugePageAllocator<U>&) {}
  T* allocate(std::size_t count) {
    return static_cast<T*>(allocate_in_huge_pages(count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t count) { free_in_huge_pages(memory, count * sizeof(T)); }
  friend bool operator==(const HugePageAllocator&, const HugePageAllocator&) { return true; }
};

}  // namespace gyre
