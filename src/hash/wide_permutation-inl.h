// Poseidon2-16 on one state in lanes of 64 bits, for machines with products of 52 bits. Part of
// hash/permutation.cc, compiled for AVX-512 alone.

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

/// sum + the low or the high 52 bits of the product of the low 52 bits of a and b: an instruction
/// that not every machine with AVX-512 has (IFMA).
struct FusedProducts {
  static HWY_INLINE V64 low(V64 sum, V64 a, V64 b) {
    asm("vpmadd52luq %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));
    return sum;
  }
  static HWY_INLINE V64 high(V64 sum, V64 a, V64 b) {
    asm("vpmadd52huq %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));
    return sum;
  }
};

/// The same of smaller products, to test what is built on it elsewhere.
struct ComposedProducts {
  static HWY_INLINE V64 low(V64 sum, V64 a, V64 b) {
    const Parts p(a, b);
    const V64 product = hn::Add(p.low, hn::ShiftLeft<26>(p.middle));
    return hn::Add(sum, hn::And(product, hn::Set(D64(), (std::uint64_t{1} << 52) - 1)));
  }
  static HWY_INLINE V64 high(V64 sum, V64 a, V64 b) {
    const Parts p(a, b);
    const V64 middle = hn::Add(p.middle, hn::ShiftRight<26>(p.low));
    return hn::Add(sum, hn::Add(p.high, hn::ShiftRight<26>(middle)));
  }

 private:
  /// a b = low + 2^26 middle + 2^52 high.
  struct Parts {
    V64 low, middle, high;
    HWY_INLINE Parts(V64 a, V64 b) {
      const V64 a0 = bits<0>(a), a1 = bits<26>(a), b0 = bits<0>(b), b1 = bits<26>(b);
      low = product(a0, b0);
      middle = hn::Add(product(a0, b1), product(a1, b0));
      high = product(a1, b1);
    }
    template <int kFirst>
    static HWY_INLINE V64 bits(V64 a) {
      return hn::And(hn::ShiftRight<kFirst>(a), hn::Set(D64(), (std::uint64_t{1} << 26) - 1));
    }
    static HWY_INLINE V64 product(V64 a, V64 b) {
      return hn::MulEven(hn::BitCast(D32(), a), hn::BitCast(D32(), b));
    }
  };
};

/// Elements i and 8 + i in lane i of two vectors. They are not reduced: words below 2^44 that are
/// the Montgomery words modulo p.
template <class Products>
struct WideState {
  V64 v[2];
};

constexpr std::uint64_t kWideMask = (std::uint64_t{1} << 52) - 1;
/// 2^k mod p.
constexpr std::uint64_t power_of_2(unsigned k) {
  std::uint64_t power = 1;
  for (unsigned i = 0; i < k; ++i) power = 2 * power % Fp::kModulus;
  return power;
}

/// Makes x 2^120 of x; see wide_sbox.
constexpr std::uint64_t kSboxScale = power_of_2(120 + 52);
constexpr std::uint64_t kWideOne = power_of_2(52);

/// A factor with its product with p^-1 mod 2^52, which finds the quotient of a Montgomery product.
struct WideFactor {
  V64 value, quotient;
};
template <class Products>
HWY_INLINE WideFactor wide_factor(V64 a) {
  return {a, Products::low(hn::Zero(D64()), a, hn::Set(D64(), kLongInverse & kWideMask))};
}
HWY_INLINE WideFactor wide_constant(std::uint64_t c) {
  return {hn::Set(D64(), c), hn::Set(D64(), c * kLongInverse & kWideMask)};
}

/// a b 2^-52 in (0, p + a b 2^-52], for a, b < 2^52: with q p = a b modulo 2^52 it is the
/// difference of the high parts of a b and q p, and p more.
template <class Products>
HWY_INLINE V64 wide_product(V64 a, const WideFactor& b) {
  const V64 p = hn::Set(D64(), Fp::kModulus);
  const V64 q = Products::low(hn::Zero(D64()), a, b.quotient);
  return hn::Sub(Products::high(p, a, b.value), Products::high(hn::Zero(D64()), q, p));
}

/// The Montgomery words of (x 2^-32)^7, that is x^7 2^-192. The factor 2^120 that x^4 x^3 lacks in
/// products of 52 bits comes with one x, while x^2 is made.
template <class Products>
HWY_INLINE V64 wide_sbox(V64 x) {
  const V64 scaled = wide_product<Products>(x, wide_constant(kSboxScale));
  const V64 x2 = wide_product<Products>(x, wide_factor<Products>(x));
  const WideFactor factor = wide_factor<Products>(x2);
  const V64 x3 = wide_product<Products>(scaled, factor), x4 = wide_product<Products>(x2, factor);
  return wide_product<Products>(x4, wide_factor<Products>(x3));
}

/// circ(2, 3, 1, 1) on the blocks of four: y_i = 2 x_i + 3 x_(i + 1) + x_(i + 2) + x_(i + 3).
HWY_INLINE V64 wide_circulant(V64 x) {
  const V64 next{_mm512_permutex_epi64(x.raw, 0x39)}, opposite{_mm512_permutex_epi64(x.raw, 0x4e)},
      previous{_mm512_permutex_epi64(x.raw, 0x93)};
  const V64 pair = hn::Add(x, next), others = hn::Add(opposite, previous);
  return hn::Add(hn::Add(pair, others), hn::Add(pair, next));
}

template <class Products>
HWY_INLINE void external_linear_layer(WideState<Products>& state) {
  for (V64& v : state.v) v = wide_circulant(v);
  const V64 halves = hn::Add(state.v[0], state.v[1]);
  const V64 column = hn::Add(halves, V64{_mm512_shuffle_i64x2(halves.raw, halves.raw, 0x4e)});
  for (V64& v : state.v) v = hn::Add(v, column);
}

HWY_INLINE V64 load_wide(const Fp* from) {
  const hn::Half<D32> half;
  return hn::PromoteTo(D64(), hn::LoadU(half, words(from)));
}

template <class Products>
HWY_INLINE void add_constants_and_sbox(WideState<Products>& state,
                                       const RoundConstants& constants) {
  for (std::size_t i = 0; i < 2; ++i) {
    const V64 added = hn::Add(state.v[i], load_wide(constants.data() + 8 * i));
    state.v[i] = wide_sbox<Products>(added);
  }
}

/// What internal_rounds needs of a state.

struct WideDiagonal {
  alignas(64) std::uint64_t values[poseidon2::kWidth], quotients[poseidon2::kWidth];
  constexpr WideDiagonal() : values{}, quotients{} {
    for (std::size_t i = 1; i < poseidon2::kWidth; ++i) {
      values[i] = poseidon2::kInternalDiagonal[i].raw() * power_of_2(20) % Fp::kModulus;
      quotients[i] = values[i] * kLongInverse & kWideMask;
    }
  }
};
inline constexpr WideDiagonal kWideDiagonal;

template <class Products>
HWY_INLINE void scale_by_diagonal(WideState<Products>& state) {
  for (std::size_t i = 0; i < 2; ++i) {
    const WideFactor diagonal = {hn::Load(D64(), kWideDiagonal.values + 8 * i),
                                 hn::Load(D64(), kWideDiagonal.quotients + 8 * i)};
    state.v[i] = wide_product<Products>(state.v[i], diagonal);
  }
}
template <class Products>
HWY_INLINE std::int64_t sum_of_elements(const WideState<Products>& state) {
  return lane_sum(S64(), hn::BitCast(S64(), hn::Add(state.v[0], state.v[1])));
}
template <class Products>
HWY_INLINE std::int64_t first_element(const WideState<Products>& state) {
  return static_cast<std::int64_t>(hn::GetLane(state.v[0]) % Fp::kModulus);
}
template <class Products>
HWY_INLINE void add_to_elements(WideState<Products>& state, std::uint32_t word) {
  for (V64& v : state.v) v = hn::Add(v, hn::Set(D64(), word));
}
template <class Products>
HWY_INLINE void set_first_element(WideState<Products>& state, std::uint32_t word) {
  state.v[0] = hn::IfThenElse(hn::FirstN(D64(), 1), hn::Set(D64(), word), state.v[0]);
}

/// Words below 2^43 remain below: the linear layer makes 35 times as much of a word at most, and
/// what follows an S-box is below 2^38.
template <class Products>
HWY_INLINE void permute(WideState<Products>& state) {
  for (const RoundConstants& c : poseidon2::kInitialConstants) {
    external_linear_layer(state);
    add_constants_and_sbox(state, c);
  }
  external_linear_layer(state);
  internal_rounds(state);
  for (const RoundConstants& c : poseidon2::kTerminalConstants) {
    add_constants_and_sbox(state, c);
    external_linear_layer(state);
  }
}

template <class Products>
HWY_INLINE void load_state(const SpongeState& sponge, WideState<Products>& state) {
  for (std::size_t i = 0; i < 2; ++i) state.v[i] = load_wide(sponge.data() + 8 * i);
}
template <class Products>
HWY_INLINE void store_state(const WideState<Products>& state, SpongeState& sponge) {
  for (std::size_t i = 0; i < 2; ++i) {
    const V64 word = wide_product<Products>(state.v[i], wide_constant(kWideOne));
    const V64 reduced = hn::Min(word, hn::Sub(word, hn::Set(D64(), Fp::kModulus)));
    const hn::Half<D32> half;
    hn::StoreU(hn::TruncateTo(half, reduced), half, words(sponge.data() + 8 * i));
  }
}
template <class Products>
HWY_INLINE void load_rate(const Fp* block, WideState<Products>& state) {
  static_assert(kSpongeRate == 8);
  state.v[0] = load_wide(block);
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();
