#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "backend/cuda/block_item.h"
#include "backend/cuda/cuda_api.h"
#include "backend/cuda/queue.h"
#include "gyre/support/error.h"

namespace gyre::cuda {

/// Launches over lists of work items of different sizes. Each item has the blocks from its
/// `first_block` to that of the next.

/// Arrays for the device, gathered on the host and sent in one copy. Their addresses are known
/// before that.
class Descriptors {
 public:
  Descriptors() = default;
  explicit Descriptors(DeviceSpan<std::uint64_t> memory) : memory_(memory) {
    words_.reserve(memory.size);
  }

  /// What `append` takes, in words of 8 bytes.
  template <class T>
  static constexpr std::size_t words_of(std::size_t count) {
    return (count * sizeof(T) + 15) / 16 * 2;
  }

  /// The place on the device of a copy of `values`. gyre::Error(kResource) beyond the memory.
  template <class T>
  T* append(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::size_t first = words_.size();
    words_.resize(first + words_of<T>(values.size()));
    if (words_.size() > memory_.size) throw Error(ErrorKind::kResource, "cuda: descriptors");
    if (!values.empty()) std::memcpy(&words_[first], values.data(), values.size_bytes());
    return reinterpret_cast<T*>(memory_.data + first);
  }
  template <class T>
  T* append(const std::vector<T>& values) {
    return append(std::span<const T>(values));
  }
  /// Words that were appended.
  std::size_t size() const { return words_.size(); }
  /// Sends what was appended; the next arrays take its place.
  void send(Queue& queue) {
    queue.upload(memory_.subspan(0, words_.size()), words_);
    words_.clear();
  }
  /// The same on the stream of copies.
  void send_beside(Queue& queue) {
    queue.upload_beside(memory_.subspan(0, words_.size()), words_);
    words_.clear();
  }

 private:
  DeviceSpan<std::uint64_t> memory_;
  std::vector<std::uint64_t> words_;
};

}  // namespace gyre::cuda
