#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace gyre::cuda {

struct Grid;
class Queue;

/// A compiled kernel on a device. Immutable, thread-safe.
class RunnableKernel {
 public:
  virtual ~RunnableKernel() = default;
  /// kernel(device_items, num_items, first_piece). Errors as Queue.
  virtual void launch(Queue& queue, const Grid& grid, std::uint64_t bytes_moved,
                      const void* device_items, std::uint32_t num_items,
                      std::uint32_t first_piece) const = 0;
  /// Of its machine code.
  virtual std::size_t code_bytes() const = 0;
};

/// Kernels that are loaded, so that the keys of a process share them. Thread-safe.
class KernelPool {
 public:
  using Kernel = std::shared_ptr<const RunnableKernel>;

  /// Beyond most_bytes of machine code the pool lets go of kernels that nobody else holds, those
  /// first that were asked for longest ago.
  explicit KernelPool(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// The kernel of that name. The first who asks makes it while others wait for it; an exception
  /// reaches all of them, and the next who asks tries again.
  Kernel get(const std::string& name, const std::function<Kernel()>& make);
  std::size_t bytes() const;

 private:
  struct Entry {
    std::string name;
    std::shared_future<Kernel> kernel;
    std::size_t bytes = 0;  ///< 0 while it is made
  };
  using Entries = std::list<Entry>;

  void let_go();

  const std::size_t most_bytes_;
  mutable std::mutex mutex_;
  Entries entries_;  ///< asked for last: at the end
  std::map<std::string, Entries::iterator> by_name_;
  std::size_t bytes_ = 0;
};

}  // namespace gyre::cuda
