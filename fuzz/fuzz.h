#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

/// Entry point of every fuzz target, as libFuzzer calls it. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace gyre {

/// Ends the program if a property that must hold for every input does not.
inline void require(bool property) {
  if (!property) std::abort();
}

}  // namespace gyre
