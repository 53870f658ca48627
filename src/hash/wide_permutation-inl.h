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

template <class Products>
class WideOthers;

/// Element 8 v + 4 b + i in lane 2 i + b of vector v, so that the sums over the blocks of four are
/// between vectors and neighbours. Words are not reduced: they are below 2^44, and congruent to
/// 2^e times the element; e is 32, as in Montgomery words, but between external rounds.
template <class Products>
struct WideState {
  using Others = WideOthers<Products>;
  V64 v[2];

  /// Where store_centred leaves element element(i): at word kStride i.
  static constexpr std::size_t kStride = 2;
  static constexpr std::size_t element(std::size_t i) { return i / 8 * 8 + i % 2 * 4 + i % 8 / 2; }
};

constexpr std::uint64_t kWideMask = (std::uint64_t{1} << 52) - 1;
/// 2^k.
constexpr Fp power_of_2(std::int64_t k) {
  constexpr std::int64_t kOrder = Fp::kModulus - 1;
  return Fp::from_canonical(2).pow(static_cast<std::uint64_t>((k % kOrder + kOrder) % kOrder));
}

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

/// a b 2^-52 + sum in (sum - p, sum + a b 2^-52], for a, b < 2^52: with q p = a b modulo 2^52 the
/// product is the difference of the high parts of a b and q p.
template <class Products>
HWY_INLINE V64 wide_product(V64 a, const WideFactor& b, V64 sum) {
  const V64 p = hn::Set(D64(), Fp::kModulus);
  const V64 q = Products::low(hn::Zero(D64()), a, b.quotient);
  return hn::Sub(Products::high(sum, a, b.value), Products::high(hn::Zero(D64()), q, p));
}
/// a b 2^-52 in (0, p + a b 2^-52].
template <class Products>
HWY_INLINE V64 wide_product(V64 a, const WideFactor& b) {
  return wide_product<Products>(a, b, hn::Set(D64(), Fp::kModulus));
}

/// The power of two before the S-box of an external round, the first four or the last four: that
/// of the one before times 7, for x^7, less 312, for six products.
constexpr std::int64_t wide_exponent(std::size_t round) {
  return round == 0 ? 32 : 7 * wide_exponent(round - 1) - 312;
}
constexpr std::size_t kLastWideRound = poseidon2::kExternalRounds - 1;
/// Brings the last of four rounds back to 2^32, as a factor of x in x^3.
constexpr std::uint64_t kWideCorrection =
    power_of_2(32 + 312 + 52 - 7 * wide_exponent(kLastWideRound)).canonical();
/// Reduces a word to one below p + 2^24.
constexpr std::uint64_t kWideOne = power_of_2(52).canonical();

/// The low 52 bits of a - b times c, for nc = -c modulo 2^52: without waiting for the difference.
template <class Products>
HWY_INLINE V64 wide_low_product(V64 a, V64 b, V64 c, V64 nc) {
  return Products::low(Products::low(hn::Zero(D64()), a, c), b, nc);
}

/// x^7 + sum, below sum + 2^12, for a sum of p and more. The shortest chain of products: x^3 is
/// there before x^4, with time for what it must bring as a factor.
template <class Products, bool kCorrects>
HWY_INLINE V64 wide_sbox(V64 x, V64 sum) {
  const V64 zero = hn::Zero(D64()), p = hn::Set(D64(), Fp::kModulus);
  const V64 inverse = hn::Set(D64(), kLongInverse & kWideMask);
  const V64 negated_inverse = hn::Set(D64(), -kLongInverse & kWideMask);
  const V64 quotient = Products::low(zero, x, inverse);
  const V64 sum2 = Products::high(p, x, x);
  const V64 high2 = Products::high(zero, Products::low(zero, x, quotient), p);
  const V64 x2 = hn::Sub(sum2, high2);

  V64 third = x, third_quotient = quotient;
  if constexpr (kCorrects) {
    third = wide_product<Products>(x, wide_constant(kWideCorrection));
    third_quotient = Products::low(zero, third, inverse);
  }
  const V64 negated_quotient = Products::low(zero, third, negated_inverse);
  const V64 q3 = wide_low_product<Products>(sum2, high2, third_quotient, negated_quotient);
  const V64 x3 = hn::Sub(Products::high(p, x2, third), Products::high(zero, q3, p));

  const V64 quotient2 = wide_low_product<Products>(sum2, high2, inverse, negated_inverse);
  const V64 x4 = wide_product<Products>(x2, {x2, quotient2});
  return wide_product<Products>(x4, wide_factor<Products>(x3), sum);
}

/// What is added to the state before each of the linear layers that precede the S-boxes of four
/// external rounds, so that their constants come out; p more, in the places of WideState. The last
/// is p alone.
struct WideConstants {
  alignas(64) std::uint64_t words[poseidon2::kExternalRounds + 1][poseidon2::kWidth] = {};
  /// words[0] after that layer: the constants of the first round.
  alignas(64) std::uint64_t after_linear_layer[poseidon2::kWidth] = {};
  constexpr explicit WideConstants(
      const std::array<RoundConstants, poseidon2::kExternalRounds>& constants) {
    for (std::size_t round = 0; round < constants.size(); ++round) {
      const RoundConstants added = before_linear_layer(constants[round]);
      for (std::size_t i = 0; i < poseidon2::kWidth; ++i) {
        const Fp constant = added[WideState<void>::element(i)] * power_of_2(wide_exponent(round));
        words[round][i] = constant.canonical() + Fp::kModulus;
        if (round == 0) after_linear_layer[i] = constants[0][WideState<void>::element(i)].raw();
      }
    }
    for (std::uint64_t& word : words[constants.size()]) word = Fp::kModulus;
  }

 private:
  /// The inverse of the external linear layer: with c the sum of the blocks, (s - c / 5) times
  /// circ(-4, 3, -11, 17) / 35.
  static constexpr RoundConstants before_linear_layer(const RoundConstants& s) {
    const Fp coefficients[4] = {-Fp::from_canonical(4), Fp::from_canonical(3),
                                -Fp::from_canonical(11), Fp::from_canonical(17)};
    const Fp fifth = Fp::from_canonical(5).inverse(), scale = Fp::from_canonical(35).inverse();
    RoundConstants result{};
    for (std::size_t i = 0; i < s.size(); ++i) {
      for (std::size_t k = 0; k < 4; ++k) {
        const std::size_t place = (i + k) % 4;
        const Fp column = s[place] + s[4 + place] + s[8 + place] + s[12 + place];
        result[i] += coefficients[k] * (s[i / 4 * 4 + place] - column * fifth);
      }
      result[i] *= scale;
    }
    return result;
  }
};
inline constexpr WideConstants kWideInitialConstants{poseidon2::kInitialConstants};
inline constexpr WideConstants kWideTerminalConstants{poseidon2::kTerminalConstants};

HWY_INLINE V64 load_words(const std::uint64_t* words, std::size_t vector) {
  return hn::Load(D64(), words + 8 * vector);
}

/// Each element of the next index, or of the next but one, in the same block.
HWY_INLINE V64 next_of_block(V64 a) {
  return V64{_mm512_shuffle_i64x2(a.raw, a.raw, 0x39)};
}
HWY_INLINE V64 opposite_of_block(V64 a) {
  return V64{_mm512_shuffle_i64x2(a.raw, a.raw, 0x4e)};
}

/// With z_i the element i of a block and the sum of all elements i, the block becomes
/// y_i = 2 z_i + 3 z_(i + 1) + z_(i + 2) + z_(i + 3).
template <class Products>
HWY_INLINE void external_linear_layer(WideState<Products>& state) {
  const V64 halves = hn::Add(state.v[0], state.v[1]);
  const V64 column = hn::Add(halves, hn::Shuffle01(halves));
  for (V64& v : state.v) {
    const V64 z = hn::Add(v, column), next = next_of_block(z), pair = hn::Add(z, next);
    v = hn::Add(hn::Add(pair, hn::Add(pair, next)), opposite_of_block(pair));
  }
}

/// The S-boxes of external round `round` of four, the words of constants[round + 1] added.
template <class Products>
HWY_INLINE void wide_sboxes(WideState<Products>& state, std::size_t round,
                            const WideConstants& constants) {
  for (std::size_t i = 0; i < 2; ++i) {
    const V64 sum = load_words(constants.words[round + 1], i);
    state.v[i] = round == kLastWideRound ? wide_sbox<Products, true>(state.v[i], sum)
                                         : wide_sbox<Products, false>(state.v[i], sum);
  }
}

/// What internal_rounds needs of a state; see there.

template <class Products>
HWY_INLINE std::int64_t sum_of_elements(const WideState<Products>& state) {
  return lane_sum(S64(), hn::BitCast(S64(), hn::Add(state.v[0], state.v[1])));
}
/// Below p + 2^12, as the quotient is one too small where little is missing.
template <class Products>
HWY_INLINE std::int64_t first_element(const WideState<Products>& state) {
  constexpr std::uint64_t kReciprocal = (std::uint64_t{1} << 57) / Fp::kModulus;
  const std::uint64_t word = hn::GetLane(state.v[0]);  // below 2^37
  return static_cast<std::int64_t>(word - (word * kReciprocal >> 57) * Fp::kModulus);
}
template <class Products>
HWY_INLINE void store_centred(const WideState<Products>& state, std::int32_t* to) {
  const V64 centre = hn::Set(D64(), std::uint64_t{1} << 30);
  for (std::size_t i = 0; i < 2; ++i) {
    hn::Store(hn::BitCast(S32(), hn::Sub(state.v[i], centre)), S32(), to + 16 * i);
  }
}

/// 2^52 d_i^k, in the places of WideState; zero for element 0.
struct DiagonalPowers {
  alignas(64) std::uint64_t words[poseidon2::kInternalRounds + 1][poseidon2::kWidth] = {};
  constexpr DiagonalPowers() {
    for (std::size_t k = 0; k <= poseidon2::kInternalRounds; ++k) {
      for (std::size_t i = 0; i < poseidon2::kWidth; ++i) {
        const std::size_t element = WideState<void>::element(i);
        if (element == 0) continue;
        words[k][i] = (power_of_2(52) * poseidon2::kInternalDiagonal[element].pow(k)).canonical();
      }
    }
  }
};
inline constexpr DiagonalPowers kDiagonalPowers;

/// The elements but 0 after 13 rounds of s_i <- t_j + d_i s_i: d_i^13 s_i and the sum of
/// d_i^(12 - j) t_j, as sums of the low and of the high 52 bits of products.
template <class Products>
class WideOthers {
 public:
  explicit HWY_INLINE WideOthers(const WideState<Products>& state) {
    for (std::size_t i = 0; i < 2; ++i) {
      low_[i] = high_[i] = hn::Zero(D64());
      add_product(i, state.v[i], poseidon2::kInternalRounds);
    }
  }

  /// For |t| < 2p.
  HWY_INLINE void add(std::size_t round, std::int64_t t) {
    for (std::size_t i = 0; i < 2; ++i) {
      add_product(i, positive_word(t), poseidon2::kInternalRounds - 1 - round);
    }
  }
  HWY_INLINE void finish(WideState<Products>& state, std::int64_t first) const {
    const V64 p = hn::Set(D64(), Fp::kModulus);
    for (std::size_t i = 0; i < 2; ++i) {
      const V64 quotient = wide_factor<Products>(low_[i]).quotient;
      const V64 sum = hn::Add(hn::Add(high_[i], hn::ShiftRight<52>(low_[i])), p);
      state.v[i] = hn::Sub(sum, Products::high(hn::Zero(D64()), quotient, p));
    }
    state.v[0] = hn::IfThenElse(hn::FirstN(D64(), 1), positive_word(first), state.v[0]);
  }

 private:
  static HWY_INLINE V64 positive_word(std::int64_t word) {
    return hn::Set(D64(), static_cast<std::uint64_t>(word + 2 * kModulus));
  }
  HWY_INLINE void add_product(std::size_t i, V64 factor, std::size_t power) {
    const V64 weight = load_words(kDiagonalPowers.words[power], i);
    low_[i] = Products::low(low_[i], factor, weight);
    high_[i] = Products::high(high_[i], factor, weight);
  }

  V64 low_[2], high_[2];
};

template <class Products>
HWY_INLINE void add_words(WideState<Products>& state, const std::uint64_t* words) {
  for (std::size_t i = 0; i < 2; ++i) state.v[i] = hn::Add(state.v[i], load_words(words, i));
}

/// Words remain below 2^43: what follows an S-box or the internal rounds is below 2^33, and a
/// linear layer, of which there are two at most before the next S-box, makes 35 times as much.
template <class Products>
HWY_INLINE void permute(WideState<Products>& state) {
  add_words(state, kWideInitialConstants.words[0]);
  for (std::size_t round = 0; round <= kLastWideRound; ++round) {
    external_linear_layer(state);
    wide_sboxes(state, round, kWideInitialConstants);
  }
  internal_rounds(state);
  add_words(state, kWideTerminalConstants.after_linear_layer);
  for (std::size_t round = 0; round <= kLastWideRound; ++round) {
    wide_sboxes(state, round, kWideTerminalConstants);
    external_linear_layer(state);
  }
}

/// Of eight elements in their order.
HWY_INLINE V64 load_wide(const Fp* from) {
  const hn::Half<D32> half;
  alignas(64) static constexpr std::int64_t kPlaces[8] = {0, 4, 1, 5, 2, 6, 3, 7};
  const V64 in_order = hn::PromoteTo(D64(), hn::LoadU(half, words(from)));
  return hn::TableLookupLanes(in_order, hn::SetTableIndices(D64(), kPlaces));
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
    alignas(64) std::uint64_t lanes[8];
    hn::Store(reduced, D64(), lanes);
    for (std::size_t k = 0; k < 8; ++k) {
      sponge[WideState<Products>::element(8 * i + k)] =
          Fp::from_raw(static_cast<std::uint32_t>(lanes[k]));
    }
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
