#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <type_traits>

#include "gyre/support/error.h"
#include "support/arena.h"

namespace gyre {

/// Bytes held by all `Buffer`s of the process, and the highest value since `reset_peak`.
/// Thread-safe.
class MemoryAccount {
 public:
  static void acquire(std::uint64_t bytes);
  static void release(std::uint64_t bytes);
  static std::uint64_t in_use();
  static std::uint64_t peak();
  /// Starts a new peak at the present use; returns the old peak.
  static std::uint64_t reset_peak();
  /// Raises the peak to at least `bytes`.
  static void raise_peak(std::uint64_t bytes);
};

/// Bytes of memory that the machine has, used or not; the largest value where it does not tell.
std::uint64_t machine_memory();

/// A cache-line aligned array of `size` trivially copyable values, accounted for; its own, or taken
/// from an arena whose scope it must not outlive. Values are uninitialised. Movable only.
/// gyre::Error(kResource) that says how much was asked for when memory runs out.
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  explicit Buffer(std::size_t size) : size_(size) {
    if (size == 0) return;
    void* memory = ::operator new(size * sizeof(T), kAlignment, std::nothrow);
    if (memory == nullptr) {
      throw Error(ErrorKind::kResource, "out of memory: asked for " +
                                            std::to_string(size * sizeof(T)) + " bytes, holding " +
                                            std::to_string(MemoryAccount::in_use()));
    }
    values_ = static_cast<T*>(memory);
    owned_ = true;
    MemoryAccount::acquire(size * sizeof(T));
  }
  Buffer(Arena& arena, std::size_t size) : values_(arena.take<T>(size).data()), size_(size) {}
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~Buffer() {
    if (!owned_) return;
    ::operator delete(values_, kAlignment);
    MemoryAccount::release(size_ * sizeof(T));
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return values_; }
  const T* data() const { return values_; }
  T& operator[](std::size_t i) { return values_[i]; }
  const T& operator[](std::size_t i) const { return values_[i]; }
  T* begin() { return values_; }
  T* end() { return values_ + size_; }
  const T* begin() const { return values_; }
  const T* end() const { return values_ + size_; }
  std::span<T> span() { return {values_, size_}; }
  std::span<const T> span() const { return {values_, size_}; }

 private:
  static constexpr std::align_val_t kAlignment{64};

  void swap(Buffer& other) noexcept {
    std::swap(values_, other.values_);
    std::swap(size_, other.size_);
    std::swap(owned_, other.owned_);
  }

  T* values_ = nullptr;
  std::size_t size_ = 0;
  bool owned_ = false;
};

}  // namespace gyre
