#include "poly/ntt.h"

#include <gtest/gtest.h>

#include "poly/kernels.h"
#include "support/random_elements.h"

namespace gyre {
namespace {

class Ntt : public testing::TestWithParam<unsigned> {};

INSTANTIATE_TEST_SUITE_P(LogSizes, Ntt, testing::Values(0, 1, 2, 3, 4, 5, 7, 10, 12, 13, 15));

TEST_P(Ntt, IsEvaluationAtThePowersOfTheRoot) {
  const unsigned log_size = GetParam();
  const std::size_t size = std::size_t{1} << log_size;
  RandomElements random(log_size);
  const std::vector<Fp> coefficients = random.base(size);
  std::vector<Fp> values = coefficients;
  dft(std::span(values));
  for (std::size_t i = 0; i < size; i += size / 8 + 1) {
    const Fp point = two_adic_generator(log_size).pow(i);
    Fp expected;
    for (std::size_t j = size; j-- > 0;) expected = expected * point + coefficients[j];
    EXPECT_EQ(values[i].canonical(), expected.canonical()) << "output " << i;
  }
}

TEST_P(Ntt, InverseUndoesIt) {
  RandomElements random(GetParam());
  const std::vector<Fp4> original = random.extension(std::size_t{1} << GetParam());
  std::vector<Fp4> values = original;
  dft(std::span(values));
  inverse_dft(std::span(values));
  EXPECT_TRUE(values == original);
}

TEST_P(Ntt, ExtensionIsFourBaseTransforms) {
  RandomElements random(GetParam());
  std::vector<Fp4> values = random.extension(std::size_t{1} << GetParam());
  std::vector<Fp> coordinate;
  for (const Fp4& value : values) coordinate.push_back(value.c[2]);
  dft(std::span(values));
  dft(std::span(coordinate));
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_TRUE(values[i].c[2] == coordinate[i]);
}

TEST_P(Ntt, BitReversalIsAnInvolutionThatMovesPowersOfTwo) {
  const unsigned log_size = GetParam();
  std::vector<Fp> values(std::size_t{1} << log_size);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = Fp::from_uint64(i);
  const std::vector<Fp> original = values;
  bit_reverse(std::span(values));
  for (unsigned bit = 0; bit < log_size; ++bit) {
    EXPECT_EQ(values[std::size_t{1} << bit].canonical(), 1u << (log_size - 1 - bit));
  }
  bit_reverse(std::span(values));
  EXPECT_TRUE(values == original);
}

/// The message's multilinear extension at (u, u^2, u^4, ...) is the interpolant at u. Spec 03,
/// section 5.
TEST(EvaluationsToMessage, IsTheInterpolantAtTheSquarings) {
  RandomElements random(7);
  for (unsigned l_skip = 0; l_skip <= 6; ++l_skip) {
    const std::vector<Fp4> chunk = random.extension(std::size_t{1} << l_skip);
    std::vector<Fp4> message = chunk, coefficients = chunk;
    evaluations_to_message(std::span(message), l_skip);
    inverse_dft(std::span(coefficients));
    const Fp4 u = random.extension(1)[0];
    EXPECT_TRUE(evaluate_multilinear(message, squarings(u, l_skip)) ==
                evaluate_polynomial(coefficients, u))
        << "l_skip " << l_skip;
  }
}

}  // namespace
}  // namespace gyre
