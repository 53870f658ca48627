#include "support/parallel.h"

#include <map>
#include <mutex>

namespace gyre {

std::shared_ptr<tbb::task_arena> Parallel::shared_arena(unsigned threads) {
  static std::mutex mutex;
  static std::map<unsigned, std::weak_ptr<tbb::task_arena>> arenas;
  const std::lock_guard lock(mutex);
  if (auto known = arenas[threads].lock()) return known;
  const auto made = std::make_shared<tbb::task_arena>(threads == 0 ? tbb::task_arena::automatic
                                                                   : static_cast<int>(threads));
  made->initialize();
  arenas[threads] = made;
  return made;
}

}  // namespace gyre
