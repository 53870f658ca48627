#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gyre/airs/replay.h"

namespace gyre::cli {

/// One segment proof of a profile: what the AIRs that took part in it looked like.
struct ReplaySegment {
  std::uint64_t index = 0;
  std::vector<ReplayRecord> airs;
};

/// Reads a profile: a JSON object per line, as openvm-org/stark-backend publishes them (schema v2).
/// Captured preprocessed and cached columns are not part of a replay and left out. Every number is
/// bounded. gyre::Error(kInput) that names file, line and field.
std::vector<ReplaySegment> read_replay_profile(const std::string& path);

/// The segments of the profile that `selection` names: "all", "sample" (the 10 % sample of the reth
/// block that results are compared on) or numbers such as "2,5,34", in that order.
/// gyre::Error(kInput) for numbers that the profile lacks and for repeated ones.
std::vector<ReplaySegment> select_segments(std::vector<ReplaySegment> profile,
                                           const std::string& selection);

}  // namespace gyre::cli
