#pragma once

#include <cstddef>
#include <vector>

#include "gyre/field/fp.h"
#include "gyre/matrix.h"

namespace gyre {

/// The traces of one AIR in one proof; absent AIRs have none. The views must outlive their use.
struct AirTraces {
  std::size_t air_index = 0;             ///< position in the key
  std::vector<MatrixView> cached_mains;  ///< in the AIR's order
  MatrixView common_main;                ///< all parts have the same power-of-two height
  std::vector<Fp> public_values;
};

}  // namespace gyre
