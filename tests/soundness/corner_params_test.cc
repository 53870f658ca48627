#include <fmt/format.h>

#include "soundness/small_system.h"

namespace gyre {
namespace {

/// Parameters at the edges of what SystemParams::validate allows.
struct Corner {
  unsigned l_skip, n_stack, log_blowup, k;
  std::vector<std::uint64_t> num_queries;
  std::uint64_t degree = 3;
};

class CornerParams : public testing::TestWithParam<Corner> {
 protected:
  static SystemParams params() {
    const Corner& corner = GetParam();
    SystemParams params = presets::test_small(2, 8, 3);
    params.l_skip = corner.l_skip;
    params.n_stack = corner.n_stack;
    params.log_blowup = corner.log_blowup;
    params.whir.k = corner.k;
    params.whir.num_queries = corner.num_queries;
    params.max_constraint_degree = corner.degree;
    return params;
  }
  /// Fibonacci and a self-balancing AIR, with heights from one row to a full stacked column.
  static SmallSystem system(unsigned log_height) {
    SmallSystem result(params());
    result.add_fibonacci(std::size_t{1} << log_height);
    const unsigned other = params().log_stacked_height() - log_height;
    result.add(std::make_unique<SelfInteractionAir>(3, 1), self_interaction_trace(3, other));
    return result;
  }
};

TEST_P(CornerParams, BackendsAgreeAndTheProofIsValid) {
  for (unsigned log_height = 0; log_height <= params().log_stacked_height(); ++log_height) {
    SCOPED_TRACE(fmt::format("2^{} rows of Fibonacci", log_height));
    const SmallSystem small = system(log_height);
    const Target plain = small.prove("reference"), fast = small.prove("cpu");
    EXPECT_TRUE(plain.proof == fast.proof);
    expect_accepted(plain, [](Proof&) {});
    expect_rejected(plain, "MerkleVerify", [](Proof& p) {
      add_one(p.whir.initial_round_opened_rows.back().back().back().back());
    });
    Proof proof = plain.proof;
    add_one(proof.public_values[0][0]);
    EXPECT_TRUE(verdict(plain.key, proof));
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, CornerParams,
                         testing::Values(Corner{0, 1, 1, 1, {3}},           // one round, two rows
                                         Corner{1, 0, 1, 1, {3}},           // no cube variables
                                         Corner{3, 0, 1, 2, {3}},           // the same, l_skip 3
                                         Corner{0, 4, 1, 4, {3}},           // folded to a constant
                                         Corner{2, 2, 2, 1, {5, 4, 3, 2}},  // k = 1, to a constant
                                         Corner{2, 2, 0, 2, {3, 2}},        // rate 1
                                         Corner{1, 1, 0, 2, {2}},           // trees of one leaf
                                         Corner{0, 3, 1, 2, {4}, 2},        // least degree here
                                         Corner{2, 2, 1, 3, {4}, 6}));

}  // namespace
}  // namespace gyre
