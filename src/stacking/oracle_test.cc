#include "stacking/oracle.h"

#include <gtest/gtest.h>

#include "gyre/simd/targets.h"
#include "stacking/commitment.h"
#include "support/random_elements.h"

namespace gyre {
namespace {

struct Case {
  unsigned l_skip, log_message, log_blowup, k;
  std::vector<std::pair<std::size_t, unsigned>> matrices;  ///< width and log height
};

/// Every target and both policies against the plain commitment: root, leaves, paths, memory.
void check(const Case& c) {
  SystemParams params;
  params.l_skip = c.l_skip;
  params.n_stack = c.log_message - c.l_skip;
  params.log_blowup = c.log_blowup;
  params.whir.k = c.k;
  RandomElements random(c.log_message + c.k);
  std::vector<Matrix> traces;
  for (const auto& [width, log_height] : c.matrices) {
    const std::size_t height = std::size_t{1} << log_height;
    traces.emplace_back(random.base(height * width), height, width);
  }
  const std::vector<MatrixView> views(traces.begin(), traces.end());
  const PlainCommitment plain = plain_commitment(params, views);
  const StackedView view(plain.layout, views);
  const StackedColumns columns(view);
  const CodewordShape shape{.log_message = c.log_message,
                            .log_blowup = c.log_blowup,
                            .width = plain.layout.width(),
                            .l_skip = c.l_skip,
                            .k = c.k};
  const Parallel parallel(2);
  std::vector<std::size_t> leaves;
  for (std::size_t i = 0; i < 12; ++i) leaves.push_back(i * i * 7919 % shape.leaves());
  for (const std::string_view target : simd::available_targets()) {
    simd::force_target(target);
    for (const CodewordPolicy policy : {CodewordPolicy::kKeep, CodewordPolicy::kRecompute}) {
      SCOPED_TRACE(testing::Message() << target << ", policy " << static_cast<int>(policy));
      Arena arena(std::size_t{1} << 28);
      const Oracle oracle(parallel, arena, shape, columns, policy);
      EXPECT_EQ(oracle.root(), plain.tree.root());
      EXPECT_EQ(arena.used(), Oracle::retained_bytes(shape, policy));
      EXPECT_EQ(arena.reset_peak(), arena.used() + Oracle::scratch_bytes(shape, policy));
      const std::vector<std::vector<Fp>> opened = oracle.open(leaves);
      EXPECT_EQ(arena.peak(), arena.used() + Oracle::open_bytes(shape, policy));
      for (std::size_t i = 0; i < leaves.size(); ++i) {
        EXPECT_EQ(oracle.path(leaves[i]), plain.tree.path(leaves[i]));
        for (std::size_t cell = 0; cell < opened[i].size(); ++cell) {
          const std::size_t row = leaves[i] + cell / shape.width * shape.leaves();
          ASSERT_EQ(opened[i][cell].raw(), plain.codeword(row, cell % shape.width).raw());
        }
      }
    }
  }
  simd::force_target("");
}

TEST(Oracle, IsThePlainCommitmentForEverySkipDomain) {
  for (unsigned l_skip = 0; l_skip <= 7; ++l_skip) {
    SCOPED_TRACE(l_skip);
    check({l_skip, 10, 1, 4, {{2, 10}, {3, 7}, {2, 3}, {1, 0}}});
  }
}

TEST(Oracle, IsThePlainCommitmentForEveryHeight) {
  for (unsigned log_message = 7; log_message <= 14; ++log_message) {
    SCOPED_TRACE(log_message);
    check({4, log_message, 1, 4, {{1, log_message}, {9, 5}}});
  }
}

TEST(Oracle, IsThePlainCommitmentForEveryLeafAndBlowup) {
  for (unsigned k = 0; k <= 9; ++k) {
    SCOPED_TRACE(k);
    check({4, 10, k % 4, k, {{3, 10}}});
  }
}

TEST(Oracle, IsThePlainCommitmentForEveryWidthOfTheLastBatch) {
  for (const std::size_t width : {1, 7, 8, 9, 16, 17}) {
    SCOPED_TRACE(width);
    check({2, 10, 1, 4, {{width, 10}}});
  }
}

}  // namespace
}  // namespace gyre
