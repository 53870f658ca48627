#include "protocol/logup_gkr/verify.h"

#include <gtest/gtest.h>

namespace gyre {
namespace {

using Code = VerifyErrorCode;

Fp4 number(std::uint32_t value) {
  return Fp::from_canonical(value);
}

Result<FractionClaim, VerifyError> run(unsigned num_layers, const GkrProof& proof) {
  Transcript transcript;
  return verify_fraction_sum(num_layers, number(99), proof, transcript);
}

/// Two layers that are false but well-formed: 1/2 - 1/2.
GkrProof two_layers() {
  GkrProof proof;
  proof.q0_claim = number(4);
  proof.claims_per_layer = {{number(1), number(2), -number(1), number(2)}, {}};
  proof.sumcheck_polys = {{{}}};
  return proof;
}

// Spec 08, section 9.1.
TEST(LogUpGkrVerify, MissingLayers) {
  const auto result = run(2, GkrProof{.q0_claim = number(1)});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().debug(),
            "BatchConstraintError(GkrVerificationFailed(IncorrectLayerCount { expected: 2, "
            "actual: 0 }))");
}

TEST(LogUpGkrVerify, MissingSumchecks) {
  GkrProof proof = two_layers();
  proof.sumcheck_polys.clear();
  const auto result = run(2, proof);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().debug(),
            "BatchConstraintError(GkrVerificationFailed(IncorrectSumcheckPolyCount { expected: 1, "
            "actual: 0 }))");
}

TEST(LogUpGkrVerify, MissingSubrounds) {
  GkrProof proof = two_layers();
  proof.sumcheck_polys[0].clear();
  const auto result = run(2, proof);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().debug(),
            "BatchConstraintError(GkrVerificationFailed(IncorrectSubroundCount { round: 1, "
            "expected: 1, actual: 0 }))");
}

TEST(LogUpGkrVerify, RootNumeratorIsNotZero) {
  GkrProof proof;
  proof.q0_claim = number(12);
  proof.claims_per_layer = {{number(1), number(3), number(2), number(4)}};
  const auto result = run(1, proof);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kZeroCheckFailed);
  EXPECT_EQ(result.error().elements[0], number(10));  // 1 * 4 + 2 * 3
}

TEST(LogUpGkrVerify, RootDenominatorDiffers) {
  GkrProof proof = two_layers();
  proof.q0_claim = number(5);
  const auto result = run(2, proof);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kRootConsistencyCheckFailed);
  EXPECT_EQ(result.error().elements[0], number(5));
  EXPECT_EQ(result.error().elements[1], number(4));
}

TEST(LogUpGkrVerify, LayerDoesNotFollow) {
  const auto result = run(2, two_layers());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kLayerConsistencyCheckFailed);
  EXPECT_EQ(result.error().integers[0], 1u);
}

TEST(LogUpGkrVerify, WithoutInteractions) {
  const auto result = run(0, GkrProof{.q0_claim = number(1)});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->numerator, number(0));
  EXPECT_EQ(result->denominator, number(99));
  EXPECT_TRUE(result->xi.empty());

  const auto malleated = run(0, GkrProof{.q0_claim = number(2)});
  ASSERT_FALSE(malleated);
  EXPECT_EQ(malleated.error().code, Code::kInvalidZeroRoundValue);
  EXPECT_EQ(malleated.error().elements[0], number(2));
}

TEST(LogUpGkrVerify, OneLayer) {
  GkrProof proof = two_layers();
  proof.claims_per_layer.pop_back();
  proof.sumcheck_polys.clear();
  const auto result = run(1, proof);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->xi.size(), 1u);
  EXPECT_EQ(result->numerator, number(1) - result->xi[0].doubled());
  EXPECT_EQ(result->denominator, number(2));
}

}  // namespace
}  // namespace gyre
