// Poseidon2-16 on kLanes states at once, compiled once per instruction set. Spec 01, section 3.
#if defined(GYRE_HASH_POSEIDON2_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GYRE_HASH_POSEIDON2_INL_H_
#undef GYRE_HASH_POSEIDON2_INL_H_
#else
#define GYRE_HASH_POSEIDON2_INL_H_
#endif

#include "hash/poseidon2_constants.h"
#include "simd/fp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

/// Element i of kLanes states.
struct PackedState {
  Packed s[poseidon2::kWidth];
};

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE Packed sbox(Packed a, Fp constant) {
  return pow7(a + broadcast(constant));
}
template <int kBits>
HWY_INLINE Packed shifted_down(Packed a) {
  return {a.v * inverse_power_of_2(kBits)};
}
#else
/// (a + constant)^7. The sum minus p is a signed word in [-p, p), which is all that pow7 needs.
HWY_INLINE Packed sbox(Packed a, Fp constant) {
  return pow7({hn::Add(a.v, hn::Set(D32(), constant.raw() - Fp::kModulus))});
}

#if HWY_TARGET == HWY_AVX3
/// (l + m p) / 2^k for each l < 16, m = -l mod 2^k, since p = 1 mod 2^27.
template <int kBits>
struct ShiftTable {
  alignas(64) std::uint32_t words[16];
  constexpr ShiftTable() : words{} {
    for (std::uint32_t i = 0; i < 16; ++i) {
      const std::uint64_t l = i % (1u << kBits), m = ((1u << kBits) - l) % (1u << kBits);
      words[i] = static_cast<std::uint32_t>((l + m * Fp::kModulus) >> kBits);
    }
  }
};
template <int kBits>
inline constexpr ShiftTable<kBits> kShiftTable;

/// a / 2^k for k <= 4: with a = 2^k h + l it is h + table[l], below p. The instruction that looks
/// it up reads four bits of its index, here the lowest of a.
template <int kBits>
HWY_INLINE Packed looked_up_quotient(Packed a) {
  const hn::Indices512<std::uint32_t> index{a.v.raw};
  const V32 table = hn::Load(D32(), kShiftTable<kBits>.words);
  return {hn::Add(hn::ShiftRight<kBits>(a.v), hn::TableLookupLanes(table, index))};
}
#endif

/// a / 2^k for 0 < k <= 27, without a product: with a = 2^k h + l and 15 * 2^27 = -1 it is
/// h - 15 * 2^(27 - k) l, and both terms are below p.
template <int kBits>
HWY_INLINE Packed shifted_down(Packed a) {
#if HWY_TARGET == HWY_AVX3
  if constexpr (kBits <= 4) return looked_up_quotient<kBits>(a);
#endif
  const V32 low = hn::ShiftLeft<32 - kBits>(a.v);  // 2^(32 - k) l
  const V32 high = hn::ShiftRight<kBits>(a.v);
  const V32 folded = hn::Sub(hn::ShiftRight<1>(low), hn::ShiftRight<5>(low));
  return {lift_once(hn::Sub(high, folded))};
}
#endif

/// s <- M_E(s): circ(2, 3, 1, 1) on each block of four, then the sum over the blocks added.
HWY_INLINE void external_linear_layer(PackedState& state) {
  Packed* const s = state.s;
  for (std::size_t b = 0; b < poseidon2::kWidth; b += 4) {
    const Packed x01 = s[b] + s[b + 1], x23 = s[b + 2] + s[b + 3];
    const Packed sum = x01 + x23;
    const Packed sum_x1 = sum + s[b + 1], sum_x3 = sum + s[b + 3];
    const Packed y3 = sum_x3 + doubled(s[b]), y1 = sum_x1 + doubled(s[b + 2]);
    s[b] = sum_x1 + x01;
    s[b + 1] = y1;
    s[b + 2] = sum_x3 + x23;
    s[b + 3] = y3;
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const Packed column = (s[i] + s[i + 4]) + (s[i + 8] + s[i + 12]);
    for (std::size_t b = 0; b < poseidon2::kWidth; b += 4) s[b + i] = s[b + i] + column;
  }
}

/// s <- (J + diag(V)) s with s[0] given apart;
/// V = -2, 1, 2, 1/2, 3, 4, -1/2, -3, -4, 2^-8, 1/4, 1/8, 2^-27, -2^-8, -1/16, -2^-27.
HWY_INLINE void internal_linear_layer(PackedState& state, Packed s0) {
  Packed* const s = state.s;
  const Packed rest = (((s[1] + s[2]) + (s[3] + s[4])) + ((s[5] + s[6]) + (s[7] + s[8]))) +
                      (((s[9] + s[10]) + (s[11] + s[12])) + ((s[13] + s[14]) + s[15]));
  const Packed sum = rest + s0;
  s[0] = rest - s0;
  s[1] = sum + s[1];
  s[2] = sum + doubled(s[2]);
  s[3] = sum + shifted_down<1>(s[3]);
  s[4] = sum + (doubled(s[4]) + s[4]);
  s[5] = sum + doubled(doubled(s[5]));
  s[6] = sum - shifted_down<1>(s[6]);
  s[7] = sum - (doubled(s[7]) + s[7]);
  s[8] = sum - doubled(doubled(s[8]));
  s[9] = sum + shifted_down<8>(s[9]);
  s[10] = sum + shifted_down<2>(s[10]);
  s[11] = sum + shifted_down<3>(s[11]);
  s[12] = sum + shifted_down<27>(s[12]);
  s[13] = sum - shifted_down<8>(s[13]);
  s[14] = sum - shifted_down<4>(s[14]);
  s[15] = sum - shifted_down<27>(s[15]);
}

HWY_INLINE void external_round(PackedState& state,
                               const std::array<Fp, poseidon2::kWidth>& constants) {
  // Several at a time hide the latency of the products.
  for (std::size_t i = 0; i < poseidon2::kWidth; i += 4) {
    const Packed a = sbox(state.s[i], constants[i]), b = sbox(state.s[i + 1], constants[i + 1]);
    const Packed c = sbox(state.s[i + 2], constants[i + 2]);
    const Packed d = sbox(state.s[i + 3], constants[i + 3]);
    state.s[i] = a;
    state.s[i + 1] = b;
    state.s[i + 2] = c;
    state.s[i + 3] = d;
  }
  external_linear_layer(state);
}

HWY_INLINE void permute(PackedState& state) {
  external_linear_layer(state);
  for (const auto& constants : poseidon2::kInitialConstants) external_round(state, constants);
  for (const Fp constant : poseidon2::kInternalConstants) {
    internal_linear_layer(state, sbox(state.s[0], constant));
  }
  for (const auto& constants : poseidon2::kTerminalConstants) external_round(state, constants);
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
