#include "support/memory_use.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> in_use{0}, peak{0};

#ifndef GYRE_SANITIZED

// The size goes in front of each block, in as much space as keeps the alignment.
constexpr std::size_t kHeader = alignof(std::max_align_t);

void* allocate(std::size_t size) noexcept {
  auto* const block = static_cast<std::size_t*>(std::malloc(size + kHeader));
  if (block == nullptr) return nullptr;
  *block = size;
  const std::size_t now = in_use.fetch_add(size) + size;
  std::size_t highest = peak.load();
  while (now > highest && !peak.compare_exchange_weak(highest, now)) {
  }
  return reinterpret_cast<char*>(block) + kHeader;
}

void* allocate_or_throw(std::size_t size) {
  void* const pointer = allocate(size);
  if (pointer == nullptr) throw std::bad_alloc();
  return pointer;
}

void release(void* pointer) {
  if (pointer == nullptr) return;
  char* const block = static_cast<char*>(pointer) - kHeader;
  in_use -= *reinterpret_cast<std::size_t*>(block);
  std::free(block);
}

#endif

}  // namespace

#ifndef GYRE_SANITIZED

void* operator new(std::size_t size) {
  return allocate_or_throw(size);
}
void* operator new[](std::size_t size) {
  return allocate_or_throw(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void operator delete(void* pointer) noexcept {
  release(pointer);
}
void operator delete[](void* pointer) noexcept {
  release(pointer);
}
void operator delete(void* pointer, std::size_t) noexcept {
  release(pointer);
}
void operator delete[](void* pointer, std::size_t) noexcept {
  release(pointer);
}

#endif

namespace gyre {

MemoryUse::MemoryUse() : start_(in_use.load()) {
  peak.store(start_);
}

std::size_t MemoryUse::peak_bytes() const {
  return peak.load() - start_;
}

}  // namespace gyre
