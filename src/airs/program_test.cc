#include "gyre/airs/program.h"

#include <gtest/gtest.h>

#include "gyre/keys/keygen.h"

namespace gyre {
namespace {

ProgramAir::Shape shape() {
  return {.name = "Program",
          .preprocessed_trace = Matrix(4, 1),
          .cached_main_widths = {2},
          .common_main_width = 3,
          .num_public_values = 2};
}

TEST(ProgramAir, EveryOperation) {
  const auto air = ProgramAir::parse(
      "P 1 0\nM 0 0 1\nM 1 1 2\nU 1\nF\nL\nT\nC 7\n"
      "+ 0 1\n- 2 3\n* 8 9\n\n  n 10  \r\nA 11\nI 65535 3 7 0 1\nI 2 4294967295 4 11",
      shape());
  ASSERT_TRUE(air) << air.error().message();
  const Air* airs[] = {&*air};
  const AirVerifyingKey key = keygen(presets::test_small(2, 8, 3), airs).vk.per_air[0];
  EXPECT_EQ(key.symbolic.constraint_nodes.size(), 1u);
  // Root: -((Q' + M0(1)) * (M1'(2) - U(1))).
  ASSERT_EQ(key.symbolic.nodes.size(), 10u);
  EXPECT_EQ(key.symbolic.nodes[0].variable, (Variable{VariableSource::kPreprocessed, 0, 1, 0}));
  EXPECT_EQ(key.symbolic.nodes[1].variable, (Variable{VariableSource::kMain, 0, 0, 1}));
  EXPECT_EQ(key.symbolic.nodes[7].kind, NodeKind::kNeg);
  ASSERT_EQ(key.symbolic.interactions.size(), 2u);
  EXPECT_EQ(key.symbolic.interactions[0].bus_index, 65535);
  EXPECT_EQ(key.symbolic.interactions[0].message, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(key.symbolic.interactions[1].count_weight, 4294967295u);
}

TEST(ProgramAir, ErrorsNameTheLine) {
  const auto error_of = [](std::string_view text) {
    const auto air = ProgramAir::parse(text, shape());
    return air ? std::string("no error") : air.error().message();
  };
  EXPECT_EQ(error_of("F\nX 1\n"), "program, line 2: unknown operation 'X'");
  EXPECT_EQ(error_of("FF\n"), "program, line 1: unknown operation 'FF'");
  EXPECT_EQ(error_of("F\n\n+ 0 1\n"), "program, line 3: right operand: expected below 1, got 1");
  EXPECT_EQ(error_of("A 0"), "program, line 1: constraint: expected below 0, got 0");
  EXPECT_EQ(error_of("F\nn"), "program, line 2: operand: expected a number, got ''");
  EXPECT_EQ(error_of("C -1"), "program, line 1: constant: expected a number, got '-1'");
  EXPECT_EQ(error_of("C 2013265921"),
            "program, line 1: constant: expected below 2013265921, got 2013265921");
  EXPECT_EQ(error_of("C 99999999999999999999"),
            "program, line 1: constant: expected a number, got '99999999999999999999'");
  EXPECT_EQ(error_of("M 2 0 0"), "program, line 1: main part: expected below 2, got 2");
  EXPECT_EQ(error_of("M 0 2 0"), "program, line 1: row offset: expected below 2, got 2");
  EXPECT_EQ(error_of("M 0 0 2"), "program, line 1: column: expected below 2, got 2");
  EXPECT_EQ(error_of("M 1 0 3"), "program, line 1: column: expected below 3, got 3");
  EXPECT_EQ(error_of("P 0 1"), "program, line 1: column: expected below 1, got 1");
  EXPECT_EQ(error_of("U 2"), "program, line 1: public value: expected below 2, got 2");
  EXPECT_EQ(error_of("F 1"), "program, line 1: more fields than the operation takes");
  EXPECT_EQ(error_of("F\nI 65536 0 0 0"), "program, line 2: bus: expected below 65536, got 65536");
  EXPECT_EQ(error_of("F\nI 0 0 0 1"), "program, line 2: message field: expected below 1, got 1");
  EXPECT_EQ(error_of(""), "no error");
}

}  // namespace
}  // namespace gyre
