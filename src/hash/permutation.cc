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

/// The sum of all lanes, below 2^35 for 16 elements.
HWY_INLINE std::uint64_t sum_of_lanes(const SpreadState& state) {
  V64 sum = hn::Zero(D64());
  for (const Packed& v : state.v) {
    const V64 pairs = hn::BitCast(D64(), v.v);
    sum = hn::Add(sum,
                  hn::Add(hn::ShiftRight<32>(pairs), hn::And(pairs, hn::Set(D64(), 0xffffffffu))));
  }
  return hn::GetLane(hn::SumOfLanes(D64(), sum));
}

/// `value`, of which the compiler knows nothing more: it would make longer chains of products by
/// associating them in another way, or of shifts.
template <class T>
HWY_INLINE T opaque(T value) {
#if defined(__GNUC__)
  asm("" : "+r"(value));
#endif
  return value;
}

/// a b 2^-32 in (-p, p) for such factors; `quotient` is b p^-1 mod 2^32.
HWY_INLINE std::int64_t quick_product(std::int64_t a, std::int64_t b, std::uint32_t quotient) {
  const auto q = static_cast<std::int32_t>(static_cast<std::uint32_t>(a) * quotient);
  return (a * b - q * opaque(std::int64_t{Fp::kModulus})) >> 32;
}
HWY_INLINE std::uint32_t quotient_of(std::int64_t b) {
  return opaque(static_cast<std::uint32_t>(b) * kInverseModulus);
}
HWY_INLINE std::int64_t quick_pow7(std::int64_t x) {
  const std::uint32_t quotient = quotient_of(x);
  const std::int64_t x2 = quick_product(x, x, quotient), x3 = quick_product(x2, x, quotient);
  const std::int64_t x4 = quick_product(x2, x2, quotient_of(x2));
  return quick_product(x4, x3, quotient_of(x3));
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

/// Element 0, on which all else waits, goes its own way in general registers: with rest the sum of
/// the others, s_0 <- rest - s_0^7 and s_i <- t + d_i s_i for t = rest + s_0^7. So the next rest is
/// 15 t + sum of d_i s_i, and that sum is made from the round before. Lane 0 counts nowhere: its
/// factor is zero.
HWY_INLINE void internal_rounds(SpreadState& state) {
  constexpr std::int64_t kModulus = Fp::kModulus;
  constexpr std::uint64_t kOthers = poseidon2::kWidth - 1;
  PackedFactor diagonal[SpreadState::kVectors];
  for (std::size_t i = 0; i < SpreadState::kVectors; ++i) {
    diagonal[i] = load_factor(kOthersDiagonal.values.data() + i * kLanes,
                              kOthersDiagonal.quotients.data() + i * kLanes);
  }
  std::int64_t s0 = hn::GetLane(state.v[0].v);  // in (-p, 2p)
  std::uint64_t rest = (sum_of_lanes(state) - static_cast<std::uint64_t>(s0)) % Fp::kModulus;
  for (std::size_t i = 0; i < SpreadState::kVectors; ++i) state.v[i] = state.v[i] * diagonal[i];
  std::uint64_t scaled_sum = sum_of_lanes(state);
  const auto below_modulus = [](std::int64_t a) { return a >= kModulus ? a - kModulus : a; };
  // The constant of the next round is in s_0 already.
  s0 = below_modulus(s0 + poseidon2::kInternalConstants[0].raw());
  for (std::size_t round = 0; round < poseidon2::kInternalRounds; ++round) {
    const bool last = round + 1 == poseidon2::kInternalRounds;
    const std::int64_t constant =
        last ? 0 : std::int64_t{poseidon2::kInternalConstants[round + 1].raw()};
    const std::int64_t base = below_modulus(static_cast<std::int64_t>(rest) + constant);
    const std::int64_t x7 = quick_pow7(s0);
    std::int64_t t = static_cast<std::int64_t>(rest) + x7;
    s0 = below_modulus(base - x7);
    t = below_modulus(t + (kModulus & t >> 63));
    rest = (kOthers * static_cast<std::uint64_t>(t) + scaled_sum) % Fp::kModulus;
    const Packed sum = broadcast(Fp::from_raw(static_cast<std::uint32_t>(t)));
    for (Packed& v : state.v) v = sum + v;
    if (last) break;
    for (std::size_t i = 0; i < SpreadState::kVectors; ++i) state.v[i] = state.v[i] * diagonal[i];
    scaled_sum = sum_of_lanes(state);
  }
  const auto word = static_cast<std::uint32_t>(s0 < 0 ? s0 + kModulus : s0);
  state.v[0].v = hn::IfThenElse(hn::FirstN(D32(), 1), hn::Set(D32(), word), state.v[0].v);
}

void Permute(SpongeState& sponge) {
  SpreadState state;
  for (std::size_t i = 0; i < SpreadState::kVectors; ++i) {
    state.v[i] = load_unaligned(sponge.data() + i * kLanes);
  }
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
