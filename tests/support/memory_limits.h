#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gyre/proof/codec.h"
#include "gyre/prover.h"
#include "gyre/support/error.h"

namespace gyre {

/// As Prover::plan takes them.
inline std::vector<AirHeight> heights_of(std::span<const AirTraces> traces) {
  std::vector<AirHeight> heights;
  for (const AirTraces& given : traces) {
    const MatrixView& part =
        given.common_main.width() != 0 ? given.common_main : given.cached_mains.front();
    heights.push_back({.air_index = given.air_index, .log_height = part.log_height()});
  }
  return heights;
}

/// Proofs of a GPU backend under limits from the least that it can do with upwards, each with its
/// own savings: the same bytes, in no more memory than planned. Below the least it is refused.
inline void expect_proofs_under_limits(const Prover& prover, std::span<const AirTraces> traces,
                                       const std::vector<std::uint8_t>& expected) {
  const std::vector<AirHeight> heights = heights_of(traces);
  const std::uint64_t most = prover.plan(heights).total();
  const std::uint64_t least = prover.plan(heights, {.low_memory = true}).total();
  ASSERT_LE(least, most);
  constexpr unsigned kSteps = 3;
  std::string last_savings = "none yet";
  for (unsigned step = 0; step <= kSteps; ++step) {
    ProveOptions options;
    options.memory_limit = least + (most - least) * step / kSteps;
    const MemoryPlan plan = prover.plan(heights, options);
    SCOPED_TRACE(std::to_string(options.memory_limit) + " bytes: " + plan.savings);
    EXPECT_LE(plan.total(), options.memory_limit);
    if (plan.savings == last_savings) continue;
    last_savings = plan.savings;
    Telemetry telemetry;
    options.telemetry = &telemetry;
    EXPECT_EQ(encode_proof(prover.prove(traces, options)), expected);
    EXPECT_LE(telemetry.spans().front().counters.peak_device_bytes,
              plan.total() - plan.preprocessed);
  }
  EXPECT_EQ(last_savings, "");
  try {
    static_cast<void>(prover.prove(traces, {.memory_limit = least - 1}));
    ADD_FAILURE() << "a proof in less than the least memory";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kResource);
    EXPECT_NE(std::string(error.what()).find("needs " + std::to_string(least) + " bytes"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace gyre
