#pragma once

#include <cstdint>
#include <vector>

#include "gyre/field/fp4.h"
#include "gyre/hash/scheme.h"
#include "gyre/matrix.h"

namespace gyre {

/// Reproducible field elements for benchmarks (splitmix64).
class Random {
 public:
  explicit Random(std::uint64_t seed = 1) : state_(seed) {}

  std::uint64_t word() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  Fp fp() { return Fp::from_uint64(word()); }
  Fp4 fp4() { return {fp(), fp(), fp(), fp()}; }
  Digest digest() {
    Digest result;
    for (Fp& element : result) element = fp();
    return result;
  }
  std::vector<Fp> fps(std::size_t count) {
    std::vector<Fp> result(count);
    for (Fp& element : result) element = fp();
    return result;
  }
  std::vector<Fp4> fp4s(std::size_t count) {
    std::vector<Fp4> result(count);
    for (Fp4& element : result) element = fp4();
    return result;
  }
  Matrix matrix(std::size_t height, std::size_t width) {
    return Matrix(fps(height * width), height, width);
  }

 private:
  std::uint64_t state_;
};

}  // namespace gyre
