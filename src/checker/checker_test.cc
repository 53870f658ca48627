#include "gyre/checker/checker.h"

#include <gtest/gtest.h>

#include "gyre/airs/fibonacci.h"
#include "gyre/airs/interactions.h"
#include "gyre/airs/keccak.h"
#include "gyre/keys/keygen.h"
#include "gyre/support/error.h"
#include "support/golden_case.h"
#include "support/row_major.h"

namespace gyre {
namespace {

ProvingKey key_of(std::initializer_list<const Air*> airs) {
  return keygen(presets::test_small(2, 8, 3), std::vector<const Air*>(airs));
}

CheckReport check_one(const ProvingKey& key, const Matrix& trace, std::vector<Fp> public_values,
                      const CheckOptions& options = {}) {
  const AirTraces traces{.common_main = trace, .public_values = std::move(public_values)};
  return check_traces(key, {&traces, 1}, options);
}

/// The message of the misuse that `run` raises.
template <class Run>
std::string misuse_of(Run&& run) {
  try {
    run();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMisuse);
    return error.what();
  }
  return "nothing was raised";
}

class Fibonacci : public ::testing::Test {
 protected:
  FibonacciAir air_;
  ProvingKey key_ = key_of({&air_});
  Matrix trace_ = fibonacci_trace(Fp::one(), Fp::one(), 64);
  std::vector<Fp> public_values_ = fibonacci_public_values(trace_);
};

TEST_F(Fibonacci, GoodTracesOfEveryHeightPass) {
  for (std::size_t height = 1; height <= 128; height *= 2) {
    const Matrix trace = fibonacci_trace(Fp::one(), Fp::one(), height);
    const CheckReport report = check_one(key_, trace, fibonacci_public_values(trace));
    EXPECT_TRUE(report.ok()) << height << report.text();
    EXPECT_EQ(report.text(), "all constraints hold, all buses balance\n");
  }
}

TEST_F(Fibonacci, NamesTheConstraintRowExpressionAndValues) {
  trace_(20, 1) += Fp::one();
  const CheckReport report = check_one(key_, trace_, public_values_);
  EXPECT_FALSE(report.ok());
  EXPECT_FALSE(report.buses_checked);
  ASSERT_EQ(report.constraints.size(), 2u);
  const ConstraintViolation& first = report.constraints[0];
  EXPECT_EQ(first.air_index, 0u);
  EXPECT_EQ(first.air_name, "Fibonacci");
  EXPECT_EQ(first.constraint, 2u);  // TRANS * (right - left')
  EXPECT_EQ(first.row, 20u);
  EXPECT_EQ(first.num_rows, 1u);
  EXPECT_EQ(first.value, Fp::one());
  EXPECT_EQ(first.expression, "(TRANS * (M(1) - M'(0)))");
  ASSERT_EQ(first.variables.size(), 2u);
  EXPECT_EQ(first.variables[0], std::pair(std::string("M(1)"), trace_(20, 1)));
  EXPECT_EQ(first.variables[1], std::pair(std::string("M'(0)"), trace_(21, 0)));
  EXPECT_EQ(report.constraints[1].row, 19u);  // the step into the row
  EXPECT_EQ(report.constraints[1].num_rows, 2u);
  const std::string text = report.text();
  EXPECT_NE(text.find("AIR 0 (Fibonacci), constraint 2: 1 instead of 0 at row 20, not zero on 1 "
                      "row\n  (TRANS * (M(1) - M'(0)))\n  M(1) = "),
            std::string::npos)
      << text;
}

TEST_F(Fibonacci, RowMajorTracesAreReadAsSuch) {
  const AirTraces traces{.common_main = trace_, .public_values = public_values_};
  EXPECT_TRUE(check_traces(key_, RowMajorTraces({&traces, 1}).traces()).ok());
  trace_(20, 1) += Fp::one();
  const CheckReport report = check_traces(key_, RowMajorTraces({&traces, 1}).traces());
  ASSERT_EQ(report.constraints.size(), 2u);
  EXPECT_EQ(report.constraints[0].row, 20u);
}

TEST_F(Fibonacci, FindingsAreLimited) {
  for (std::size_t row = 0; row < 64; ++row) trace_(row, 1) += Fp::from_uint64(row * row + 1);
  const CheckReport report =
      check_one(key_, trace_, public_values_,
                {.max_constraint_findings = 1, .max_variables = 1, .max_expression_length = 8});
  ASSERT_EQ(report.constraints.size(), 1u);
  EXPECT_EQ(report.more_constraints, 3u);
  EXPECT_EQ(report.constraints[0].expression, "(FIRST *...");
  EXPECT_EQ(report.constraints[0].more_variables, 1u);
  EXPECT_NE(report.text().find("and 3 more violated constraints"), std::string::npos);
  EXPECT_FALSE(check_one(key_, trace_, public_values_, {.max_constraint_findings = 0}).ok());
}

TEST_F(Fibonacci, WrongShapesNameThePart) {
  const auto check = [&](const AirTraces& traces) {
    return misuse_of([&] { check_traces(key_, {&traces, 1}); });
  };
  const Matrix narrow(64, 1), odd(48, 2);
  EXPECT_EQ(check({.common_main = narrow, .public_values = public_values_}),
            "AIR 0 (Fibonacci): width of the common main: expected 2, got 1");
  EXPECT_EQ(check({.common_main = odd, .public_values = public_values_}),
            "AIR 0 (Fibonacci): height of common main: expected a power of two, got 48");
  EXPECT_EQ(check({.common_main = MatrixView(), .public_values = public_values_}),
            "AIR 0 (Fibonacci): width of the common main: expected 2, got 0");
  EXPECT_EQ(check({.common_main = trace_}),
            "AIR 0 (Fibonacci): number of public values: expected 3, got 0");
  EXPECT_EQ(check({.cached_mains = {narrow}, .common_main = trace_}),
            "AIR 0 (Fibonacci): number of cached main parts: expected 0, got 1");
  EXPECT_EQ(check({.air_index = 1, .common_main = trace_}), "traces of AIR 1: the key has 1 AIRs");
  const std::vector<AirTraces> twice(2, {.common_main = trace_, .public_values = public_values_});
  EXPECT_EQ(misuse_of([&] { check_traces(key_, twice); }),
            "traces of AIR 0 come after those of AIR 0: expected ascending");
}

TEST(Checker, RequiredAirsMustBePresent) {
  const FibonacciAir air;
  KeyGenerator generator(presets::test_small(2, 8, 3));
  generator.add_air(air);
  generator.add_required_air(air);
  const ProvingKey key = generator.generate();
  EXPECT_EQ(misuse_of([&] { check_traces(key, {}); }),
            "AIR 1 (Fibonacci) is required, but has no trace");
}

TEST(Checker, HeightsOfPartsMustAgree) {
  const DummyInteractionAir partitioned(1, true, 0, true);
  const Matrix four(4, 1), eight(8, 1);
  const AirTraces traces{.cached_mains = {four}, .common_main = eight};
  const ProvingKey key = key_of({&partitioned});
  EXPECT_EQ(misuse_of([&] {
              check_traces(key, {&traces, 1});
            }),
            "AIR 0 (DummyInteraction): height of common main: expected 4, got 8");

  const FibonacciSelectorAir selector(std::vector<bool>(8, true), false);
  const ProvingKey selector_key = key_of({&selector});
  const Matrix trace = fibonacci_trace(Fp::one(), Fp::one(), 16);
  EXPECT_EQ(misuse_of([&] { check_one(selector_key, trace, fibonacci_public_values(trace)); }),
            "AIR 0 (FibonacciSelector): height of all parts, by the preprocessed trace: expected "
            "8, got 16");
}

CountedMessage row(std::uint32_t count, std::uint32_t field) {
  return {Fp::from_canonical(count), {Fp::from_canonical(field)}};
}

TEST(Checker, UnbalancedBusListsEveryContribution) {
  const DummyInteractionAir send(1, true, 9, false), receive(1, false, 9, true);
  const ProvingKey key = key_of({&send, &receive});
  const std::vector<CountedMessage> sent{row(1, 5), row(3, 7), row(2, 8), row(0, 1)};
  const std::vector<CountedMessage> received{row(1, 5), row(1, 7), row(1, 7), row(2, 8)};
  const DummyInteractionTrace send_trace = dummy_interaction_trace(sent, 1, false),
                              receive_trace = dummy_interaction_trace(received, 1, true);
  std::vector<AirTraces> traces(2);
  traces[0] = {.air_index = 0, .common_main = send_trace.common_main};
  traces[1] = {.air_index = 1,
               .cached_mains = {receive_trace.cached_mains[0]},
               .common_main = receive_trace.common_main};
  const CheckReport report = check_traces(key, traces);
  ASSERT_EQ(report.buses.size(), 1u);
  EXPECT_EQ(report.text(),
            "bus 9, message [7]: the counts sum to 1 instead of 0\n"
            "  AIR 0 (DummyInteraction), interaction 0, row 1: 3\n"
            "  AIR 1 (DummyInteraction), interaction 0, row 1: -1\n"
            "  AIR 1 (DummyInteraction), interaction 0, row 2: -1\n");
  const CheckReport limited = check_traces(key, traces, {.max_contributions = 1});
  EXPECT_EQ(limited.buses[0].more_contributions, 2u);
  // Without the receiver nothing balances.
  traces.pop_back();
  const CheckReport alone = check_traces(key, traces, {.max_bus_findings = 2});
  EXPECT_EQ(alone.buses.size(), 2u);
  EXPECT_EQ(alone.more_buses, 1u);
  EXPECT_EQ(alone.buses[0].message, std::vector<Fp>{Fp::from_canonical(5)});
}

TEST(Checker, ManyMessagesThatBalanceLate) {
  const DummyInteractionAir send(2, true, 1, false), receive(2, false, 1, false);
  const ProvingKey key = key_of({&send, &receive});
  constexpr std::size_t kRows = std::size_t{1} << 21;  // more than the ledger merges at
  Matrix trace(kRows, 3);
  for (std::size_t r = 0; r < kRows; ++r) {
    trace(r, 0) = Fp::one();
    trace(r, 1) = Fp::from_uint64(r);
  }
  Matrix received = trace;
  std::vector<AirTraces> traces{{.air_index = 0, .common_main = trace},
                                {.air_index = 1, .common_main = received}};
  EXPECT_TRUE(check_traces(key, traces).ok());
  received(kRows - 1, 2) = Fp::one();
  const CheckReport report = check_traces(key, traces);
  ASSERT_EQ(report.buses.size(), 2u);
  EXPECT_EQ(report.buses[0].contributions.size(), 1u);
  EXPECT_EQ(report.buses[1].contributions[0].row, kRows - 1);
}

class GoldenCheck : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenCheck, TracesSatisfyImportedKeys) {
  const GoldenCase golden = load_golden_case(GetParam());
  const CheckReport report = check_traces(golden.proving_key_from_vk(), golden.traces());
  EXPECT_TRUE(report.ok()) << report.text();
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenCheck, ::testing::ValuesIn(golden_case_names()),
                         [](const auto& param) { return param.param; });

TEST(Checker, FindsEveryBrokenKeccakColumn) {
  const KeccakAir air;
  const ProvingKey key = key_of({&air});
  const std::vector<KeccakState> inputs = random_keccak_inputs(1, 1);
  const Matrix good = keccak_trace(inputs);
  EXPECT_TRUE(check_one(key, good, {}).ok());
  for (std::size_t column = 0; column < KeccakAir::kWidth; column += 97) {
    Matrix trace = good;
    trace(3, column) += Fp::one();
    EXPECT_FALSE(check_one(key, trace, {}).ok()) << column;
  }
}

}  // namespace
}  // namespace gyre
