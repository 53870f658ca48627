#include <gtest/gtest.h>

#include "gyre/keys/keygen.h"

namespace gyre {
namespace {

/// An AIR with one interaction per (bus, weight).
AirVerifyingKey air_with(std::vector<std::pair<std::uint16_t, std::uint32_t>> interactions) {
  AirVerifyingKey air;
  for (const auto& [bus, weight] : interactions) {
    air.symbolic.interactions.push_back({.message = {0}, .bus_index = bus, .count_weight = weight});
  }
  return air;
}

using Constraints = std::vector<LinearConstraint>;
constexpr std::uint32_t kP = Fp::kModulus;
constexpr std::uint32_t kMaxCount = 1u << 30;

TEST(HeightConstraints, TheGlobalOneIsAlwaysThere) {
  const std::vector<AirVerifyingKey> airs(2);
  EXPECT_EQ(trace_height_constraints(airs, kMaxCount), (Constraints{{{0, 0}, kMaxCount}}));
  EXPECT_EQ(trace_height_constraints({}, kMaxCount), (Constraints{{{}, kMaxCount}}));
}

TEST(HeightConstraints, ImpliedBusesDisappear) {
  // Bus 5: weights (1, 2); all: (1, 2) with a smaller threshold, which implies it.
  const std::vector<AirVerifyingKey> airs{air_with({{5, 1}}), air_with({{5, 1}, {5, 1}})};
  EXPECT_EQ(trace_height_constraints(airs, kMaxCount), (Constraints{{{1, 2}, kMaxCount}}));
}

TEST(HeightConstraints, HeavyBusesStayByAscendingBus) {
  const std::vector<AirVerifyingKey> airs{air_with({{9, 4}, {2, 1}}), air_with({{2, 7}})};
  EXPECT_EQ(trace_height_constraints(airs, kMaxCount),
            (Constraints{{{1, 7}, kP}, {{4, 0}, kP}, {{2, 1}, kMaxCount}}));
}

TEST(HeightConstraints, AStrongerBusReplacesAWeakerOne) {
  const std::vector<AirVerifyingKey> airs{air_with({{1, 3}, {2, 5}, {3, 4}})};
  EXPECT_EQ(trace_height_constraints(airs, kMaxCount), (Constraints{{{5}, kP}, {{3}, kMaxCount}}));
  // Equal ones are kept once.
  const std::vector<AirVerifyingKey> equal{air_with({{1, 5}, {2, 5}})};
  EXPECT_EQ(trace_height_constraints(equal, kMaxCount), (Constraints{{{5}, kP}, {{2}, kMaxCount}}));
}

TEST(HeightConstraints, SumsAbove32BitsAreRefused) {
  const std::vector<AirVerifyingKey> fits{air_with({{1, UINT32_MAX}})};
  EXPECT_NO_THROW(trace_height_constraints(fits, kMaxCount));
  const std::vector<AirVerifyingKey> airs{air_with({{1, UINT32_MAX}, {1, 1}})};
  EXPECT_THROW(trace_height_constraints(airs, kMaxCount), Error);
}

}  // namespace
}  // namespace gyre
