#include "gyre/airs/preprocessed_cached.h"
#include "soundness/small_system.h"

namespace gyre {
namespace {

/// The rows of spec 08, section 9.2, whose result depends on the number G of GKR layers, for the
/// proofs with G = 0 and G = 1 that only corner parameters give.

// Without interactions the first thing that notices another transcript is the final sum.
TEST(WithoutGkr, Preamble) {
  SmallSystem system(without_grinding(presets::test_small(2, 6, 3)));
  system.add_fibonacci(8);
  system.add_fibonacci(2);
  const std::vector<bool> selectors{true, false, true, true};
  system.add(
      std::make_unique<PreprocessedCachedAir>(selectors, 1),
      [] {
        Matrix rows(4, 1);
        for (std::size_t row = 0; row < 4; ++row) rows(row, 0) = Fp::from_uint64(row);
        return rows;
      }(),
      [&] {
        Matrix cached(4, 1);
        for (std::size_t row = 0; row < 4; ++row) {
          cached(row, 0) = Fp::from_uint64(row + (selectors[row] ? 1 : 0));
        }
        return std::vector<Matrix>{cached};
      }());
  const Target target = system.prove("cpu");
  ASSERT_TRUE(target.proof.gkr.claims_per_layer.empty());
  expect_accepted(target, [](Proof& p) { add_one(p.gkr.logup_pow_witness); });
  const auto rejected = [&](const char* name, auto&& tamper) {
    return expect_rejected(target, name, tamper);
  };
  rejected("InconsistentClaims", [](Proof& p) { add_one(p.common_main_commit[3]); });
  rejected("InconsistentClaims", [](Proof& p) { add_one(p.public_values[1][2]); });
  rejected("InconsistentClaims",
           [](Proof& p) { add_one(p.trace_vdata[2]->cached_commitments[0][0]); });
  rejected("InconsistentClaims", [](Proof& p) { p.trace_vdata[1]->log_height = 0; });
  rejected("InvalidZeroRoundValue", [](Proof& p) { p.gkr.q0_claim = Fp4::zero(); });
  rejected("GkrNumeratorMismatch",
           [](Proof& p) { add_one(p.batch_constraints.numerator_term_per_air[2]); });
  rejected("GkrDenominatorMismatch",
           [](Proof& p) { add_one(p.batch_constraints.denominator_term_per_air[0]); });
  rejected("SumClaimMismatch", [](Proof& p) {
    add_one(p.batch_constraints.numerator_term_per_air[0]);
    p.batch_constraints.numerator_term_per_air[1] -= Fp4::one();
  });
}

/// l_skip = 0 and one interaction on one row, of count 0: a single layer above two leaves.
class OneGkrLayer : public testing::Test {
 protected:
  static Target prove(std::size_t fibonacci_height) {
    SmallSystem system(without_grinding(presets::test_small(0, 6, 3)));
    system.add_fibonacci(fibonacci_height);
    system.add_dummy(true, {counted(0, {5})}, /*partitioned=*/true);
    Target target = system.prove("cpu");
    EXPECT_EQ(target.proof.gkr.claims_per_layer.size(), 1u);
    EXPECT_TRUE(target.proof.gkr.sumcheck_polys.empty());
    return target;
  }
};

TEST_F(OneGkrLayer, Preamble) {
  for (const std::size_t height : {1, 8}) {  // n_max below and above n_logup = 1
    SCOPED_TRACE(height);
    const Target target = prove(height);
    expect_accepted(target, [](Proof&) {});
    const auto rejected = [&](auto&& tamper) {
      // The layer still holds, its value at another mu is not the sum over the traces.
      expect_rejected(target, "GkrDenominatorMismatch", tamper);
    };
    rejected([](Proof& p) { add_one(p.common_main_commit[3]); });
    rejected([](Proof& p) { add_one(p.public_values[0][2]); });
    rejected([](Proof& p) { add_one(p.trace_vdata[1]->cached_commitments[0][0]); });
    expect_accepted(target, [](Proof& p) { add_one(p.gkr.logup_pow_witness); });
  }
}

TEST_F(OneGkrLayer, Root) {
  const Target target = prove(4);
  const auto rejected = [&](const char* name, auto&& tamper) {
    expect_rejected(target, name, tamper);
  };
  rejected("RootConsistencyCheckFailed", [](Proof& p) { add_one(p.gkr.q0_claim); });
  rejected("ZeroCheckFailed", [](Proof& p) { add_one(p.gkr.claims_per_layer[0].p0); });
  rejected("ZeroCheckFailed", [](Proof& p) { add_one(p.gkr.claims_per_layer[0].p1); });
  // The numerators beside them are 0.
  rejected("RootConsistencyCheckFailed", [](Proof& p) { add_one(p.gkr.claims_per_layer[0].q0); });
  rejected("RootConsistencyCheckFailed", [](Proof& p) { add_one(p.gkr.claims_per_layer[0].q1); });
  // Claims that pass the root, but are not those of the leaves.
  rejected("GkrDenominatorMismatch", [](Proof& p) {
    p.gkr.q0_claim = Fp4::one();
    p.gkr.claims_per_layer[0].q0 = p.gkr.claims_per_layer[0].q1 = Fp4::one();
  });
  rejected("GkrNumeratorMismatch", [](Proof& p) {
    GkrLayerClaims& claims = p.gkr.claims_per_layer[0];
    claims = {.p0 = Fp4::one(), .q0 = Fp4::one(), .p1 = -Fp4::one(), .q1 = Fp4::one()};
    p.gkr.q0_claim = Fp4::one();
  });
}

// l_skip = 0, one row, no interactions: the point xi is empty.
TEST(WithoutGkr, EmptyXi) {
  SmallSystem system(without_grinding(presets::test_small(0, 6, 3)));
  system.add_fibonacci(1);
  for (const std::string& backend : backend_names()) {
    if (!backend_obstacle(backend).empty()) continue;
    const Target target = system.prove(backend);
    expect_accepted(target, [](Proof&) {});
    expect_rejected(target, "InconsistentClaims", [](Proof& p) { add_one(p.public_values[0][2]); });
  }
}

}  // namespace
}  // namespace gyre
