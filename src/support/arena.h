#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace gyre {

/// The memory of one proof: one reservation, handed out from the bottom up and taken back by
/// scopes, so that phases that follow one another use the same pages. Backed by huge pages where
/// the system gives them. Used by one thread at a time; what it hands out may be shared.
class Arena {
 public:
  /// Reserves address space for `capacity` bytes; pages are taken when they are first written.
  /// gyre::Error(kResource) if the system refuses.
  explicit Arena(std::size_t capacity);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// `count` uninitialised values, aligned to kAlignment, until the enclosing scope ends.
  /// gyre::Error(kResource) beyond the capacity.
  template <class T>
  std::span<T> take(std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= kAlignment);
    return {static_cast<T*>(take_bytes(bytes_of<T>(count))), count};
  }

  /// Takes back on destruction all that was taken in its lifetime. Scopes nest.
  class Scope {
   public:
    explicit Scope(Arena& arena) : arena_(arena), used_(arena.used_) {}
    ~Scope() { arena_.release_to(used_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Arena& arena_;
    std::size_t used_;
  };

  std::size_t capacity() const { return capacity_; }
  std::size_t used() const { return used_; }
  std::size_t peak() const { return peak_; }
  /// Starts a new peak at the present use; returns the old one.
  std::size_t reset_peak();

  static constexpr std::size_t kAlignment = 64;
  /// What `take<T>(count)` uses up.
  template <class T>
  static constexpr std::size_t bytes_of(std::size_t count) {
    return (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
  }

 private:
  void* take_bytes(std::size_t bytes);
  void release_to(std::size_t used);

  std::byte* memory_ = nullptr;
  std::size_t capacity_ = 0, used_ = 0, peak_ = 0;
};

}  // namespace gyre
