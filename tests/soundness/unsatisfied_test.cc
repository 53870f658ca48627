#include <numeric>

#include "soundness/small_system.h"

namespace gyre {
namespace {

/// Traces that no proof must exist for: the negative tests of spec 08, section 9.1, that begin with
/// a trace. On every backend.
class Unsatisfied : public testing::TestWithParam<const char*> {
 protected:
  static SystemParams params() { return presets::test_small(2, 8, 3); }

  static void expect_valid(const SmallSystem& system) {
    const Target target = system.prove(GetParam());
    expect_accepted(target, [](Proof&) {});
  }
  static void expect_unbalanced(const SmallSystem& system) {
    try {
      system.prove(GetParam());
      ADD_FAILURE() << "proven";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUnsatisfied) << error.what();
    }
  }
};

// The sender and the receiver are optional: both absent balances, one alone does not.
TEST_P(Unsatisfied, ReceiverAlone) {
  const auto system = [](bool with_senders) {
    SmallSystem result(params());
    result.add_fibonacci(8);
    for (int i = 0; i < 2; ++i) {
      if (with_senders && i == 0) {
        result.add_dummy(true, {counted(1, {5}), counted(2, {6}), counted(4, {7})});
      } else {
        result.add_absent(std::make_unique<DummyInteractionAir>(1, true, 0, false));
      }
    }
    result.add_dummy(false, {counted(1, {5}), counted(2, {6}), counted(4, {7})});
    return result;
  };
  expect_valid(system(true));
  expect_unbalanced(system(false));
}

TEST_P(Unsatisfied, OneSenderOneReceiver) {
  const auto system = [](std::uint32_t last_field) {
    SmallSystem result(params());
    result.add_dummy(
        true, {counted(0, {1}), counted(3, {5}), counted(7, {4}), counted(546, {last_field})});
    result.add_dummy(false,
                     {counted(1, {5}), counted(3, {4}), counted(4, {4}), counted(2, {5}),
                      counted(0, {123}), counted(545, {0}), counted(0, {0}), counted(0, {456})});
    return result;
  };
  expect_unbalanced(system(0));  // 546 sent, 545 received
  expect_unbalanced(system(889));
}

TEST_P(Unsatisfied, TwoSendersOneReceiver) {
  const auto system = [](std::uint32_t count) {
    SmallSystem result(params());
    result.add_dummy(true,
                     {counted(0, {1}), counted(3, {5}), counted(count, {4}), counted(333, {889})});
    result.add_dummy(true, {counted(1, {4}), counted(213, {889})});
    result.add_dummy(
        false, {counted(1, {5}), counted(3, {4}), counted(4, {4}), counted(2, {5}),
                counted(0, {123}), counted(545, {889}), counted(1, {889}), counted(0, {456})});
    return result;
  };
  expect_valid(system(6));
  expect_unbalanced(system(5));
}

// Two fields; those of the receiver are a cached part.
TEST_P(Unsatisfied, CachedReceiver) {
  const auto system = [](std::uint32_t last_field) {
    SmallSystem result(params());
    result.add_dummy(
        true, {counted(0, {1, 1}), counted(3, {5, 3}), counted(7, {4, 1}), counted(546, {889, 4})});
    result.add_dummy(false,
                     {counted(1, {5, 3}), counted(3, {4, 1}), counted(4, {4, 1}),
                      counted(2, {5, 3}), counted(0, {123, 3}), counted(545, {889, 4}),
                      counted(1, {889, last_field}), counted(0, {456, 5})},
                     /*partitioned=*/true);
    return result;
  };
  expect_valid(system(4));
  expect_unbalanced(system(10));
}

/// x = y_0 + ... + y_4, the y in a cached part.
class SumAir : public Air {
 public:
  std::string name() const override { return "Sum"; }
  std::vector<std::uint32_t> cached_main_widths() const override { return {5}; }
  std::uint32_t common_main_width() const override { return 1; }
  void eval(AirBuilder& builder) const override {
    const std::vector<Expression> y = builder.cached_main(0).local().all();
    builder.assert_eq(builder.common_main().local()[0], sum(y));
  }
};

TEST_P(Unsatisfied, PartitionedSum) {
  Matrix x(8, 1), y(8, 5);
  for (std::size_t row = 0; row < 8; ++row) {
    for (std::size_t i = 0; i < 5; ++i) {
      y(row, i) = Fp::from_uint64(7 * row + i * i + 1);
      x(row, 0) += y(row, i);
    }
  }
  SmallSystem system(params());
  system.add(std::make_unique<SumAir>(), x, {y});
  expect_valid(system);
  system.common_main(0)(0, 0) = Fp::zero();
  const Target target = system.prove(GetParam());
  EXPECT_TRUE(verdict(target.key, target.proof));
}

INSTANTIATE_TEST_SUITE_P(Backends, Unsatisfied, testing::Values("reference", "cpu"));

}  // namespace
}  // namespace gyre
