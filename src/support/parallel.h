#pragma once

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#ifdef __SANITIZE_THREAD__
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#endif

namespace gyre {

/// Runs loops on a bounded number of threads. Thread-safe; loops may nest.
class Parallel {
 public:
  /// 0: every core.
  explicit Parallel(unsigned threads)
      : arena_(threads == 0 ? tbb::task_arena::automatic : static_cast<int>(threads)) {}

  /// Threads that a loop may use.
  unsigned concurrency() const { return static_cast<unsigned>(arena_.max_concurrency()); }

  /// body(begin, end) over disjoint ranges that cover [0, count), each of at least `grain` items
  /// where count allows.
  template <class Body>
  void ranges(std::size_t count, std::size_t grain, Body&& body) const {
    if (count == 0) return;
    if (count <= grain) {
      body(std::size_t{0}, count);
      return;
    }
#ifdef __SANITIZE_THREAD__
    plain_threads(count, grain, body);
#else
    arena_.execute([&] {
      tbb::parallel_for(tbb::blocked_range<std::size_t>(0, count, grain),
                        [&](const auto& range) { body(range.begin(), range.end()); });
    });
#endif
  }

  /// body(i) for each i in [0, count).
  template <class Body>
  void each(std::size_t count, Body&& body) const {
    ranges(count, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) body(i);
    });
  }

  /// The sum over disjoint ranges of body(begin, end), T() the neutral element. Field addition is
  /// exact, so the order does not matter.
  template <class T, class Body>
  T sum(std::size_t count, std::size_t grain, Body&& body) const {
    const std::size_t pieces = std::min<std::size_t>(64, (count + grain - 1) / grain);
    std::vector<T> partial(pieces);
    each(pieces,
         [&](std::size_t i) { partial[i] = body(count * i / pieces, count * (i + 1) / pieces); });
    T total{};
    for (const T& value : partial) total += value;
    return total;
  }

 private:
#ifdef __SANITIZE_THREAD__
  /// Packaged oneTBB is not built for ThreadSanitizer, which would call its handing over of work a
  /// race. Threads of our own take its place there; the bodies are what is to be checked.
  template <class Body>
  void plain_threads(std::size_t count, std::size_t grain, Body& body) const {
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;
    std::mutex mutex;
    const auto work = [&] {
      try {
        for (std::size_t begin; (begin = next.fetch_add(grain)) < count;) {
          body(begin, std::min(count, begin + grain));
        }
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
      }
    };
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < std::min(arena_.max_concurrency(), 4) - 1; ++i)
        threads.emplace_back(work);
      work();
    }
    if (failure) std::rethrow_exception(failure);
  }
#endif

  mutable tbb::task_arena arena_;
};

}  // namespace gyre
