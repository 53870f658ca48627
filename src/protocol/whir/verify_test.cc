#include "protocol/whir/verify.h"

#include <gtest/gtest.h>

#include "gyre/proof/codec.h"
#include "protocol/batch_constraints/verify.h"
#include "protocol/logup_gkr/verify.h"
#include "protocol/proof_shape.h"
#include "protocol/stacked_reduction/verify.h"
#include "support/golden_case.h"

namespace gyre {
namespace {

/// The inputs of WHIR in a golden proof, with the transcript as it stands then.
class WhirVerify : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const GoldenCase golden = load_golden_case(GetParam());
    key_ = golden.verifying_key();
    auto proof = decode_proof(golden.proof_bytes);
    ASSERT_TRUE(proof);
    proof_ = std::move(*proof);
    const auto shape = check_proof_shape(key_, proof_);
    ASSERT_TRUE(shape);
    const Statement& statement = shape->statement;
    observe_preamble(transcript_, key_, proof_.common_main_commit, proof_.trace_vdata,
                     proof_.public_values);
    const auto gkr = verify_logup_gkr(statement, proof_.gkr, transcript_);
    ASSERT_TRUE(gkr);
    const auto claims = verify_batch_constraints(statement, *gkr, proof_.batch_constraints,
                                                 proof_.public_values, transcript_);
    ASSERT_TRUE(claims);
    const auto u = verify_stacked_reduction(statement, shape->commitments, *claims, proof_.stacking,
                                            transcript_);
    ASSERT_TRUE(u);
    roots_ = commitment_roots(statement, proof_.common_main_commit, proof_.trace_vdata);
    point_ = whir_point(statement.l_skip(), *u);
  }

  std::string verify() const {
    Transcript transcript(transcript_);
    const auto failure = verify_whir(key_.params, roots_, proof_.stacking.stacking_openings, point_,
                                     proof_.whir, transcript);
    return failure ? failure->name() : "accepted";
  }

  VerifyingKey key_;
  Proof proof_;
  Transcript transcript_;
  std::vector<Digest> roots_;
  std::vector<Fp4> point_;
};

TEST_P(WhirVerify, Accepts) {
  EXPECT_EQ(verify(), "accepted");
}

// Spec 08, section 9.1: an opening that the commitments do not have.
TEST_P(WhirVerify, WrongOpening) {
  for (auto& openings : proof_.stacking.stacking_openings) {
    for (Fp4& opening : openings) {
      const Fp4 honest = opening;
      opening = Fp4::one();
      EXPECT_EQ(verify(), "FinalPolyConstraint");
      opening = honest;
    }
  }
}

TEST_P(WhirVerify, WrongPoint) {
  for (Fp4& coordinate : point_) {
    const Fp4 honest = coordinate;
    coordinate += Fp4::one();
    EXPECT_EQ(verify(), "FinalPolyConstraint");
    coordinate = honest;
  }
}

TEST_P(WhirVerify, WrongRoot) {
  for (Digest& root : roots_) {
    const Digest honest = root;
    root[3] += Fp::one();
    EXPECT_EQ(verify(), "MerkleVerify");
    root = honest;
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, WhirVerify,
                         testing::Values("mixture_pow0", "whir_1round", "whir_final_len1", "fib_k1",
                                         "fib_l0", "blowup3"));

}  // namespace
}  // namespace gyre
