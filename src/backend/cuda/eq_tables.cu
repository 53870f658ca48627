#include "backend/cuda/eq_tables.h"

#include <algorithm>

namespace gyre::cuda {
namespace {

/// A thread makes 2^kLogEach neighbours of one product over the other variables.
template <unsigned kLogEach>
__global__ void eq_table(CubePoint point, Fp4 scale, Fp4* out) {
  const std::size_t index = global_thread();
  if (index >> (point.size - kLogEach) != 0) return;
  Fp4 values[1 << kLogEach];
  values[0] = scale * eq_at(point.coordinates, kLogEach, point.size, index << kLogEach);
  if constexpr (kLogEach > 0) expand_eq<kLogEach>(point.coordinates, values);
#pragma unroll
  for (unsigned i = 0; i < 1u << kLogEach; ++i) store(out + (index << kLogEach) + i, values[i]);
}

}  // namespace

CubePoint::CubePoint(std::span<const Fp4> point) : size(static_cast<unsigned>(point.size())) {
  std::copy(point.begin(), point.end(), coordinates);
}

void fill_eq_table(Queue& queue, std::span<const Fp4> point, const Fp4& scale, Fp4* out) {
  const std::size_t size = std::size_t{1} << point.size(), bytes = size * sizeof(Fp4);
  if (size >= 4) {
    queue.launch(eq_table<2>, grid_for(size / 4, 128), bytes, CubePoint(point), scale, out);
  } else {
    queue.launch(eq_table<0>, grid_for(size, 32), bytes, CubePoint(point), scale, out);
  }
}

}  // namespace gyre::cuda
