#include "backend/cuda/codegen/kernel_pool.h"

#include <exception>
#include <iterator>
#include <utility>

namespace gyre::cuda {

KernelPool::Kernel KernelPool::get(const std::string& name, const std::function<Kernel()>& make) {
  std::promise<Kernel> promise;
  std::unique_lock lock(mutex_);
  const auto [place, first] = by_name_.try_emplace(name);
  if (!first) {
    entries_.splice(entries_.end(), entries_, place->second);
    const std::shared_future<Kernel> kernel = place->second->kernel;
    lock.unlock();
    return kernel.get();
  }
  const auto entry = entries_.insert(entries_.end(), {name, promise.get_future().share()});
  place->second = entry;
  lock.unlock();
  try {
    Kernel kernel = make();
    promise.set_value(kernel);
    lock.lock();
    entry->bytes = kernel->code_bytes();
    bytes_ += entry->bytes;
    let_go();
    return kernel;
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    by_name_.erase(name);
    entries_.erase(entry);
    promise.set_exception(std::current_exception());
    throw;
  }
}

std::size_t KernelPool::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void KernelPool::let_go() {
  for (auto entry = entries_.begin(); bytes_ > most_bytes_ && entry != entries_.end();) {
    const auto next = std::next(entry);
    // Held by the future alone. Who asks meanwhile waits for the mutex.
    if (entry->bytes != 0 && entry->kernel.get().use_count() == 1) {
      bytes_ -= entry->bytes;
      by_name_.erase(entry->name);
      entries_.erase(entry);
    }
    entry = next;
  }
}

}  // namespace gyre::cuda
