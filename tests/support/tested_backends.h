#pragma once

#include <string>
#include <vector>

namespace gyre {

/// The backends that the tests of this program are about: a program for others is built with
/// GYRE_TESTED_BACKENDS.
inline std::vector<std::string> tested_backends() {
#if defined(GYRE_TESTED_BACKENDS)
  return {GYRE_TESTED_BACKENDS};
#else
  return {"reference", "cpu"};
#endif
}

}  // namespace gyre
