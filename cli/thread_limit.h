#pragma once

#include <tbb/global_control.h>

#include <cstddef>
#include <optional>

namespace gyre::cli {

/// Bounds the threads of all work while it lives, that outside of the prover too.
class ThreadLimit {
 public:
  explicit ThreadLimit(unsigned threads) {
    if (threads != 0) {
      control_.emplace(tbb::global_control::max_allowed_parallelism, threads);
    }
  }

 private:
  std::optional<tbb::global_control> control_;
};

}  // namespace gyre::cli
