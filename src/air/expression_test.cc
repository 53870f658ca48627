#include "gyre/air/expression.h"

#include <gtest/gtest.h>

#include "gyre/support/error.h"
#include "support/expression_text.h"

namespace gyre {
namespace {

/// x, y, z and e0..e19 are cells of one row.
class ExpressionTest : public ::testing::Test {
 protected:
  Expression cell(std::uint32_t column, std::uint32_t offset = 0) {
    return {arena_, arena_.variable({VariableSource::kMain, 0, offset, column})};
  }
  std::string text(const Expression& expression) { return tree_text(arena_, expression); }

  ExpressionArena arena_;
  Expression x_ = cell(0), y_ = cell(1), z_ = cell(2);
};

TEST_F(ExpressionTest, OperatorsKeepTheirOperandsInOrder) {
  EXPECT_EQ(text(x_ + y_), "(M(0) + M(1))");
  EXPECT_EQ(text(y_ + x_), "(M(1) + M(0))");
  EXPECT_EQ(text(x_ - y_ * z_), "(M(0) - (M(1) * M(2)))");
  EXPECT_EQ(text(-x_), "(-M(0))");
  EXPECT_EQ(text(x_ + Fp::one()), "(M(0) + #1)");
  EXPECT_EQ(text(Expression(Fp::one()) - x_), "(#1 - M(0))");
  EXPECT_EQ(text(-(-x_)), "(-(-M(0)))");
  Expression e = x_;
  e += y_;
  e -= z_;
  e *= Fp::zero();
  EXPECT_EQ(text(e), "(((M(0) + M(1)) - M(2)) * #0)");
}

TEST_F(ExpressionTest, DegreesAreOfTheUnsimplifiedTree) {
  const Expression u(arena_, arena_.variable({.source = VariableSource::kPublic}));
  const Expression first(arena_, arena_.selector(NodeKind::kIsFirstRow));
  const Expression q(arena_, arena_.variable({.source = VariableSource::kPreprocessed}));
  EXPECT_EQ(x_.degree(), 1u);
  EXPECT_EQ(q.degree(), 1u);
  EXPECT_EQ(first.degree(), 1u);
  EXPECT_EQ(u.degree(), 0u);
  EXPECT_EQ((x_ * Fp::zero()).degree(), 1u);
  EXPECT_EQ((x_ * y_ + z_).degree(), 2u);
  EXPECT_EQ((-(x_ * y_)).degree(), 2u);
  EXPECT_EQ((u - Fp::one()).degree(), 0u);
  EXPECT_EQ(Expression(Fp::one()).degree(), 0u);
}

TEST_F(ExpressionTest, DegreeStopsAtItsLargestValue) {
  EXPECT_EQ(x_.exp_power_of_2(31).degree(), 1u << 31);
  EXPECT_EQ(x_.exp_power_of_2(40).degree(), UINT32_MAX);
}

TEST_F(ExpressionTest, Helpers) {
  EXPECT_EQ(text(x_.double_()), "(M(0) + M(0))");
  EXPECT_EQ(text(x_.square()), "(M(0) * M(0))");
  EXPECT_EQ(text(x_.cube()), "((M(0) * M(0)) * M(0))");
  EXPECT_EQ(text(x_.halve()), "(M(0) * #-1006632960)");  // (p + 1) / 2
  EXPECT_EQ(text(x_.bool_check()), "(M(0) * (M(0) - #1))");
  EXPECT_EQ(text(x_.xor_(y_)), "((M(0) + M(1)) - (M(0) * (M(1) + M(1))))");
  EXPECT_EQ(text(x_.xor3(y_, z_)), text(x_.xor_(y_).xor_(z_)));
  EXPECT_EQ(text(x_.andn(y_)), "((#1 - M(0)) * M(1))");
  EXPECT_EQ(text(x_.exp_power_of_2(2)), "((M(0) * M(0)) * (M(0) * M(0)))");
  EXPECT_EQ(text(x_.div_2exp_u64(2)),
            "(M(0) * #" + element_text(Fp::from_canonical(4).inverse()) + ")");
}

TEST_F(ExpressionTest, Powers) {
  EXPECT_EQ(text(x_.exp_u64(0)), "#1");
  EXPECT_EQ(text(x_.exp_u64(1)), "(#1 * M(0))");
  EXPECT_EQ(text(x_.exp_u64(5)), "((#1 * M(0)) * ((M(0) * M(0)) * (M(0) * M(0))))");
  const std::string x2 = "(M(0) * M(0))", x4 = "(" + x2 + " * " + x2 + ")";
  EXPECT_EQ(text(x_.exp_const_u64(0)), "#1");
  EXPECT_EQ(text(x_.exp_const_u64(1)), "M(0)");
  EXPECT_EQ(text(x_.exp_const_u64(2)), x2);
  EXPECT_EQ(text(x_.exp_const_u64(3)), "(" + x2 + " * M(0))");
  EXPECT_EQ(text(x_.exp_const_u64(4)), x4);
  EXPECT_EQ(text(x_.exp_const_u64(5)), "(" + x4 + " * M(0))");
  EXPECT_EQ(text(x_.exp_const_u64(6)), "((" + x2 + " * " + x2 + ") * " + x2 + ")");
  EXPECT_EQ(text(x_.exp_const_u64(7)), "((" + x2 + " * M(0)) * " + x4 + ")");
  EXPECT_EQ(text(x_.exp_const_u64(8)), text(x_.exp_u64(8)));
  EXPECT_EQ(text(x_.mul_2exp_u64(3)), "(M(0) * ((#1 * #2) * (#2 * #2)))");
  const std::vector<Expression> powers = x_.powers(3);
  ASSERT_EQ(powers.size(), 3u);
  EXPECT_EQ(text(powers[0]), "#1");
  EXPECT_EQ(text(powers[2]), "((#1 * M(0)) * M(0))");
}

TEST_F(ExpressionTest, SumsAndProducts) {
  const std::vector<Expression> xyz{x_, y_, z_};
  EXPECT_EQ(text(sum({})), "#0");
  EXPECT_EQ(text(sum({xyz.data(), 1})), "M(0)");
  EXPECT_EQ(text(sum(xyz)), "((M(0) + M(1)) + M(2))");
  EXPECT_EQ(text(product({})), "#1");
  EXPECT_EQ(text(product(xyz)), "((M(0) * M(1)) * M(2))");
  EXPECT_EQ(text(dot_product({xyz.data(), 2}, {xyz.data() + 1, 2})),
            "((M(0) * M(1)) + (M(1) * M(2)))");
  EXPECT_THROW(dot_product(xyz, {xyz.data(), 2}), Error);
  EXPECT_EQ(text(pack_bits_le({})), "#0");
  EXPECT_EQ(text(pack_bits_le(xyz)), "((((M(2) + M(2)) + M(1)) + ((M(2) + M(2)) + M(1))) + M(0))");
}

TEST_F(ExpressionTest, SumArrayIsBalancedInBlocksOfEight) {
  std::vector<Expression> e;
  for (std::uint32_t i = 0; i < 20; ++i) e.push_back(cell(i));
  const auto s = [&](std::size_t begin, std::size_t n) {
    return text(sum_array(std::span(e).subspan(begin, n)));
  };
  EXPECT_EQ(s(0, 0), "#0");
  EXPECT_EQ(s(0, 1), "M(0)");
  EXPECT_EQ(s(0, 2), "(M(0) + M(1))");
  EXPECT_EQ(s(0, 3), "((M(0) + M(1)) + M(2))");
  EXPECT_EQ(s(0, 4), "((M(0) + M(1)) + (M(2) + M(3)))");
  for (std::size_t n = 5; n <= 8; ++n) {
    EXPECT_EQ(s(0, n), "(" + s(0, 4) + " + " + s(4, n - 4) + ")");
  }
  EXPECT_EQ(s(0, 9), "(" + s(0, 8) + " + M(8))");
  EXPECT_EQ(s(0, 16), "(" + s(0, 8) + " + " + s(8, 8) + ")");
  EXPECT_EQ(s(0, 20), "((" + s(0, 8) + " + " + s(8, 8) + ") + " + s(16, 4) + ")");
}

TEST_F(ExpressionTest, MisuseIsRefused) {
  EXPECT_THROW(Expression(Fp::one()) + Fp::one(), Error);
  EXPECT_THROW(-Expression(Fp::one()), Error);
  ExpressionArena other;
  const Expression foreign(other, other.constant(Fp::one()));
  EXPECT_THROW(x_ + foreign, Error);
}

}  // namespace
}  // namespace gyre
