#pragma once

#include <string_view>

#include "gyre/simd/targets.h"

namespace gyre {

/// Lets the kernels use one SIMD target while it lives, and the one before again after it.
class ForcedTarget {
 public:
  explicit ForcedTarget(std::string_view name) : before_(simd::target()) {
    simd::force_target(name);
  }
  ~ForcedTarget() { simd::force_target(before_); }
  ForcedTarget(const ForcedTarget&) = delete;
  ForcedTarget& operator=(const ForcedTarget&) = delete;

 private:
  std::string_view before_;
};

}  // namespace gyre
