#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hash/permutation.cc"
#include "simd/kernel.h"

#include <algorithm>

#include "gyre/hash/scheme.h"
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
struct SpreadState {
  static constexpr std::size_t kVectors = poseidon2::kWidth / kLanes;
  Packed v[kVectors];
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

/// The sum of the lanes.
template <class D>
HWY_INLINE std::int64_t lane_sum(D d, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(d) == 1) {
    return hn::GetLane(v);
  } else if constexpr (hn::MaxLanes(d) == 2) {
    return hn::GetLane(hn::Add(v, hn::Shuffle01(v)));
  } else {
    const hn::Half<D> half;
    return lane_sum(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

/// The sum of all elements, below 2^35.
HWY_INLINE std::int64_t sum_of_elements(const SpreadState& state) {
  I64 sum = hn::Zero(S64());
  for (const Packed& v : state.v) {
    const V64 pairs = hn::BitCast(D64(), v.v);
    const V64 low = hn::And(pairs, hn::Set(D64(), 0xffffffffu)), high = hn::ShiftRight<32>(pairs);
    sum = hn::Add(sum, hn::BitCast(S64(), hn::Add(low, high)));
  }
  return lane_sum(S64(), sum);
}

__extension__ using Int128 = __int128;
constexpr std::int64_t kModulus = Fp::kModulus;
/// p^-1 mod 2^64.
constexpr std::uint64_t kLongInverse =
    kInverseModulus * (2 - std::uint64_t{Fp::kModulus} * kInverseModulus);

HWY_INLINE std::int64_t high_product(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>((static_cast<Int128>(a) * b) >> 64);
}

/// x^7 as a word in (-0.72 p, 0.72 p), for a word |x| < 1.22 p: r = x^3 2^-64, then r^2 x 2^-64.
/// Each is the difference of the high halves of two products whose low halves are equal, so that
///   |r| <= 1.22^3 p^3 / 2^64 + p / 2 < 0.9 p  and  |x^7| <= 1.22 (0.9 p)^2 p / 2^64 + p / 2.
/// The factor x brings x p^-1 along, which finds the quotient while the product is made.
HWY_INLINE std::int64_t long_pow7(std::int64_t x) {
  std::uint64_t quotient_of_x = static_cast<std::uint64_t>(x) * kLongInverse;
#if defined(__GNUC__)
  asm("" : "+r"(quotient_of_x));  // or the product would be associated in another, longer way
#endif
  const auto times_x = [&](std::int64_t square) {
    const auto quotient =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(square) * quotient_of_x);
    return high_product(square, x) - high_product(quotient, kModulus);
  };
  const std::int64_t r = times_x(x * x);
  return times_x(r * r);
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

HWY_INLINE void scale_by_diagonal(SpreadState& state) {
  for (std::size_t i = 0; i < SpreadState::kVectors; ++i) {
    state.v[i] = state.v[i] * load_factor(kOthersDiagonal.values.data() + i * kLanes,
                                          kOthersDiagonal.quotients.data() + i * kLanes);
  }
}
HWY_INLINE std::int64_t first_element(const SpreadState& state) {
  return hn::GetLane(state.v[0].v);
}
HWY_INLINE void add_to_elements(SpreadState& state, std::uint32_t word) {
  const Packed sum = broadcast(Fp::from_raw(word));
  for (Packed& v : state.v) v = sum + v;
}
HWY_INLINE void set_first_element(SpreadState& state, std::uint32_t word) {
  state.v[0].v = hn::IfThenElse(hn::FirstN(D32(), 1), hn::Set(D32(), word), state.v[0].v);
}

/// Element 0, on which all else waits, goes its own way in general registers: with rest the sum of
/// the others, s_0 <- rest - s_0^7 and s_i <- t + d_i s_i for t = rest + s_0^7. So the next rest is
/// 15 t + sum of d_i s_i, and that sum is made beside s_0^7. Element 0 of the state counts nowhere:
/// its factor is zero.
HWY_INLINE void internal_rounds(SpreadState& state) {
  constexpr std::int64_t kOthers = poseidon2::kWidth - 1;
  const auto below = [](std::int64_t a, std::int64_t bound) {
    return a >= bound ? a - kModulus : a;
  };
  const auto reduced = [](std::int64_t a) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) % Fp::kModulus);
  };
  const std::int64_t first = first_element(state);
  std::int64_t rest = reduced(sum_of_elements(state) - first);
  // The constant of the next round is in s_0 already; |s_0| < 1.22 p.
  std::int64_t s0 = first + poseidon2::kInternalConstants[0].raw() - kModulus;
  for (std::size_t round = 0; round < poseidon2::kInternalRounds; ++round) {
    const bool last = round + 1 == poseidon2::kInternalRounds;
    const std::int64_t constant =
        last ? 0 : std::int64_t{poseidon2::kInternalConstants[round + 1].raw()};
    const std::int64_t next = below(below(rest + constant, kModulus), kModulus / 2);
    scale_by_diagonal(state);
    const std::int64_t scaled_sum = sum_of_elements(state);
    const std::int64_t x7 = long_pow7(s0);
    s0 = next - x7;
    const std::int64_t t = rest + x7;
    rest = reduced(scaled_sum + kOthers * (t + 2 * kModulus));
    const std::int64_t word = below(t + (kModulus & t >> 63), kModulus);
    add_to_elements(state, static_cast<std::uint32_t>(word));
  }
  set_first_element(state, static_cast<std::uint32_t>((s0 + 2 * kModulus) % kModulus));
}

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
  external_linear_layer(state);
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
#include "hash/wide_internal_rounds-inl.h"
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
