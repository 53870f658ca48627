#include "gyre/airs/keccak.h"
#include "keccak_columns.h"

namespace gyre {

namespace {

using namespace keccak;  // NOLINT: the names of the columns

/// Calls body(y, x, k) for all limbs of all lanes, y outermost.
template <class Body>
void for_each_limb(Body&& body) {
  for (std::size_t y = 0; y < 5; ++y) {
    for (std::size_t x = 0; x < 5; ++x) {
      for (std::size_t k = 0; k < kLimbs; ++k) body(y, x, k);
    }
  }
}

/// Writes the constraints of spec 02, section 10.2, one function per row of its table or group of
/// rows; the order is that of the table.
class KeccakConstraints {
 public:
  explicit KeccakConstraints(AirBuilder& builder)
      : builder_(builder),
        local_(builder.main().local()),
        next_(builder.main().next()),
        not_final_(builder.constant(Fp::one()) - local_[flag(kRoundsPerPermutation - 1)]) {}

  void round_flags();
  void preimage_and_export();
  void column_parities();
  void theta();
  void column_parity_of_theta();
  void chi();
  void iota();
  void next_row_input();

 private:
  /// Limb k of the lane whose bits are f(z).
  template <class Bit>
  Expression pack(std::size_t k, Bit&& f) const {
    Expression packed = builder_.constant(Fp::zero());
    for (std::size_t z = kLimbBits * (k + 1); z-- > kLimbBits * k;) {
      packed = packed.double_() + f(z);
    }
    return packed;
  }

  AirBuilder& builder_;
  TraceRow local_, next_;
  Expression not_final_;
};

void KeccakConstraints::round_flags() {
  FilteredBuilder first = builder_.when_first_row();
  first.assert_one(local_[flag(0)]);
  for (std::size_t r = 1; r < kRoundsPerPermutation; ++r) first.assert_zero(local_[flag(r)]);
  FilteredBuilder transition = builder_.when_transition();
  for (std::size_t r = 0; r < kRoundsPerPermutation; ++r) {
    transition.assert_eq(local_[flag(r)], next_[flag((r + 1) % kRoundsPerPermutation)]);
  }
}

void KeccakConstraints::preimage_and_export() {
  FilteredBuilder first_round = builder_.when(local_[flag(0)]);
  for_each_limb([&](std::size_t y, std::size_t x, std::size_t k) {
    first_round.assert_eq(local_[preimage(y, x, k)], local_[a(y, x, k)]);
  });
  FilteredBuilder same_permutation = builder_.when(not_final_).when_transition();
  for_each_limb([&](std::size_t y, std::size_t x, std::size_t k) {
    same_permutation.assert_eq(local_[preimage(y, x, k)], next_[preimage(y, x, k)]);
  });
  builder_.assert_bool(local_[kExport]);
  builder_.when(not_final_).assert_zero(local_[kExport]);
}

void KeccakConstraints::column_parities() {
  for (std::size_t x = 0; x < 5; ++x) {
    for (std::size_t z = 0; z < kLaneBits; ++z) builder_.assert_bool(local_[c(x, z)]);
    for (std::size_t z = 0; z < kLaneBits; ++z) {
      const Expression parity = local_[c(x, z)].xor3(
          local_[c((x + 4) % 5, z)], local_[c((x + 1) % 5, (z + kLaneBits - 1) % kLaneBits)]);
      builder_.assert_eq(local_[c_prime(x, z)], parity);
    }
  }
}

void KeccakConstraints::theta() {
  for (std::size_t y = 0; y < 5; ++y) {
    for (std::size_t x = 0; x < 5; ++x) {
      for (std::size_t z = 0; z < kLaneBits; ++z) builder_.assert_bool(local_[a_prime(y, x, z)]);
      for (std::size_t k = 0; k < kLimbs; ++k) {
        const Expression limb = pack(k, [&](std::size_t z) {
          return local_[a_prime(y, x, z)].xor3(local_[c(x, z)], local_[c_prime(x, z)]);
        });
        builder_.assert_eq(limb, local_[a(y, x, k)]);
      }
    }
  }
}

void KeccakConstraints::column_parity_of_theta() {
  const Fp two = Fp::from_canonical(2);
  for (std::size_t x = 0; x < 5; ++x) {
    for (std::size_t z = 0; z < kLaneBits; ++z) {
      Expression bits = local_[a_prime(0, x, z)];
      for (std::size_t y = 1; y < 5; ++y) bits += local_[a_prime(y, x, z)];
      // The sum of five bits minus their parity is 0, 2 or 4.
      const Expression difference = bits - local_[c_prime(x, z)];
      const Expression four = builder_.constant(two) + two;
      builder_.assert_zero(difference * (difference - two) * (difference - four));
    }
  }
}

void KeccakConstraints::chi() {
  for_each_limb([&](std::size_t y, std::size_t x, std::size_t k) {
    const Expression limb = pack(k, [&](std::size_t z) {
      const Expression others = local_[b((x + 1) % 5, y, z)].andn(local_[b((x + 2) % 5, y, z)]);
      return others.xor_(local_[b(x, y, z)]);
    });
    builder_.assert_eq(limb, local_[a_prime_prime(y, x, k)]);
  });
}

void KeccakConstraints::iota() {
  for (std::size_t z = 0; z < kLaneBits; ++z) builder_.assert_bool(local_[bit(z)]);
  for (std::size_t k = 0; k < kLimbs; ++k) {
    const Expression limb = pack(k, [&](std::size_t z) { return local_[bit(z)]; });
    builder_.assert_eq(limb, local_[a_prime_prime(0, 0, k)]);
  }
  const auto round_constant_bit = [&](std::size_t z) {
    Expression sum = builder_.constant(Fp::zero());
    for (std::size_t r = 0; r < kRoundsPerPermutation; ++r) {
      sum += local_[flag(r)] * Fp::from_uint64((kRoundConstants[r] >> z) & 1);
    }
    return sum;
  };
  for (std::size_t k = 0; k < kLimbs; ++k) {
    const Expression limb =
        pack(k, [&](std::size_t z) { return round_constant_bit(z).xor_(local_[bit(z)]); });
    builder_.assert_eq(limb, local_[a_prime_prime_prime(k)]);
  }
}

void KeccakConstraints::next_row_input() {
  FilteredBuilder same_permutation = builder_.when_transition().when(not_final_);
  for (std::size_t x = 0; x < 5; ++x) {
    for (std::size_t y = 0; y < 5; ++y) {
      for (std::size_t k = 0; k < kLimbs; ++k) {
        same_permutation.assert_eq(local_[output(y, x, k)], next_[a(y, x, k)]);
      }
    }
  }
}

}  // namespace

void KeccakAir::eval(AirBuilder& builder) const {
  KeccakConstraints constraints(builder);
  constraints.round_flags();
  constraints.preimage_and_export();
  constraints.column_parities();
  constraints.theta();
  constraints.column_parity_of_theta();
  constraints.chi();
  constraints.iota();
  constraints.next_row_input();
}

}  // namespace gyre
