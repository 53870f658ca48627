#pragma once

#include <cstddef>
#include <vector>

#include "gyre/field/fp.h"
#include "gyre/matrix.h"

namespace gyre {

/// Where element (row, column) of a matrix lies among its values.
enum class MatrixOrder : unsigned char {
  kColumnMajor,  ///< at column * height + row
  kRowMajor,     ///< at row * width + column
};

/// The traces of one AIR in one proof; absent AIRs have none. The views must outlive their use.
struct AirTraces {
  std::size_t air_index = 0;             ///< position in the key
  std::vector<MatrixView> cached_mains;  ///< in the AIR's order
  MatrixView common_main;                ///< all parts have the same power-of-two height
  std::vector<Fp> public_values;
  /// Of the values of all parts. The functions of MatrixView for columns and elements are those of
  /// column-major matrices; its height, width and values are right for both. A GPU backend
  /// transposes row-major parts as it copies them; for the others, and for the checker, a
  /// column-major copy is made on the host.
  MatrixOrder order = MatrixOrder::kColumnMajor;
};

}  // namespace gyre
