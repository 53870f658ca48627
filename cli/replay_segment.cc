#include "replay_segment.h"

#include <algorithm>
#include <bit>

#include "gyre/field/fp4.h"
#include "gyre/keys/keygen.h"

namespace gyre::cli {

SystemParams replay_params() {
  SystemParams params = presets::app(22);
  params.max_constraint_degree = 4;
  return params;
}

ReplayShape replay_shape(const std::vector<ReplayAir>& airs, const SystemParams& params) {
  ReplayShape shape;
  std::uint64_t lifted_cells = 0;
  for (const ReplayAir& air : airs) {
    const std::uint64_t rows = std::uint64_t{1} << air.log_height();
    const std::uint64_t lifted = std::max(rows, std::uint64_t{1} << params.l_skip);
    ++shape.airs;
    shape.columns += air.common_main_width();
    shape.cells += rows * air.common_main_width();
    lifted_cells += lifted * air.common_main_width();
    shape.interactions += air.num_interactions();
    shape.leaves += lifted * air.num_interactions();
  }
  const std::uint64_t stacked_rows = std::uint64_t{1} << params.log_stacked_height();
  shape.stacked_width = (lifted_cells + stacked_rows - 1) / stacked_rows;
  return shape;
}

std::uint64_t unplanned_memory_bound(const ReplayShape& shape, const SystemParams& params) {
  const std::uint64_t stacked_rows = std::uint64_t{1} << params.log_stacked_height();
  const std::uint64_t code_rows = stacked_rows << params.log_blowup;
  const std::uint64_t traces = sizeof(Fp) * shape.cells;
  // Kept through the proof: stacked matrix, codeword, row hashes and the tree over them.
  const std::uint64_t committed = sizeof(Fp) * shape.stacked_width * (stacked_rows + code_rows) +
                                  2 * sizeof(Digest) * code_rows;
  // Two trees of numerators and denominators, and the tables of the tallest layer's sumcheck.
  const std::uint64_t leaves = std::bit_ceil(shape.leaves + 1);
  const std::uint64_t fractions = shape.leaves == 0 ? 0 : 7 * sizeof(Fp4) * leaves;
  // Local and next-row tables folded over the skip domain, and their successors.
  const std::uint64_t folded =
      3 * sizeof(Fp4) * ((shape.stacked_width * stacked_rows) >> params.l_skip);
  const std::uint64_t opening = 8 * sizeof(Fp4) * stacked_rows + sizeof(Fp4) * code_rows;
  const std::uint64_t phase = std::max({fractions, folded, opening});
  constexpr std::uint64_t kProgram = 256u << 20;
  return traces + committed + phase + kProgram;
}

std::vector<ReplayAir> replay_airs(const ReplaySegment& segment) {
  return {segment.airs.begin(), segment.airs.end()};
}

std::vector<AirHeight> replay_heights(const std::vector<ReplayAir>& airs) {
  std::vector<AirHeight> heights;
  for (std::size_t i = 0; i < airs.size(); ++i) {
    heights.push_back({.air_index = i, .log_height = airs[i].log_height()});
  }
  return heights;
}

ProvingKey replay_key(const std::vector<ReplayAir>& airs, const SystemParams& params) {
  KeyGenerator generator(params);
  for (const ReplayAir& air : airs) generator.add_air(air);
  return generator.generate();
}

ReplayTraces::ReplayTraces(const std::vector<ReplayAir>& airs) {
  for (const ReplayAir& air : airs) matrices_.push_back(air.zero_trace());
}

std::size_t ReplayTraces::randomize(const std::vector<ReplayAir>& airs) {
  std::size_t random = 0;
  for (std::size_t i = 0; i < airs.size(); ++i) {
    airs[i].randomize(i, matrices_[i]);
    random += airs[i].holds_for_random_columns() ? 1 : 0;
  }
  return random;
}

std::vector<AirTraces> ReplayTraces::views() const {
  std::vector<AirTraces> traces;
  for (std::size_t i = 0; i < matrices_.size(); ++i) {
    traces.push_back({.air_index = i, .common_main = matrices_[i]});
  }
  return traces;
}

}  // namespace gyre::cli
