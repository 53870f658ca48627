#include "gyre/protocol/verify_error.h"

#include <gtest/gtest.h>

#include <set>

namespace gyre {
namespace {

Fp4 element(std::uint32_t c0, std::uint32_t c1 = 0, std::uint32_t c2 = 0, std::uint32_t c3 = 0) {
  return {Fp::from_canonical(c0), Fp::from_canonical(c1), Fp::from_canonical(c2),
          Fp::from_canonical(c3)};
}

TEST(VerifyError, WithoutPayload) {
  const VerifyError top{.code = VerifyErrorCode::kEmptyTraces};
  EXPECT_EQ(top.name(), "EmptyTraces");
  EXPECT_EQ(top.path(), "EmptyTraces");
  EXPECT_EQ(top.debug(), "EmptyTraces");
  EXPECT_FALSE(top.message().empty());

  const VerifyError whir{.code = VerifyErrorCode::kMerkleVerify};
  EXPECT_EQ(whir.path(), "WhirError/MerkleVerify");
  EXPECT_EQ(whir.debug(), "WhirError(MerkleVerify)");
  EXPECT_EQ(whir.message(), "Whir verification failed: merkle verification failed");
}

TEST(VerifyError, WithIntegers) {
  const VerifyError error{.code = VerifyErrorCode::kInvalidCodewordMerkleProofDepth,
                          .integers = {1, 2, 7, 6}};
  EXPECT_EQ(error.name(), "InvalidCodewordMerkleProofDepth");
  EXPECT_EQ(error.path(), "ProofShapeError/InvalidWhirProofShape/InvalidCodewordMerkleProofDepth");
  EXPECT_EQ(error.debug(),
            "ProofShapeError(InvalidWhirProofShape(InvalidCodewordMerkleProofDepth { round: 1, "
            "opened_idx: 2, expected: 7, actual: 6 }))");
}

TEST(VerifyError, WithElements) {
  const VerifyError error{.code = VerifyErrorCode::kS0Mismatch,
                          .elements = {element(1, 2, 3, 4), element(2013265920)}};
  EXPECT_EQ(error.debug(),
            "StackedReductionError(S0Mismatch { s_0: [1, 2, 3, 4], s_0_sum_eval: [2013265920, 0, "
            "0, 0] })");
  const VerifyError layer{.code = VerifyErrorCode::kLayerConsistencyCheckFailed,
                          .integers = {3},
                          .elements = {element(0), element(0, 1, 0, 5)}};
  EXPECT_EQ(layer.debug(),
            "BatchConstraintError(GkrVerificationFailed(LayerConsistencyCheckFailed { round: 3, "
            "expected: [0, 0, 0, 0], actual: [0, 1, 0, 5] }))");
  EXPECT_EQ(layer.message(),
            "Batch constraint verification failed: GKR verification failed: Layer consistency "
            "check failed at round 3: expected 0, got X + 5 X^3");
}

TEST(VerifyError, EveryCodeHasItsOwnPathAndACompleteMessage) {
  std::set<std::string> paths;
  constexpr auto kLast = static_cast<unsigned>(VerifyErrorCode::kFinalPolyQueryMismatch);
  for (unsigned code = 0; code <= kLast; ++code) {
    const VerifyError error{.code = static_cast<VerifyErrorCode>(code),
                            .integers = {9001, 9002, 9003, 9004},
                            .elements = {element(9005), element(9006)}};
    EXPECT_TRUE(paths.insert(error.path()).second) << error.path();
    const std::string debug = error.debug(), message = error.message();
    EXPECT_EQ(message.find_first_of("{}"), std::string::npos) << message;
    for (unsigned value = 9001; value <= 9006; ++value) {
      const std::string text = std::to_string(value);
      EXPECT_EQ(debug.find(text) == std::string::npos, message.find(text) == std::string::npos)
          << debug << " / " << message;
    }
  }
}

}  // namespace
}  // namespace gyre
