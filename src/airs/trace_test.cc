#include <gtest/gtest.h>

#include "gyre/airs/fibonacci.h"
#include "gyre/airs/interactions.h"
#include "gyre/airs/keccak.h"
#include "gyre/airs/preprocessed_cached.h"
#include "gyre/support/error.h"
#include "support/golden_case.h"

namespace gyre {
namespace {

void expect_equal(const Matrix& actual, const Matrix& expected) {
  ASSERT_EQ(actual.height(), expected.height());
  ASSERT_EQ(actual.width(), expected.width());
  for (std::size_t column = 0; column < expected.width(); ++column) {
    for (std::size_t row = 0; row < expected.height(); ++row) {
      ASSERT_EQ(actual(row, column).canonical(), expected(row, column).canonical())
          << "row " << row << ", column " << column;
    }
  }
}

std::vector<bool> selectors(const GoldenAir& air) {
  std::vector<bool> result;
  for (const Fp value : air.preprocessed->view().column(0)) result.push_back(!value.is_zero());
  return result;
}

/// The rows of a golden trace, to be made into a trace again.
std::vector<CountedMessage> messages(const GoldenAir& air) {
  const bool partitioned = !air.cached_mains.empty();
  const Matrix& fields = partitioned ? air.cached_mains[0] : air.common_main;
  std::vector<CountedMessage> rows;
  for (std::size_t row = 0; row < air.common_main.height(); ++row) {
    CountedMessage& message = rows.emplace_back();
    message.count = air.common_main(row, 0);
    for (std::size_t column = partitioned ? 0 : 1; column < fields.width(); ++column) {
      message.fields.push_back(fields(row, column));
    }
  }
  return rows;
}

void expect_generated(const GoldenCase& golden, const GoldenAir& air) {
  const std::string kind = air.definition["kind"];
  if (kind == "Fibonacci") {
    const Matrix trace =
        fibonacci_trace(air.public_values[0], air.public_values[1], air.common_main.height());
    expect_equal(trace, air.common_main);
    EXPECT_EQ(fibonacci_public_values(trace), air.public_values);
  } else if (kind == "FibonacciSelector") {
    const Matrix trace =
        fibonacci_selector_trace(air.public_values[0], air.public_values[1], selectors(air));
    expect_equal(trace, air.common_main);
    EXPECT_EQ(fibonacci_public_values(trace), air.public_values);
  } else if (kind == "SelfInteraction") {
    expect_equal(self_interaction_trace(air.width.common_main, *air.log_height), air.common_main);
  } else if (kind == "PreprocessedCached") {
    const auto num_cached = static_cast<std::uint32_t>(air.width.cached_mains.size());
    const PreprocessedCachedTrace trace = preprocessed_cached_trace(selectors(air), num_cached);
    expect_equal(trace.common_main, air.common_main);
    for (std::size_t j = 0; j < num_cached; ++j) {
      expect_equal(trace.cached_mains[j], air.cached_mains[j]);
    }
  } else if (kind == "DummyInteraction") {
    const DummyInteractionTrace trace =
        dummy_interaction_trace(messages(air), air.definition["field_width"].get<std::uint32_t>(),
                                air.definition["partitioned"].get<bool>());
    expect_equal(trace.common_main, air.common_main);
    for (std::size_t j = 0; j < air.cached_mains.size(); ++j) {
      expect_equal(trace.cached_mains[j], air.cached_mains[j]);
    }
  } else if (kind == "KeccakF") {
    expect_equal(keccak_trace(golden.keccak_inputs), air.common_main);
  } else {
    EXPECT_EQ(kind, "Program");
  }
}

class GoldenTraces : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenTraces, GeneratorsGiveTheSameTraces) {
  const GoldenCase golden = load_golden_case(GetParam());
  for (std::size_t i = 0; i < golden.airs.size(); ++i) {
    SCOPED_TRACE("AIR " + std::to_string(i));
    if (golden.airs[i].present) expect_generated(golden, golden.airs[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenTraces, ::testing::ValuesIn(golden_case_names()),
                         [](const auto& param) { return param.param; });

TEST(Traces, MisuseIsRefused) {
  EXPECT_THROW(fibonacci_trace(Fp::one(), Fp::one(), 3), Error);
  EXPECT_THROW(fibonacci_selector_trace(Fp::one(), Fp::one(), {true, true, false}), Error);
  EXPECT_THROW(PreprocessedCachedAir({true}, 0), Error);
  const CountedMessage wide{Fp::one(), {Fp::one(), Fp::one()}};
  EXPECT_THROW(dummy_interaction_trace({&wide, 1}, 1, false), Error);
}

TEST(Traces, DummyInteractionPadsWithZeroCounts) {
  const std::vector<CountedMessage> rows(3, {Fp::one(), {Fp::one()}});
  const DummyInteractionTrace trace = dummy_interaction_trace(rows, 1, true);
  EXPECT_EQ(trace.common_main.height(), 4u);
  EXPECT_TRUE(trace.common_main(3, 0).is_zero());
  EXPECT_EQ(trace.cached_mains[0].height(), 4u);
}

}  // namespace
}  // namespace gyre
