#include <gtest/gtest.h>

#include "gyre/field/fp4.h"
#include "support/random_elements.h"

namespace gyre {
namespace {

Fp fp(std::uint32_t value) {
  return Fp::from_canonical(value);
}
Fp4 fp4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return {fp(a), fp(b), fp(c), fp(d)};
}

/// Spec 01, section 1.2 and 1.3.
TEST(Fp, MontgomeryWords) {
  EXPECT_EQ(fp(0).raw(), 0u);
  EXPECT_EQ(fp(1).raw(), 268435454u);
  EXPECT_EQ(fp(2).raw(), 536870908u);
  EXPECT_EQ(fp(31).raw(), 268435390u);
  EXPECT_EQ(fp(1).halved().raw(), 134217727u);
  EXPECT_EQ(fp(Fp::kModulus - 1).raw(), 1744830467u);
  EXPECT_EQ(fp(Fp::kModulus).raw(), 0u);
  EXPECT_EQ(fp(0xffffffffu).canonical(), 0xffffffffu % Fp::kModulus);
}

TEST(Fp, AgreesWithIntegers) {
  const std::uint64_t p = Fp::kModulus;
  const std::uint32_t edges[] = {
      0, 1, 2, 3, 0x3bffffff, 0x3c000000, 0x3c000001, Fp::kModulus - 2, Fp::kModulus - 1};
  for (const std::uint64_t a : edges) {
    for (const std::uint64_t b : edges) {
      const Fp x = Fp::from_uint64(a), y = Fp::from_uint64(b);
      EXPECT_EQ((x + y).canonical(), (a + b) % p);
      EXPECT_EQ((x - y).canonical(), (a + p - b) % p);
      EXPECT_EQ((x * y).canonical(), a * b % p);
    }
    EXPECT_EQ((-Fp::from_uint64(a)).canonical(), (p - a) % p);
    EXPECT_EQ(Fp::from_uint64(a).halved().doubled().canonical(), a);
  }
  EXPECT_EQ(fp(1).halved().canonical(), 1006632961u);
}

/// Spec 01, section 1.1.
TEST(Fp, TwoAdicGenerators) {
  const std::uint32_t generators[] = {
      1,          2013265920, 1728404513, 1592366214, 196396260,  760005850,  1721589904,
      397765732,  1732600167, 1753498361, 341742893,  1340477990, 1282623253, 298008106,
      1657000625, 2009781145, 1421947380, 1286330022, 1559589183, 1049899240, 195061667,
      414040701,  570250684,  1267047229, 1003846038, 1149491290, 975630072,  440564289};
  for (unsigned k = 0; k <= Fp::kTwoAdicity; ++k) {
    EXPECT_EQ(two_adic_generator(k).canonical(), generators[k]) << k;
  }
  EXPECT_TRUE(kMultiplicativeGenerator.pow(15) == two_adic_generator(27));
}

TEST(Fp, Inverses) {
  RandomElements random(1);
  for (const Fp x : random.base(100)) EXPECT_TRUE(x * x.inverse() == Fp::one());
  EXPECT_TRUE(Fp().inverse().is_zero());
  for (unsigned k = 0; k <= 32; ++k) {
    EXPECT_TRUE(inverse_power_of_2(k) * fp(2).pow(k) == Fp::one());
  }
}

/// Spec 01, section 2, the check values.
TEST(Fp4, CheckValues) {
  EXPECT_TRUE(fp4(1, 2, 3, 4) * fp4(5, 6, 7, 8) == fp4(676, 588, 386, 60));
  EXPECT_TRUE(fp4(1, 2, 3, 4).inverse() == fp4(1587469345, 920666518, 1160282443, 647153706));
  EXPECT_TRUE(fp4(1, 2, 3, 4).pow(Fp::kModulus) == fp4(1, 1443543105, 2013265918, 1139445632));
}

TEST(Fp4, RingLaws) {
  RandomElements random(2);
  for (int i = 0; i < 50; ++i) {
    const Fp4 a = random.element(), b = random.element(), c = random.element();
    EXPECT_TRUE(a * b == b * a);
    EXPECT_TRUE(a * (b + c) == a * b + a * c);
    EXPECT_TRUE((a * b) * c == a * (b * c));
    EXPECT_TRUE(a * a.inverse() == Fp4::one());
    EXPECT_TRUE(a * b.c[1] == a * Fp4(b.c[1]));
    EXPECT_TRUE(a.halved().doubled() == a);
    EXPECT_TRUE(a - a == Fp4::zero());
  }
  const Fp4 largest = fp4(Fp::kModulus - 1, Fp::kModulus - 1, Fp::kModulus - 1, Fp::kModulus - 1);
  EXPECT_TRUE(largest * largest == fp4(1, 1, 1, 1) * fp4(1, 1, 1, 1));
}

/// Sums of four products of the largest words stay exact.
TEST(Fp, SumOfProductsOfTheLargestWords) {
  const Fp largest = Fp::from_raw(Fp::kModulus - 1);
  const std::uint64_t square = std::uint64_t{largest.raw()} * largest.raw();
  EXPECT_TRUE(Fp::reduce_sum_of_products(4 * square) == (largest * largest) * fp(4));
}

}  // namespace
}  // namespace gyre
