#pragma once

#include <random>
#include <vector>

#include "gyre/field/fp4.h"

namespace gyre {

/// Reproducible field elements for property tests.
class RandomElements {
 public:
  explicit RandomElements(std::uint64_t seed) : engine_(seed) {}

  std::vector<Fp> base(std::size_t count) {
    std::vector<Fp> values(count);
    for (Fp& value : values) value = Fp::from_uint64(engine_());
    return values;
  }
  std::vector<Fp4> extension(std::size_t count) {
    std::vector<Fp4> values(count);
    for (Fp4& value : values) {
      for (Fp& coefficient : value.c) coefficient = Fp::from_uint64(engine_());
    }
    return values;
  }
  Fp4 element() { return extension(1)[0]; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace gyre
