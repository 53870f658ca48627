#pragma once

#include <string>
#include <vector>

#include "backend/expressions/program_pieces.h"

namespace gyre {

/// AIRs whose generated kernels the emulator runs: the tool that writes the kernels and the test
/// that calls them make the same ones.
struct KernelAirs {
  std::vector<std::string> names;
  std::vector<AirVerifyingKey> keys;  ///< with nothing but `symbolic`
  std::vector<AirExpressions> expressions;
  std::vector<AirPieces> pieces;

  KernelAirs();
};

}  // namespace gyre
