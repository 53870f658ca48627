#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace gyre {

/// Columns of the parts of an AIR's trace.
struct TraceWidth {
  std::optional<std::uint32_t> preprocessed;
  std::vector<std::uint32_t> cached_mains;
  std::uint32_t common_main = 0;
  friend bool operator==(const TraceWidth&, const TraceWidth&) = default;
};

}  // namespace gyre
