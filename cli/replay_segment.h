#pragma once

#include <cstdint>
#include <vector>

#include "gyre/airs/replay.h"
#include "gyre/keys/proving_key.h"
#include "gyre/protocol/params.h"
#include "gyre/prover.h"
#include "gyre/traces.h"
#include "replay_profile.h"

namespace gyre::cli {

/// Parameters of the replay workload: app(22) with constraints of degree 4.
SystemParams replay_params();

/// Sizes of a segment's proof. Rows are counted as they are stacked: at least 2^l_skip each.
struct ReplayShape {
  std::size_t airs = 0;
  std::uint64_t columns = 0;
  std::uint64_t cells = 0;          ///< rows as they are, times columns
  std::uint64_t stacked_width = 0;  ///< columns of 2^log_stacked_height
  std::uint64_t interactions = 0;
  std::uint64_t leaves = 0;  ///< fractions of the LogUp tree, without padding
};
ReplayShape replay_shape(const std::vector<ReplayAir>& airs, const SystemParams& params);

/// Upper bound on the bytes that a proof of this shape takes at its peak, traces included, on a
/// backend that does not plan its memory.
std::uint64_t unplanned_memory_bound(const ReplayShape& shape, const SystemParams& params);

std::vector<ReplayAir> replay_airs(const ReplaySegment& segment);
/// Heights as Prover::plan takes them.
std::vector<AirHeight> replay_heights(const std::vector<ReplayAir>& airs);
ProvingKey replay_key(const std::vector<ReplayAir>& airs, const SystemParams& params);

/// The traces of a segment, zero at first.
class ReplayTraces {
 public:
  explicit ReplayTraces(const std::vector<ReplayAir>& airs);

  /// Makes the traces of those AIRs random that allow it; returns how many these are.
  std::size_t randomize(const std::vector<ReplayAir>& airs);
  /// Views, valid while this lives.
  std::vector<AirTraces> views() const;

 private:
  std::vector<Matrix> matrices_;
};

}  // namespace gyre::cli
