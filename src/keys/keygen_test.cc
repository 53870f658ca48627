#include "gyre/keys/keygen.h"

#include <gtest/gtest.h>

#include <functional>

#include "gyre/airs/fibonacci.h"

namespace gyre {
namespace {

/// An AIR whose parts are given as values.
class TestAir : public Air {
 public:
  using Eval = std::function<void(AirBuilder&)>;

  explicit TestAir(Eval eval, std::uint32_t width = 2) : eval_(std::move(eval)), width_(width) {}

  std::string name() const override { return "Test"; }
  std::optional<Matrix> preprocessed_trace() const override { return preprocessed; }
  std::vector<std::uint32_t> cached_main_widths() const override { return cached; }
  std::uint32_t common_main_width() const override { return width_; }
  void eval(AirBuilder& builder) const override { eval_(builder); }

  std::optional<Matrix> preprocessed;
  std::vector<std::uint32_t> cached;

 private:
  Eval eval_;
  std::uint32_t width_;
};

SystemParams params() {
  return presets::test_small(2, 8, 3);
}

ProvingKey generate(std::initializer_list<const Air*> airs) {
  return keygen(params(), std::vector<const Air*>(airs));
}

/// The KeygenError of these AIRs.
std::optional<KeygenError> error_of(std::initializer_list<const Air*> airs) {
  try {
    generate(airs);
  } catch (const KeygenError& error) {
    return error;
  }
  return std::nullopt;
}

void assert_first_column(AirBuilder& builder) {
  builder.assert_zero(builder.main_part(0).local()[0]);
}

TEST(Keygen, WidthZeroComesBeforeEval) {
  const TestAir air([](AirBuilder&) { FAIL() << "eval was called"; }, 0);
  const auto error = error_of({&air});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), KeygenError::Code::kAirWidthZero);
  EXPECT_EQ(error->name(), "AirWidthZero");
  EXPECT_EQ(error->kind(), ErrorKind::kMisuse);
  EXPECT_STREQ(error->what(), "AirWidthZero: AIR 0 (Test) has no main columns");
}

TEST(Keygen, CachedColumnsAloneAreEnough) {
  TestAir air(assert_first_column, 0);
  air.cached = {3};
  EXPECT_EQ(generate({&air}).vk.per_air[0].unused_variables.size(), 2u);
}

TEST(Keygen, NoConstraintsOrInteractions) {
  const FibonacciAir good;
  const TestAir empty([](AirBuilder&) {});
  const auto error = error_of({&good, &empty});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->name(), "AirNoConstraintsOrInteractions");
  EXPECT_EQ(error->air_index(), 1u);
  EXPECT_EQ(error->air_name(), "Test");
}

TEST(Keygen, EmptyMessage) {
  const TestAir air([](AirBuilder& builder) {
    const Expression x = builder.main().local()[0];
    builder.push_interaction(0, {&x, 1}, x, 1);
    builder.push_interaction(0, {}, x, 1);
  });
  const auto error = error_of({&air});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->name(), "InteractionMessageEmpty");
  EXPECT_EQ(error->payload().interaction, 1u);
}

TEST(Keygen, DegreeOfConstraintsCountsAndFieldsEach) {
  const auto degree_four = [](AirBuilder& b) { return b.main().local()[0].exp_power_of_2(2); };
  const TestAir constraint([&](AirBuilder& b) { b.assert_zero(degree_four(b)); });
  const TestAir count([&](AirBuilder& b) {
    const Expression x = b.main().local()[0];
    b.push_interaction(0, {&x, 1}, degree_four(b), 1);
  });
  const TestAir field([&](AirBuilder& b) {
    const Expression x = degree_four(b);
    b.push_interaction(0, {&x, 1}, b.main().local()[0], 1);
  });
  // Degree 4 although the product is zero after simplification.
  const TestAir dead([&](AirBuilder& b) { b.assert_zero(degree_four(b) * Fp::zero()); });
  for (const TestAir* air : {&constraint, &count, &field, &dead}) {
    const auto error = error_of({air});
    ASSERT_TRUE(error);
    EXPECT_EQ(error->name(), "MaxConstraintDegreeExceeded");
    EXPECT_EQ(error->payload().degree, 4u);
    EXPECT_EQ(error->payload().max_degree, 3u);
  }
  // Not the sum of count and field.
  const TestAir both([](AirBuilder& b) {
    const Expression x = b.main().local()[0].cube();
    b.push_interaction(0, {&x, 1}, x, 1);
  });
  EXPECT_EQ(generate({&both}).vk.per_air[0].max_constraint_degree, 3);
}

TEST(Keygen, DegreesThatOverflow) {
  const TestAir air([](AirBuilder& b) { b.assert_zero(b.main().local()[0].exp_power_of_2(100)); });
  EXPECT_EQ(error_of({&air})->payload().degree, UINT32_MAX);

  const TestAir above_u8(
      [](AirBuilder& b) { b.assert_zero(b.main().local()[0].exp_power_of_2(8)); });
  SystemParams large = params();
  large.max_constraint_degree = 1000;
  const Air* airs[] = {&above_u8};
  EXPECT_THROW(keygen(large, airs), Error);
}

TEST(Keygen, TheFirstAirThatFailsIsNamed) {
  const TestAir empty([](AirBuilder&) {});
  const TestAir none([](AirBuilder&) {}, 0);
  EXPECT_EQ(error_of({&empty, &none})->name(), "AirNoConstraintsOrInteractions");
  EXPECT_EQ(error_of({&none, &empty})->name(), "AirWidthZero");
}

TEST(Keygen, UnsoundParamsAreRefused) {
  SystemParams none = params();
  none.whir.num_queries.clear();
  EXPECT_THROW(KeyGenerator{none}, Error);
  SystemParams no_queries = params();
  no_queries.whir.num_queries[1] = 0;
  EXPECT_THROW(KeyGenerator{no_queries}, Error);
}

TEST(Keygen, LongMessagesAreRefused) {
  const auto air_with = [](std::size_t length) {
    return TestAir([length](AirBuilder& b) {
      const std::vector<Expression> message(length, b.main().local()[0]);
      b.push_interaction(0, message, message[0], 1);
    });
  };
  const TestAir fits = air_with(127), too_long = air_with(128);  // 2^7 with the bus
  EXPECT_NO_THROW(generate({&fits}));
  EXPECT_THROW(generate({&too_long}), Error);
}

TEST(Keygen, PreprocessedTracesThatCannotBeCommitted) {
  const auto add = [](std::size_t height, std::size_t width) {
    TestAir air(assert_first_column);
    air.preprocessed = Matrix(height, width);
    KeyGenerator(params()).add_air(air);
  };
  EXPECT_THROW(add(3, 1), Error);
  EXPECT_THROW(add(0, 1), Error);
  EXPECT_THROW(add(4, 0), Error);
  EXPECT_THROW(add(2048, 1), Error);
}

TEST(Keygen, RequiredFlagAndNames) {
  const FibonacciAir air;
  KeyGenerator generator(params());
  EXPECT_EQ(generator.add_air(air), 0u);
  EXPECT_EQ(generator.add_required_air(air), 1u);
  const ProvingKey key = generator.generate();
  EXPECT_FALSE(key.vk.per_air[0].is_required);
  EXPECT_TRUE(key.vk.per_air[1].is_required);
  EXPECT_EQ(key.per_air[1].name, "Fibonacci");
  EXPECT_FALSE(key.per_air[0].preprocessed_trace);
}

TEST(Keygen, UnusedVariablesAndRotation) {
  const auto main = [](std::uint32_t part, std::uint32_t offset, std::uint32_t index) {
    return Variable{VariableSource::kMain, part, offset, index};
  };
  TestAir local(assert_first_column);
  local.cached = {1};
  const AirVerifyingKey without = generate({&local}).vk.per_air[0];
  EXPECT_FALSE(without.need_rot);
  EXPECT_EQ(without.unused_variables, (std::vector<Variable>{main(1, 0, 0), main(1, 0, 1)}));

  TestAir rotated([](AirBuilder& b) { b.assert_zero(b.common_main().next()[1]); });
  rotated.preprocessed = Matrix(2, 1);
  const AirVerifyingKey with = generate({&rotated}).vk.per_air[0];
  EXPECT_TRUE(with.need_rot);
  EXPECT_EQ(with.unused_variables, (std::vector<Variable>{{VariableSource::kPreprocessed, 0, 0, 0},
                                                          {VariableSource::kPreprocessed, 0, 1, 0},
                                                          main(0, 0, 0),
                                                          main(0, 1, 0),
                                                          main(0, 0, 1)}));
  EXPECT_EQ(with.preprocessed->hypercube_dim, -1);
  EXPECT_EQ(with.preprocessed->stacking_width, 1u);

  // A variable that only a simplified-away expression reads counts as read.
  const TestAir dead([](AirBuilder& b) { b.assert_zero(b.main().next()[0] * Fp::zero()); });
  EXPECT_TRUE(generate({&dead}).vk.per_air[0].need_rot);
}

TEST(Keygen, StackingWidthCountsColumns) {
  TestAir air(assert_first_column);
  air.preprocessed = Matrix(512, 3);  // two per stacked column of 2^10
  EXPECT_EQ(generate({&air}).vk.per_air[0].preprocessed->stacking_width, 2u);
  air.preprocessed = Matrix(1, 257);  // slices of 2^l_skip = 4 rows, 256 per stacked column
  EXPECT_EQ(generate({&air}).vk.per_air[0].preprocessed->stacking_width, 2u);
}

}  // namespace
}  // namespace gyre
