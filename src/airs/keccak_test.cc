#include "gyre/airs/keccak.h"

#include <gtest/gtest.h>

namespace gyre {
namespace {

constexpr std::size_t kOutputColumn = 2465, kOutputOfLaneZero = 2629;

std::uint64_t lane(const Matrix& trace, std::size_t row, std::size_t first_column) {
  std::uint64_t value = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    value |= std::uint64_t{trace(row, first_column + k).canonical()} << (16 * k);
  }
  return value;
}

/// The state after the permutation whose last row is `row`.
KeccakState output(const Matrix& trace, std::size_t row) {
  KeccakState state;
  for (std::size_t i = 0; i < state.size(); ++i) {
    state[i] = lane(trace, row, i == 0 ? kOutputOfLaneZero : kOutputColumn + 4 * i);
  }
  return state;
}

TEST(Keccak, PermutationOfZero) {
  const KeccakState zero{};
  const Matrix trace = keccak_trace({&zero, 1});
  // Keccak-f[1600] of the all-zero state, first lanes of the published vector.
  const KeccakState result = output(trace, 23);
  EXPECT_EQ(result[0], 0xf1258f7940e1dde7u);
  EXPECT_EQ(result[1], 0x84d5ccf933c0478au);
  EXPECT_EQ(result[2], 0xd598261ea65aa9eeu);
  EXPECT_EQ(result[24], 0xeaf1ff7b5ceca249u);
}

TEST(Keccak, HeightsAndPadding) {
  EXPECT_EQ(keccak_trace({}).height(), 1u);
  const std::vector<KeccakState> inputs = random_keccak_inputs(9, 5);
  const Matrix trace = keccak_trace(inputs);
  ASSERT_EQ(trace.height(), 256u);
  // Row 216 begins the padding: round 0 of the all-zero input.
  EXPECT_EQ(trace(216, 0), Fp::one());
  for (std::size_t column = 25; column < 225; ++column) EXPECT_TRUE(trace(216, column).is_zero());
  // Permutations do not depend on where they stand.
  const Matrix last = keccak_trace({&inputs[8], 1});
  EXPECT_EQ(output(trace, 215), output(last, 23));
  for (std::size_t row = 0; row < 256; ++row) {
    for (std::size_t round = 0; round < 24; ++round) {
      EXPECT_EQ(trace(row, round), row % 24 == round ? Fp::one() : Fp::zero());
    }
  }
}

TEST(Keccak, RandomInputsAreFixed) {
  // First outputs of splitmix64 from seed 0.
  const std::vector<KeccakState> inputs = random_keccak_inputs(2, 0);
  EXPECT_EQ(inputs[0][0], 0xe220a8397b1dcdafu);
  EXPECT_EQ(inputs[0][1], 0x6e789e6aa1b965f4u);
  EXPECT_EQ(inputs[0][2], 0x06c45d188009454fu);
  EXPECT_NE(inputs[0], inputs[1]);
  EXPECT_EQ(random_keccak_inputs(3, 0)[1], inputs[1]);
  EXPECT_NE(random_keccak_inputs(1, 1)[0], inputs[0]);
}

}  // namespace
}  // namespace gyre
