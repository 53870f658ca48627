#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hash/permutation.cc"
#include "simd/kernel.h"

#include <algorithm>

#include "gyre/hash/scheme.h"
#include "hash/internal_rounds-inl.h"
#include "hash/poseidon2-inl.h"
#include "hash/poseidon2.h"
#include "hash/wide_permutation.h"

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

// Also where there are no products of 128 bits, on machines of 32.
#if HWY_TARGET == HWY_SCALAR || !defined(__SIZEOF_INT128__)

void Permute(SpongeState& state) {
  poseidon2::permute(state);
}

void AbsorbBlocks(SpongeState& state, const Fp* values, std::size_t blocks) {
  for (std::size_t i = 0; i < blocks; ++i) {
    std::copy_n(values + i * kSpongeRate, kSpongeRate, state.begin());
    poseidon2::permute(state);
  }
}
bool AbsorbWideBlocks(SpongeState&, const Fp*, std::size_t) {
  return false;
}

#else

/// One state across lanes: element i in lane i % kLanes of vector i / kLanes. What counts here is
/// the latency of one permutation, as in a transcript, which waits for each: products are arranged
/// for the shortest chain, not the fewest instructions.
class SpreadOthers;
struct SpreadState {
  using Others = SpreadOthers;
  static constexpr std::size_t kVectors = poseidon2::kWidth / kLanes;
  Packed v[kVectors];

  /// Where store_centred leaves element element(i): at word kStride i.
  static constexpr std::size_t kStride = 1;
  static constexpr std::size_t element(std::size_t i) { return i; }
};

/// Words of constants that are added before an S-box.
using RoundConstants = std::array<Fp, poseidon2::kWidth>;

/// The even or the odd elements of a vector as signed words in (-p, p), and their products with
/// p^-1 mod 2^32, which find the quotient of a Montgomery product while the product is made.
struct QuickHalf {
  V32 value, quotient;

  explicit HWY_INLINE QuickHalf(V32 v)
      : value(v), quotient(product(v, hn::Set(D32(), kInverseModulus))) {}
  static HWY_INLINE V32 product(V32 a, V32 b) {
    return hn::BitCast(D32(), hn::MulEven(hn::BitCast(S32(), a), hn::BitCast(S32(), b)));
  }
  /// a b 2^-32 in (-p, p), in the odd places.
  friend HWY_INLINE V32 operator*(const QuickHalf& a, const QuickHalf& b) {
    const V32 q = product(a.value, b.quotient);
    return hn::BitCast(D32(), hn::Sub(hn::BitCast(D64(), product(a.value, b.value)),
                                      hn::BitCast(D64(), product(q, modulus()))));
  }
};

HWY_INLINE V32 quick_pow7(V32 even) {
  const QuickHalf x(even);
  const QuickHalf x2(odd_to_even(x * x));
  const QuickHalf x3(odd_to_even(x2 * x)), x4(odd_to_even(x2 * x2));
  return x4 * x3;
}

/// x^7 for signed words in [-p, p).
HWY_INLINE Packed signed_sbox(V32 x) {
  const V32 even = quick_pow7(x), odd = quick_pow7(odd_to_even(x));
  return {lift_once(hn::OddEven(odd, odd_to_even(even)))};
}

/// In each lane the sum of the lanes at the same place in their blocks of four.
HWY_INLINE Packed sum_of_blocks(Packed a) {
  if constexpr (kLanes >= 8) a = a + Packed{hn::SwapAdjacentBlocks(a.v)};
  if constexpr (kLanes >= 16) a = a + Packed{hn::ReverseBlocks(D32(), a.v)};
  return a;
}

/// circ(2, 3, 1, 1) on each block of four is sum + x_i + 2 x_(i+1). Leaves out the sum over the
/// blocks, which is to be added to each of them and is returned.
HWY_INLINE Packed circulant_layer(SpreadState& state) {
  Packed column = {hn::Zero(D32())};
  for (Packed& v : state.v) {
    const Packed next = {hn::Shuffle0321(v.v)}, pair = v + next;
    v = (pair + Packed{hn::Shuffle1032(pair.v)}) + (pair + next);
    if constexpr (SpreadState::kVectors > 1) column = column + v;
  }
  return sum_of_blocks(SpreadState::kVectors > 1 ? column : state.v[0]);
}

/// The linear layer, then x <- (x + constant)^7. The constants are added while the sum over the
/// blocks is made.
HWY_INLINE void linear_layer_and_sbox(SpreadState& state, const RoundConstants& constants) {
  const Packed column = circulant_layer(state);
  for (std::size_t i = 0; i < SpreadState::kVectors; ++i) {
    const Packed added = state.v[i] + load_unaligned(constants.data() + i * kLanes);
    state.v[i] = signed_sbox(hn::Add(hn::Sub(added.v, modulus()), column.v));
  }
}

HWY_INLINE void external_linear_layer(SpreadState& state) {
  const Packed column = circulant_layer(state);
  for (Packed& v : state.v) v = v + column;
}

/// The internal diagonal but for element 0, whose place holds zero, as factors.
struct OthersDiagonal {
  std::array<Fp, poseidon2::kWidth> values = poseidon2::kInternalDiagonal;
  std::array<std::uint32_t, poseidon2::kWidth> quotients{};
  constexpr OthersDiagonal() {
    values[0] = Fp();
    for (std::size_t i = 0; i < poseidon2::kWidth; ++i) quotients[i] = quotient_word(values[i]);
  }
};
inline constexpr OthersDiagonal kOthersDiagonal;

/// What internal_rounds needs of a state; see there.

/// The sum of all elements, below 2^36.
HWY_INLINE std::int64_t sum_of_elements(const SpreadState& state) {
  I64 sum = hn::Zero(S64());
  for (const Packed& v : state.v) {
    const V64 pairs = hn::BitCast(D64(), v.v);
    const V64 low = hn::And(pairs, hn::Set(D64(), 0xffffffffu)), high = hn::ShiftRight<32>(pairs);
    sum = hn::Add(sum, hn::BitCast(S64(), hn::Add(low, high)));
  }
  return lane_sum(S64(), sum);
}
HWY_INLINE std::int64_t first_element(const SpreadState& state) {
  return hn::GetLane(state.v[0].v);
}
HWY_INLINE void store_centred(const SpreadState& state, std::int32_t* to) {
  const V32 centre = hn::Set(D32(), 1u << 30);
  for (std::size_t i = 0; i < SpreadState::kVectors; ++i) {
    hn::Store(hn::BitCast(S32(), hn::Sub(state.v[i].v, centre)), S32(), to + i * kLanes);
  }
}

/// The elements but 0, s_i <- t + d_i s_i in each round.
class SpreadOthers {
 public:
  explicit HWY_INLINE SpreadOthers(const SpreadState& state) : state_(state) {}

  /// For |t| < 2p.
  HWY_INLINE void add(std::size_t /*round*/, std::int64_t t) {
    const Packed sum = broadcast(Fp::from_raw(unsigned_word(t)));
    for (std::size_t i = 0; i < SpreadState::kVectors; ++i) {
      Packed& v = state_.v[i];
      v = sum + v * load_factor(kOthersDiagonal.values.data() + i * kLanes,
                                kOthersDiagonal.quotients.data() + i * kLanes);
    }
  }
  HWY_INLINE void finish(SpreadState& state, std::int64_t first) const {
    state = state_;
    const V32 word = hn::Set(D32(), unsigned_word(first));
    state.v[0].v = hn::IfThenElse(hn::FirstN(D32(), 1), word, state.v[0].v);
  }

 private:
  static HWY_INLINE std::uint32_t unsigned_word(std::int64_t word) {
    const std::int64_t positive = word + (2 * kModulus & word >> 63);
    return static_cast<std::uint32_t>(positive >= kModulus ? positive - kModulus : positive);
  }

  SpreadState state_;
};

HWY_INLINE void load_state(const SpongeState& sponge, SpreadState& state) {
  for (std::size_t i = 0; i < SpreadState::kVectors; ++i) {
    state.v[i] = load_unaligned(sponge.data() + i * kLanes);
  }
}
HWY_INLINE void store_state(const SpreadState& state, SpongeState& sponge) {
  for (std::size_t i = 0; i < SpreadState::kVectors; ++i) {
    store_unaligned(state.v[i], sponge.data() + i * kLanes);
  }
}

/// Overwrites the rate.
HWY_INLINE void load_rate(const Fp* block, SpreadState& state) {
  if constexpr (kLanes > kSpongeRate) {
    const auto rate = hn::FirstN(D32(), kSpongeRate);
    state.v[0].v = hn::IfThenElse(rate, hn::MaskedLoad(rate, D32(), words(block)), state.v[0].v);
  } else {
    for (std::size_t i = 0; i < kSpongeRate / kLanes; ++i) {
      state.v[i] = load_unaligned(block + i * kLanes);
    }
  }
}

HWY_INLINE void permute(SpreadState& state) {
  for (const RoundConstants& c : poseidon2::kInitialConstants) linear_layer_and_sbox(state, c);
  internal_rounds(state);
  // The terminal rounds end with a linear layer instead of beginning with one.
  for (std::size_t i = 0; i < SpreadState::kVectors; ++i) {
    const Packed constants =
        load_unaligned(poseidon2::kTerminalConstants.front().data() + i * kLanes);
    state.v[i] = signed_sbox(hn::Add(hn::Sub(state.v[i].v, modulus()), constants.v));
  }
  for (std::size_t r = 1; r < poseidon2::kTerminalConstants.size(); ++r) {
    linear_layer_and_sbox(state, poseidon2::kTerminalConstants[r]);
  }
  external_linear_layer(state);
}

template <class State>
HWY_INLINE void absorb_blocks(SpongeState& sponge, const Fp* values, std::size_t blocks) {
  State state;
  load_state(sponge, state);
  for (std::size_t i = 0; i < blocks; ++i) {
    load_rate(values + i * kSpongeRate, state);
    permute(state);
  }
  store_state(state, sponge);
}
template <class State>
HWY_INLINE void permute_sponge(SpongeState& sponge) {
  State state;
  load_state(sponge, state);
  permute(state);
  store_state(state, sponge);
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();
#if HWY_TARGET == HWY_AVX3
#include "hash/wide_permutation-inl.h"
#endif
HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX3

const bool kHasFusedProducts = __builtin_cpu_supports("avx512ifma") != 0;

void Permute(SpongeState& sponge) {
  if (kHasFusedProducts) return permute_sponge<WideState<FusedProducts> >(sponge);
  permute_sponge<SpreadState>(sponge);
}
void AbsorbBlocks(SpongeState& sponge, const Fp* values, std::size_t blocks) {
  if (kHasFusedProducts) return absorb_blocks<WideState<FusedProducts> >(sponge, values, blocks);
  absorb_blocks<SpreadState>(sponge, values, blocks);
}
bool AbsorbWideBlocks(SpongeState& sponge, const Fp* values, std::size_t blocks) {
  absorb_blocks<WideState<ComposedProducts> >(sponge, values, blocks);
  return true;
}

#else

void Permute(SpongeState& sponge) {
  permute_sponge<SpreadState>(sponge);
}
void AbsorbBlocks(SpongeState& sponge, const Fp* values, std::size_t blocks) {
  absorb_blocks<SpreadState>(sponge, values, blocks);
}
bool AbsorbWideBlocks(SpongeState&, const Fp*, std::size_t) {
  return false;
}

#endif

#endif

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gyre {

HWY_EXPORT(Permute);
HWY_EXPORT(AbsorbBlocks);
HWY_EXPORT(AbsorbWideBlocks);

void permute(SpongeState& state) {
  HWY_DYNAMIC_DISPATCH(Permute)(state);
}

void absorb_blocks(SpongeState& state, std::span<const Fp> values) {
  HWY_DYNAMIC_DISPATCH(AbsorbBlocks)(state, values.data(), values.size() / kSpongeRate);
}

bool absorb_wide_blocks(SpongeState& state, std::span<const Fp> values) {
  return HWY_DYNAMIC_DISPATCH(AbsorbWideBlocks)(state, values.data(), values.size() / kSpongeRate);
}

}  // namespace gyre
#endif
