#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace gyre::cuda {

/// `size` values in device memory; not to be read by the host. A view.
template <class T>
struct DeviceSpan {
  T* data = nullptr;
  std::size_t size = 0;

  DeviceSpan() = default;
  DeviceSpan(T* values, std::size_t count) : data(values), size(count) {}
  /// To a view of constants.
  template <class U, class = std::enable_if_t<std::is_same_v<const U, T>>>
  DeviceSpan(const DeviceSpan<U>& other) : data(other.data), size(other.size) {}
  DeviceSpan subspan(std::size_t first, std::size_t count) const { return {data + first, count}; }
};

/// The device memory of one proof: one allocation, handed out from the bottom up and taken back by
/// scopes, so that phases that follow one another share it. Work of one stream alone uses it, so
/// memory that is taken back may be handed out again at once. Used by one thread at a time.
class DeviceArena {
 public:
  /// gyre::Error(kResource) with the bytes needed and free if the device has not got them.
  explicit DeviceArena(std::size_t capacity);
  ~DeviceArena();
  DeviceArena(const DeviceArena&) = delete;
  DeviceArena& operator=(const DeviceArena&) = delete;

  /// `count` uninitialised values, aligned to kAlignment, until the enclosing scope ends.
  /// gyre::Error(kResource) beyond the capacity: the plan was wrong.
  template <class T>
  DeviceSpan<T> take(std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= kAlignment);
    return {static_cast<T*>(take_bytes(bytes_of<T>(count))), count};
  }

  /// Takes back the end of what was handed out last: `count` values of `span` stay.
  /// gyre::Error(kMisuse) if something was handed out since, or there are fewer values.
  template <class T>
  void shrink(DeviceSpan<T>& span, std::size_t count) {
    shrink_bytes(span.data, bytes_of<T>(span.size), bytes_of<T>(count));
    span.size = count;
  }

  /// Takes back on destruction all that was taken in its lifetime. Scopes nest.
  class Scope {
   public:
    explicit Scope(DeviceArena& arena) : arena_(arena), used_(arena.used_) {}
    ~Scope() { arena_.used_ = used_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    DeviceArena& arena_;
    std::size_t used_;
  };

  std::size_t capacity() const { return capacity_; }
  std::size_t used() const { return used_; }
  std::size_t peak() const { return peak_; }
  /// Starts a new peak at the present use; returns the old one.
  std::size_t reset_peak();
  /// Raises the peak to at least `bytes`.
  void raise_peak(std::size_t bytes) { peak_ = bytes > peak_ ? bytes : peak_; }

  static constexpr std::size_t kAlignment = 256;
  /// What `take<T>(count)` uses up.
  template <class T>
  static constexpr std::size_t bytes_of(std::size_t count) {
    return (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
  }

 private:
  void* take_bytes(std::size_t bytes);
  void shrink_bytes(const void* memory, std::size_t bytes, std::size_t left);

  char* memory_ = nullptr;
  std::size_t capacity_ = 0, used_ = 0, peak_ = 0;
};

}  // namespace gyre::cuda
