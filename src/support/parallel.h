#pragma once

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace gyre {

/// Runs loops on a bounded number of threads. Thread-safe; loops may nest.
class Parallel {
 public:
  /// 0: every core.
  explicit Parallel(unsigned threads)
      : arena_(threads == 0 ? tbb::task_arena::automatic : static_cast<int>(threads)) {}

  /// body(begin, end) over disjoint ranges that cover [0, count), each of at least `grain` items
  /// where count allows.
  template <class Body>
  void ranges(std::size_t count, std::size_t grain, Body&& body) const {
    if (count == 0) return;
    if (count <= grain) {
      body(std::size_t{0}, count);
      return;
    }
    arena_.execute([&] {
      tbb::parallel_for(tbb::blocked_range<std::size_t>(0, count, grain),
                        [&](const auto& range) { body(range.begin(), range.end()); });
    });
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
  mutable tbb::task_arena arena_;
};

}  // namespace gyre
