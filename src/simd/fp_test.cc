// The packed operations on every target that the machine has, against the plain field.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/fp_test.cc"
#include "simd/kernel.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gyre/support/error.h"
#include "simd/fp4-inl.h"
#include "support/forced_target.h"
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
      base_uniform[kTestLanes], dot[kTestLanes], dot_of_one[kTestLanes], four_products[kTestLanes],
      many_products[kTestLanes], even[kTestLanes], odd[kTestLanes];
  Fp4 sum4[kTestLanes], product4[kTestLanes], base_products[kTestLanes],
      extension_products[kTestLanes], uniform_products[kTestLanes], extension_sum[kTestLanes];
  Fp4 even4[kTestLanes], odd4[kTestLanes];  // of the pairs of a then b
  Fp4 uniform_product4[kTestLanes], uniform_sums[kTestLanes], product_sums[kTestLanes];
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
    // (a - b) constant + (b - a2) b, and with one word for all lanes.
    const Difference e = difference(a, b), f = difference(b, a4.c[2]);
    std::uint32_t centred[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) centred[i] = centred_word(factors[i]);
    const std::uint32_t one = centred_word(in.constant);
    store_unaligned(dot(e, broadcast_centred(&one), f, load_centred(centred)), out.dot + lane);
    store_unaligned(dot(e, broadcast_centred(&one), f, broadcast_centred(&one)),
                    out.dot_of_one + lane);
    store_unaligned(pow7(a), out.pow7 + lane);
    store_unaligned(negated(a), out.negated + lane);
    store_unaligned(times_sum(a, b, a4.c[1]), out.times_sum + lane);
    store_unaligned(times_difference(a, b, a4.c[1]), out.times_difference + lane);
    Products base_uniform;
    base_uniform.add_uniform(broadcast(in.constant), a);
    base_uniform.add_uniform(broadcast(in.constant), b);
    store_unaligned(base_uniform.reduced(), out.base_uniform + lane);
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
    PackedFp4 even, odd;
    const std::size_t pair = 2 * lane;
    load4_pairs(pair < kTestLanes ? in.a + pair : in.b + pair - kTestLanes, even, odd);
    store4(even, out.even4 + lane);
    store4(odd, out.odd4 + lane);
    const UniformFactor4 uniform = uniform_factor4(in.b[0]);
    const PackedFp4 weight = broadcast(in.b[0]);
    store4(a4 * uniform, out.uniform_product4 + lane);
    Products4 uniform_sum, product_sum;
    std::uint64_t words[Fp4::kDegree * kLanes];
    for (std::size_t i = 0; i < 10; ++i) {
      uniform_sum.add_uniform(weight, a);
      uniform_sum.add_uniform(weight, b);
      uniform_sum.fit();
      uniform_sum.store(words);
      uniform_sum.load(words);
      product_sum.add_product(a4, uniform);
      product_sum.add_product(a4, factor4(b4));
    }
    store4(uniform_sum.reduced(), out.uniform_sums + lane);
    store4(product_sum.reduced(), out.product_sums + lane);
    out.total += horizontal_sum(a4);
    ExtensionProducts extension_products, uniform_products;
    extension_products.add(a4, b4);
    extension_products.add(a4, a4);
    extension_products.add(b4, a);
    uniform_products.add_uniform(a4, uniform);
    uniform_products.add_uniform(b4, uniform);
    uniform_products.add_uniform(a, uniform);
    Products4 extension_sum;
    for (std::size_t i = 0; i < 50; ++i) extension_sum.add_product(a4, uniform);
    store4(extension_products.reduced(), out.extension_products + lane);
    store4(uniform_products.reduced(), out.uniform_products + lane);
    store4(extension_sum.reduced(), out.extension_sum + lane);
    // Pairs (a, b) of neighbours give a and b back.
    Fp pairs[2 * kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) {
      pairs[2 * i] = in.a[lane + i].c[0];
      pairs[2 * i + 1] = in.b[lane + i].c[0];
    }
    Packed even_lanes, odd_lanes;
    deinterleave(load_unaligned(pairs), load_unaligned(pairs + kLanes), even_lanes, odd_lanes);
    store_unaligned(even_lanes, out.even + lane);
    store_unaligned(odd_lanes, out.odd + lane);
  }
}

std::int64_t Target() {
  return HWY_TARGET;
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gyre {
HWY_EXPORT(Target);
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
    const Fp first = (a - b) * in.constant;
    EXPECT_EQ(out.dot[i], first + (b - a4.c[2]) * b);
    EXPECT_EQ(out.dot_of_one[i], first + (b - a4.c[2]) * in.constant);
    const Fp c = in.a[i].c[1];
    EXPECT_EQ(out.times_sum[i], a * (b + c));
    EXPECT_EQ(out.times_difference[i], a * (b - c));
    EXPECT_EQ(out.base_uniform[i], in.constant * (a + b));
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
    const Fp4* const pair = 2 * i < kTestLanes ? in.a + 2 * i : in.b + 2 * i - kTestLanes;
    EXPECT_EQ(out.even4[i], pair[0]);
    EXPECT_EQ(out.odd4[i], pair[1]);
    const Fp ten = Fp::from_canonical(10);
    EXPECT_EQ(out.uniform_product4[i], a4 * in.b[0]);
    EXPECT_EQ(out.uniform_sums[i], in.b[0] * (a + b) * ten);
    EXPECT_EQ(out.product_sums[i], a4 * (in.b[0] + b4) * ten);
    EXPECT_EQ(out.extension_products[i], a4 * b4 + a4 * a4 + b4 * a);
    EXPECT_EQ(out.uniform_products[i], (a4 + b4 + a) * in.b[0]);
    EXPECT_EQ(out.extension_sum[i], a4 * in.b[0] * Fp::from_canonical(50));
    EXPECT_EQ(out.even[i], a);
    EXPECT_EQ(out.odd[i], b);
    total += a4;
  }
  EXPECT_EQ(out.total, total);
}

class Simd : public testing::TestWithParam<std::string> {
 private:
  ForcedTarget forced_{GetParam()};
};

TEST_P(Simd, TargetIsInUse) {
  const std::int64_t before = HWY_DYNAMIC_DISPATCH(Target)();
  EXPECT_EQ(simd::target(), GetParam());
  // Asking changes nothing.
  EXPECT_EQ(HWY_DYNAMIC_DISPATCH(Target)(), before);
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

TEST(SimdTargets, UnknownNameIsMisuse) {
  const std::string_view before = simd::target();
  EXPECT_THROW(simd::force_target("mmx"), Error);
  EXPECT_EQ(simd::target(), before);
}

INSTANTIATE_TEST_SUITE_P(Targets, Simd, testing::ValuesIn(names()),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace gyre
#endif  // HWY_ONCE
