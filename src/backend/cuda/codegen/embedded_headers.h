#pragma once

#include <string>
#include <vector>

namespace gyre::cuda {

/// A header that generated kernels include.
struct EmbeddedHeader {
  std::string name;  ///< as in the #include
  std::string text;
};
/// Those of this project, as they were when the library was built.
const std::vector<EmbeddedHeader>& embedded_headers();

}  // namespace gyre::cuda
