// The internal rounds of Poseidon2-16 in lanes of 64 bits. Part of hash/permutation.cc, compiled
// for AVX-512 alone: shorter vectors take longer for the sums than these rounds gain.

#include <array>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

__extension__ using UInt128 = unsigned __int128;

/// v 2^-64 mod p, at most p / 2 + 1 in absolute value.
HWY_INLINE std::int64_t long_reduced(std::int64_t v) {
  const auto quotient = static_cast<std::int64_t>(static_cast<std::uint64_t>(v) * kLongInverse);
  return (v >> 63) - high_product(quotient, kModulus);
}

/// The residue of a word from -p to 2^42, at most p / 2 + 2^10 in absolute value.
HWY_INLINE std::int64_t long_centred(std::int64_t word) {
  constexpr auto kReciprocal = static_cast<std::int64_t>((UInt128{1} << 64) / Fp::kModulus);
  const std::int64_t above = word + kModulus / 2;
  return above - high_product(above, kReciprocal) * kModulus - kModulus / 2;
}

/// The residue of least absolute value.
constexpr std::int64_t centred(Fp a) {
  const std::int64_t value = a.canonical();
  return value > kModulus / 2 ? value - kModulus : value;
}

/// As in internal_rounds of a SpreadState element 0, on which all else waits, goes its own way in
/// general registers; but no round waits for more than one S-box. With y_j what the
/// S-box makes of it in round j and R_j the sum of the other elements before that round,
///   s_0 <- R_j - y_j   and   s_i <- R_j + y_j + d_i s_i.
/// R_m is linear in the state z before the linear layer that precedes the internal rounds, and in
/// y_0 to y_(m-1): each lane m of a vector gathers R_m, to which every y_j is added as soon as it
/// is known, but for y_(m-1), which is added outside. The other elements, which State::Others
/// keeps, are not needed before the end.
///
/// The weights that do this. They are integers; what they gather is 2^64 times R_m + c_(m+1), with
/// the constant of the S-box that waits for it.
struct RestWeights {
  static constexpr std::size_t kRests = poseidon2::kWidth;  ///< lanes; kInternalRounds are in use
  /// Of z_i in lane m, another 2^32 times too large.
  alignas(64) std::int64_t inputs[poseidon2::kWidth][kRests] = {};
  /// Of y_j in lane m at 15 + m - j; zero for the lanes to which y_j is not to be added.
  std::int64_t powers[2 * kRests] = {};
  /// Of y_(m-1).
  std::int64_t latest_power;
  /// To each lane, for c_(m+1) and because the inputs are 2^30 too small.
  alignas(64) std::int64_t offsets[kRests] = {};
  /// c_j, the first one so that it can be added to a word below p, and zero after the last.
  std::int64_t constants[poseidon2::kInternalRounds + 1] = {};

  constexpr RestWeights() : latest_power(0) {
    const Fp two_to_32 = Fp::from_canonical(2).pow(32), two_to_64 = two_to_32.squared();
    for (std::size_t j = 0; j < poseidon2::kInternalRounds; ++j) {
      constants[j] = centred(Fp::from_canonical(poseidon2::kInternalConstants[j].raw()));
    }
    constants[0] = poseidon2::kInternalConstants[0].raw() - kModulus;
    std::array<Fp, poseidon2::kInternalRounds> sums_of_weights{};
    for (std::size_t i = 0; i < poseidon2::kWidth; ++i) {
      std::array<Fp, poseidon2::kWidth> unit{};
      unit[i] = Fp::one();
      poseidon2::external_linear_layer(unit);
      const auto weights = rests(unit, Fp());
      for (std::size_t m = 0; m < weights.size(); ++m) {
        inputs[i][m] = centred(weights[m] * two_to_64 * two_to_32);
        sums_of_weights[m] += weights[m];
      }
    }
    for (std::size_t m = 0; m < sums_of_weights.size(); ++m) {
      const Fp offset = sums_of_weights[m] * Fp::from_canonical(1u << 30) +
                        Fp::from_canonical(static_cast<std::uint32_t>(
                            constants[m + 1] < 0 ? constants[m + 1] + kModulus : constants[m + 1]));
      offsets[m] = centred(offset * two_to_64);
    }
    const auto weights = rests({}, Fp::one());
    latest_power = centred(weights[1] * two_to_64);
    for (std::size_t a = 2; a < weights.size(); ++a) {
      powers[15 + a] = centred(weights[a] * two_to_64);
    }
  }

  /// Whether no sum leaves 64 bits: of eight inputs up to 2^30, of all powers up to 0.72 p.
  constexpr bool fits() const {
    constexpr std::int64_t kLimit = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t kPower = kModulus / 100 * 72 + 72;
    const auto magnitude = [](std::int64_t a) { return a < 0 ? -a : a; };
    std::int64_t of_powers = magnitude(latest_power) + 4;
    for (const std::int64_t weight : powers) of_powers += magnitude(weight);
    bool fit = of_powers <= kLimit / kPower;
    for (std::size_t m = 0; m < kRests; ++m) {
      for (std::size_t first = 0; first < poseidon2::kWidth; first += 8) {
        std::int64_t of_inputs = 0;
        for (std::size_t i = first; i < first + 8; ++i) of_inputs += magnitude(inputs[i][m]);
        fit = fit && of_inputs <= kLimit >> 30;
      }
    }
    return fit;
  }

 private:
  /// R_0 to R_12 of the state s, with the given y_0 and no other.
  static constexpr std::array<Fp, poseidon2::kInternalRounds> rests(
      std::array<Fp, poseidon2::kWidth> s, Fp y) {
    std::array<Fp, poseidon2::kInternalRounds> result{};
    for (std::size_t m = 0; m < result.size(); ++m) {
      for (std::size_t i = 1; i < s.size(); ++i) result[m] += s[i];
      for (std::size_t i = 1; i < s.size(); ++i) {
        s[i] = result[m] + y + poseidon2::kInternalDiagonal[i] * s[i];
      }
      y = Fp();
    }
    return result;
  }
};
inline constexpr RestWeights kRestWeights;
static_assert(kRestWeights.fits());

/// The lanes of RestWeights.
template <class State>
class Rests {
 public:
  /// Takes note of the inputs.
  explicit HWY_INLINE Rests(const State& z) { store_centred(z, inputs_); }

  /// Starts with what the inputs make. `urgent` is a word that the caller makes before: in the
  /// order of instructions this comes after it, so as not to stand in its way.
  HWY_INLINE void gather([[maybe_unused]] std::int64_t urgent) {
#if defined(__GNUC__)
    // It also has the inputs come from memory, by loads that broadcast, not through the one port
    // that shuffles have.
    asm("" : "+m"(inputs_) : "r"(urgent));
#endif
    for (std::size_t v = 0; v < kVectors; ++v) {
      I64 sums[2] = {hn::Zero(S64()), hn::Zero(S64())};
      for (std::size_t i = 0; i < poseidon2::kWidth; ++i) {
        const I32 input = hn::Set(S32(), inputs_[i * State::kStride]);
        const I64 weight = hn::Load(S64(), kRestWeights.inputs[State::element(i)] + v * kLanes64);
        I64& sum = sums[State::element(i) / 8];
        sum = hn::Add(sum, hn::MulEven(input, hn::BitCast(S32(), weight)));
      }
      const I64 offset = hn::Load(S64(), kRestWeights.offsets + v * kLanes64);
      lanes_[v] = hn::Add(offset, hn::Add(reduced(sums[0]), reduced(sums[1])));
    }
    store();
  }

  /// Lane m without the powers added last.
  HWY_INLINE std::int64_t operator[](std::size_t m) const {
    return stored_[m];
  }

  HWY_INLINE void add_power(std::size_t j, std::int64_t y) {
    const I32 power = hn::BitCast(S32(), hn::Set(S64(), y));
    for (std::size_t v = 0; v < kVectors; ++v) {
      const I64 weight = hn::LoadU(S64(), kRestWeights.powers + 15 - j + v * kLanes64);
      lanes_[v] = hn::Add(lanes_[v], hn::MulEven(power, hn::BitCast(S32(), weight)));
    }
    store();
  }

 private:
  static constexpr std::size_t kLanes64 = kLanes / 2;
  static constexpr std::size_t kVectors = RestWeights::kRests / kLanes64;

  /// v 2^-32 modulo p, below 2 p in absolute value: the difference of the high halves of v and of
  /// q p, whose low halves are equal.
  static HWY_INLINE I64 reduced(I64 v) {
    const auto product = [](I64 a, std::uint32_t b) {
      return hn::MulEven(hn::BitCast(S32(), a), hn::BitCast(S32(), hn::Set(D32(), b)));
    };
    const I64 quotient = product(v, kInverseModulus);
    return hn::Sub(hn::ShiftRight<32>(v), hn::ShiftRight<32>(product(quotient, Fp::kModulus)));
  }
  HWY_INLINE void store() {
    for (std::size_t v = 0; v < kVectors; ++v) hn::Store(lanes_[v], S64(), stored_ + v * kLanes64);
  }

  /// Of z - 2^30, element(i) of the state at kStride i.
  alignas(64) std::int32_t inputs_[State::kStride * poseidon2::kWidth];
  I64 lanes_[kVectors];
  alignas(64) std::int64_t stored_[RestWeights::kRests];
};

/// The linear layer that precedes the internal rounds, and these.
template <class State>
HWY_INLINE void internal_rounds(State& state) {
  // The linear layer makes 35 times as much of the sum of all elements. The first rest is made of
  // that: lane 0 would be late.
  const std::int64_t sum = 35 * sum_of_elements(state);
  Rests rests(state);
  external_linear_layer(state);
  const std::int64_t first = first_element(state);
  // What the next S-box takes, its constant added; |s0| < 1.22 p.
  std::int64_t s0 = first + kRestWeights.constants[0];
  std::int64_t rest = long_centred(sum - first + kRestWeights.constants[1]);
  rests.gather(rest);
  typename State::Others others(state);
  for (std::size_t round = 0; round < poseidon2::kInternalRounds; ++round) {
    const std::int64_t next = rests[round + 1];
    const std::int64_t y = long_pow7(s0);
    s0 = rest - y;
    others.add(round, rest - kRestWeights.constants[round + 1] + y);
    rest = long_reduced(next + kRestWeights.latest_power * y);
    rests.add_power(round, y);
  }
  others.finish(state, s0);
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();
