#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "gyre/air/air.h"

namespace gyre {

/// Input of one Keccak-f[1600] permutation; lane x + 5y is a(x, y).
using KeccakState = std::array<std::uint64_t, 25>;

/// The Keccak-f permutation, one round per row, 24 rows per permutation: 2633 columns, 3182
/// constraints of degree 3. Spec 02, section 10.
class KeccakAir : public Air {
 public:
  static constexpr std::uint32_t kWidth = 2633;
  static constexpr std::size_t kRounds = 24;

  std::string name() const override { return "KeccakAir"; }
  std::uint32_t common_main_width() const override { return kWidth; }
  void eval(AirBuilder& builder) const override;
};

/// The trace of the permutations of `inputs`. The height is the smallest power of two that holds
/// 24 rows each; permutations of the all-zero input fill it up, the last one cut off. Runs on the
/// threads of the current oneTBB arena. Spec 02, section 10.3.
Matrix keccak_trace(std::span<const KeccakState> inputs);

/// `count` inputs whose lanes are, in order, the outputs of splitmix64 started at `seed`: the state
/// grows by 0x9e3779b97f4a7c15 per lane and goes through the finaliser with the multipliers
/// 0xbf58476d1ce4e5b9 and 0x94d049bb133111eb. The same on every machine.
std::vector<KeccakState> random_keccak_inputs(std::size_t count, std::uint64_t seed);

}  // namespace gyre
