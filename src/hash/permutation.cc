#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hash/permutation.cc"
#include "simd/kernel.h"

#include "gyre/hash/scheme.h"
#include "hash/poseidon2-inl.h"
#include "hash/poseidon2.h"

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

void Permute(SpongeState& state) {
  poseidon2::permute(state);
}

#else

/// One state across lanes: element i in lane i % kLanes of vector i / kLanes. What counts here is
/// the latency of one permutation, as in a transcript, which waits for each.
struct SpreadState {
  static constexpr std::size_t kVectors = poseidon2::kWidth / kLanes;
  Packed v[kVectors];
};

/// In each lane the sum of the lanes at the same place in their blocks of four.
HWY_INLINE Packed sum_of_blocks(Packed a) {
  if constexpr (kLanes >= 8) a = a + Packed{hn::SwapAdjacentBlocks(a.v)};
  if constexpr (kLanes >= 16) a = a + Packed{hn::ReverseBlocks(D32(), a.v)};
  return a;
}

/// circ(2, 3, 1, 1) on each block of four is sum + x_i + 2 x_(i+1); then the sum over the blocks.
HWY_INLINE void external_linear_layer(SpreadState& state) {
  Packed column = {hn::Zero(D32())};
  for (Packed& v : state.v) {
    const Packed next = {hn::Shuffle0321(v.v)}, pair = v + next;
    v = (pair + Packed{hn::Shuffle1032(pair.v)}) + (pair + next);
    column = column + v;
  }
  column = sum_of_blocks(column);
  for (Packed& v : state.v) v = v + column;
}

HWY_INLINE void external_round(SpreadState& state,
                               const std::array<Fp, poseidon2::kWidth>& constants) {
  for (std::size_t i = 0; i < SpreadState::kVectors; ++i) {
    state.v[i] = pow7(state.v[i] + load_unaligned(constants.data() + i * kLanes));
  }
  external_linear_layer(state);
}

/// The sum of all lanes, below 2^35 for 16 elements.
HWY_INLINE Fp sum_of_lanes(const SpreadState& state) {
  V64 sum = hn::Zero(D64());
  for (const Packed& v : state.v) {
    const V64 pairs = hn::BitCast(D64(), v.v);
    sum = hn::Add(sum,
                  hn::Add(hn::ShiftRight<32>(pairs), hn::And(pairs, hn::Set(D64(), 0xffffffffu))));
  }
  return Fp::from_raw(
      static_cast<std::uint32_t>(hn::GetLane(hn::SumOfLanes(D64(), sum)) % Fp::kModulus));
}

/// Element 0, on which all else waits, goes its own way in general registers; its lane holds zero.
HWY_INLINE void internal_rounds(SpreadState& state) {
  const auto first = hn::FirstN(D32(), 1);
  Packed diagonal[SpreadState::kVectors];
  for (std::size_t i = 0; i < SpreadState::kVectors; ++i) {
    diagonal[i] = load_unaligned(poseidon2::kInternalDiagonal.data() + i * kLanes);
  }
  Fp s0 = Fp::from_raw(hn::GetLane(state.v[0].v));
  state.v[0].v = hn::IfThenZeroElse(first, state.v[0].v);
  for (const Fp constant : poseidon2::kInternalConstants) {
    const Fp rest = sum_of_lanes(state), x = s0 + constant;
    const Fp x2 = x * x, x7 = (x2 * x) * (x2 * x2);
    // The diagonal's first entry is -2: (rest + x7) - 2 x7.
    s0 = rest - x7;
    const Packed sum = broadcast(rest + x7);
    for (std::size_t i = 0; i < SpreadState::kVectors; ++i) {
      state.v[i] = sum + state.v[i] * diagonal[i];
    }
    state.v[0].v = hn::IfThenZeroElse(first, state.v[0].v);
  }
  state.v[0].v = hn::IfThenElse(first, hn::Set(D32(), s0.raw()), state.v[0].v);
}

void Permute(SpongeState& sponge) {
  SpreadState state;
  for (std::size_t i = 0; i < SpreadState::kVectors; ++i) {
    state.v[i] = load_unaligned(sponge.data() + i * kLanes);
  }
  external_linear_layer(state);
  for (const auto& constants : poseidon2::kInitialConstants) external_round(state, constants);
  internal_rounds(state);
  for (const auto& constants : poseidon2::kTerminalConstants) external_round(state, constants);
  for (std::size_t i = 0; i < SpreadState::kVectors; ++i) {
    store_unaligned(state.v[i], sponge.data() + i * kLanes);
  }
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gyre {

HWY_EXPORT(Permute);

void permute(SpongeState& state) {
  HWY_DYNAMIC_DISPATCH(Permute)(state);
}

}  // namespace gyre
#endif
