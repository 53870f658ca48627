#pragma once

#include <cstddef>

namespace gyre {

/// Counts what operator new hands out while an object lives, in programs that link memory_use.cc.
/// One object at a time. In sanitizer builds, which bring their own operator new, it sees nothing.
class MemoryUse {
 public:
  MemoryUse();
  /// The most bytes that were in use at once, beyond those at construction.
  std::size_t peak_bytes() const;

 private:
  std::size_t start_;
};

}  // namespace gyre
