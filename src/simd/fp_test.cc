// The packed operations on every target that the machine has, against the plain field.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/fp_test.cc"
#include "simd/kernel.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "simd/fp4-inl.h"
#include "support/random_elements.h"

#ifndef GYRE_SIMD_FP_TEST_OPERATIONS_
#define GYRE_SIMD_FP_TEST_OPERATIONS_
namespace gyre {
/// What Operate computes of kTestLanes lanes: the arguments, then each result in turn.
inline constexpr std::size_t kTestLanes = 16;
struct Operands {
  Fp4 a[kTestLanes], b[kTestLanes];
  Fp constant;
};
struct Results {
  Fp sum[kTestLanes], difference[kTestLanes], product[kTestLanes], times_constant[kTestLanes],
      times_factors[kTestLanes], scaled_difference[kTestLanes], pow7[kTestLanes],
      negated[kTestLanes], times_sum[kTestLanes], times_difference[kTestLanes],
      uniform_products[kTestLanes], four_products[kTestLanes], many_products[kTestLanes];
  Fp4 sum4[kTestLanes], product4[kTestLanes], base_products[kTestLanes];
  Fp4 total;
};
}  // namespace gyre
#endif

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

void Operate(const Operands& in, Results& out) {
  out.total = Fp4();
  for (std::size_t lane = 0; lane < kTestLanes; lane += kLanes) {
    const PackedFp4 a4 = load4(in.a + lane), b4 = load4(in.b + lane);
    const Packed a = a4.c[0], b = b4.c[0];
    store_unaligned(a + b, out.sum + lane);
    store_unaligned(a - b, out.difference + lane);
    store_unaligned(a * b, out.product + lane);
    const PackedFactor constant = factor(in.constant);
    store_unaligned(a * constant, out.times_constant + lane);
    store_unaligned(scaled_difference(a, b, constant), out.scaled_difference + lane);
    Fp factors[kLanes];
    std::uint32_t quotients[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) {
      factors[i] = in.b[lane + i].c[0];
      quotients[i] = factors[i].raw() * kInverseModulus;
    }
    store_unaligned(a * load_factor(factors, quotients), out.times_factors + lane);
    store_unaligned(pow7(a), out.pow7 + lane);
    store_unaligned(negated(a), out.negated + lane);
    store_unaligned(times_sum(a, b, a4.c[1]), out.times_sum + lane);
    store_unaligned(times_difference(a, b, a4.c[1]), out.times_difference + lane);
    Products uniform;
    uniform.add_uniform(broadcast(in.constant), a);
    uniform.add_uniform(broadcast(in.constant), b);
    store_unaligned(uniform.reduced(), out.uniform_products + lane);
    Products four, many;
    Products4 base;
    for (std::size_t i = 0; i < 4; ++i) {
      four.add(a4.c[i], b4.c[i]);
      base.add(b4, a4.c[i]);
    }
    for (std::size_t i = 0; i < 50; ++i) {
      many.add(a4.c[i % 4], b4.c[i % 4]);
      many.add(a4.c[i % 4], b4.c[(i + 1) % 4]);
      many.fit();
    }
    store_unaligned(four.reduced(), out.four_products + lane);
    store_unaligned(many.reduced(), out.many_products + lane);
    store4(base.reduced(), out.base_products + lane);
    store4(a4 + b4, out.sum4 + lane);
    store4(a4 * b4, out.product4 + lane);
    out.total += horizontal_sum(a4);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gyre {
HWY_EXPORT(Operate);

namespace {

void check(const Operands& in) {
  Results out;
  HWY_DYNAMIC_DISPATCH(Operate)(in, out);
  Fp4 total;
  for (std::size_t i = 0; i < kTestLanes; ++i) {
    const Fp4 &a4 = in.a[i], &b4 = in.b[i];
    const Fp a = a4.c[0], b = b4.c[0];
    EXPECT_EQ(out.sum[i], a + b);
    EXPECT_EQ(out.difference[i], a - b);
    EXPECT_EQ(out.product[i], a * b);
    EXPECT_EQ(out.times_constant[i], a * in.constant);
    EXPECT_EQ(out.times_factors[i], a * b);
    EXPECT_EQ(out.scaled_difference[i], (a - b) * in.constant);
    EXPECT_EQ(out.pow7[i], a.pow(7));
    EXPECT_EQ(out.negated[i], -a);
    const Fp c = in.a[i].c[1];
    EXPECT_EQ(out.times_sum[i], a * (b + c));
    EXPECT_EQ(out.times_difference[i], a * (b - c));
    EXPECT_EQ(out.uniform_products[i], in.constant * (a + b));
    Fp four, many;
    Fp4 base;
    for (std::size_t k = 0; k < 4; ++k) {
      four += a4.c[k] * b4.c[k];
      base += b4 * a4.c[k];
    }
    for (std::size_t k = 0; k < 50; ++k) {
      many += a4.c[k % 4] * b4.c[k % 4] + a4.c[k % 4] * b4.c[(k + 1) % 4];
    }
    EXPECT_EQ(out.four_products[i], four);
    EXPECT_EQ(out.many_products[i], many);
    EXPECT_EQ(out.base_products[i], base);
    EXPECT_EQ(out.sum4[i], a4 + b4);
    EXPECT_EQ(out.product4[i], a4 * b4);
    total += a4;
  }
  EXPECT_EQ(out.total, total);
}

class Simd : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { simd::force_target(GetParam()); }
  void TearDown() override { simd::force_target(""); }
};

TEST_P(Simd, TargetIsInUse) {
  EXPECT_EQ(simd::target(), GetParam());
}

TEST_P(Simd, OperationsOnRandomElements) {
  RandomElements random(17);
  for (int repetition = 0; repetition < 100; ++repetition) {
    Operands in;
    for (Fp4& value : in.a) value = random.element();
    for (Fp4& value : in.b) value = random.element();
    in.constant = random.base(1)[0];
    check(in);
  }
}

/// Every pair of words at the ends of the range, in every coefficient: the largest sums.
TEST_P(Simd, OperationsOnExtremeWords) {
  const Fp words[] = {Fp(),
                      Fp::from_raw(1),
                      Fp::from_raw(2),
                      Fp::from_raw((Fp::kModulus - 1) / 2),
                      Fp::from_raw((Fp::kModulus + 1) / 2),
                      Fp::from_raw(0x40000000),
                      Fp::from_raw(Fp::kModulus - 2),
                      Fp::from_raw(Fp::kModulus - 1)};
  for (const Fp constant : words) {
    for (const Fp a : words) {
      Operands in;
      in.constant = constant;
      for (std::size_t i = 0; i < kTestLanes; ++i) {
        const Fp b = words[i % std::size(words)];
        in.a[i] = Fp4(a, a, a, a);
        in.b[i] = Fp4(b, b, b, b);
      }
      check(in);
    }
  }
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const std::string_view name : simd::available_targets()) result.emplace_back(name);
  return result;
}

INSTANTIATE_TEST_SUITE_P(Targets, Simd, testing::ValuesIn(names()),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace gyre
#endif  // HWY_ONCE
