#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "backend/cuda/constraint_traces.h"

namespace gyre::cuda {

/// The univariate round of the batched constraint sumcheck. Spec 05, section 4. The rows are worked
/// on in tiles: the inputs of a tile are extended to all cosets, then the pieces of the AIR are
/// evaluated at all points, then the values are summed over the row bits with their weights.

/// Neighbouring chunks of a trace.
struct Round0Tile {
  std::size_t trace = 0;
  std::uint32_t first_chunk = 0, num_chunks = 1;
};
/// What is in device memory at a time, and what it takes.
struct Round0Batch {
  std::vector<Round0Tile> tiles;
  std::size_t values = 0;       ///< extended, in Fp
  std::size_t sums = 0;         ///< of the pieces at the points, in Fp4
  std::size_t descriptors = 0;  ///< in words of 8 bytes
};

/// The tiles of all traces, and the memory of the round.
struct Round0Plan {
  /// `tile_bytes`: for the values of a batch, if a chunk fits in it.
  Round0Plan(std::span<const ConstraintShape> shapes, std::size_t tile_bytes);
  std::size_t bytes() const;

  std::vector<Round0Batch> batches;
  std::size_t values = 0, sums = 0, descriptors = 0;  ///< the most of any batch
  std::size_t num_cosets = 1;                         ///< the most of any trace
  std::size_t weights = 0;                            ///< of all traces
  std::vector<std::size_t> first_total;               ///< per trace
  std::size_t totals = 0;                             ///< in words
  unsigned l_skip = 0;
};

std::size_t round0_tile_bytes(const Context& context, const MemoryPolicy& policy);

/// Calls `meanwhile` while the device is at work.
std::vector<TraceRoundPolynomials> round0_on_device(Work& work,
                                                    std::span<const ConstraintShape> shapes,
                                                    const ConstraintSumcheckInput& input,
                                                    std::span<const TraceColumns> columns,
                                                    const RowEq& eq, const UniformValues& uniforms,
                                                    const std::function<void()>& meanwhile);

}  // namespace gyre::cuda
