#include "backend/cuda/commitment.h"

#include <gtest/gtest.h>

#include "stacking/commitment.h"
#include "support/random_elements.h"
#include "support/row_major.h"

namespace gyre::cuda {
namespace {

struct Case {
  unsigned l_skip, log_message, log_blowup, k;
  std::vector<std::pair<std::size_t, unsigned>> matrices;  ///< width and log height
  MatrixOrder order = MatrixOrder::kColumnMajor;
};

/// With much memory and with little: root, leaves, paths against the plain commitment, and memory
/// against the plan.
void check(const Case& c) {
  Context context;
  context.device = find_device(0);
  context.params.l_skip = c.l_skip;
  context.params.n_stack = c.log_message - c.l_skip;
  context.params.log_blowup = c.log_blowup;
  context.params.whir.k = c.k;
  context.params.whir.num_queries = {12, 3};
  // Of traces that are still being copied: two columns.
  context.encoded_bytes_at_once = 2 * sizeof(Fp) << c.log_message;
  RandomElements random(c.log_message + c.k);
  std::vector<Matrix> traces;
  for (const auto& [width, log_height] : c.matrices) {
    const std::size_t height = std::size_t{1} << log_height;
    traces.emplace_back(random.base(height * width), height, width);
  }
  const std::vector<MatrixView> views(traces.begin(), traces.end());
  const PlainCommitment plain = plain_commitment(context.params, views);
  RowMajorTraces transposed({});
  std::vector<MatrixView> given;
  for (const MatrixView& view : views) {
    given.push_back(c.order == MatrixOrder::kRowMajor ? transposed.row_major(view) : view);
  }
  const std::size_t num_leaves = plain.codeword.height() >> c.k;
  std::vector<std::size_t> leaves;
  for (std::size_t i = 0; i < 12; ++i) leaves.push_back(i * i * 7919 % num_leaves);
  for (const bool low_memory : {false, true}) {
    SCOPED_TRACE(testing::Message() << "low_memory " << low_memory);
    Workload workload;
    workload.commitments.push_back({.layout = &plain.layout});
    workload.low_memory = low_memory;
    workload.traces.emplace_back();
    const CommitmentBytes bytes = commitment_bytes(context, workload);
    Queue queue(0);
    DeviceArena arena(bytes.retained + std::max(bytes.making, bytes.opening));
    DeviceMatrices matrices(queue, arena);
    if (c.order == MatrixOrder::kRowMajor) {
      for (const MatrixView& matrix : given) matrices.add_row_major(matrix);
    }
    Work work{.context = context,
              .queue = queue,
              .arena = arena,
              .matrices = matrices,
              .low_memory = low_memory};
    const DeviceCommitment commitment(work, given);
    EXPECT_EQ(commitment.root(), plain.tree.root());
    EXPECT_EQ(arena.used(), bytes.retained);
    EXPECT_EQ(arena.reset_peak(), bytes.retained + bytes.making);
    const auto openings = commitment.open(leaves);
    EXPECT_EQ(arena.used(), bytes.retained);
    EXPECT_EQ(arena.peak(), bytes.retained + bytes.opening);
    ASSERT_EQ(openings.size(), leaves.size());
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      EXPECT_EQ(openings[i].path, plain.tree.path(leaves[i]));
      ASSERT_EQ(openings[i].rows.size(), std::size_t{1} << c.k);
      for (std::size_t t = 0; t < openings[i].rows.size(); ++t) {
        ASSERT_EQ(openings[i].rows[t].size(), plain.codeword.width());
        for (std::size_t column = 0; column < plain.codeword.width(); ++column) {
          ASSERT_EQ(openings[i].rows[t][column].raw(),
                    plain.codeword(leaves[i] + t * num_leaves, column).raw());
        }
      }
    }
  }
}

TEST(DeviceCommitment, IsThePlainCommitmentForEverySkipDomain) {
  for (unsigned l_skip = 0; l_skip <= 6; l_skip += 2) {
    SCOPED_TRACE(l_skip);
    check({l_skip, 10, 1, 4, {{2, 10}, {3, 7}, {0, 4}, {2, 3}, {1, 0}}});
  }
}

TEST(DeviceCommitment, IsThePlainCommitmentOfRowMajorMatrices) {
  check({2, 8, 1, 4, {{9, 8}, {40, 5}, {0, 4}, {3, 1}, {2, 0}}, MatrixOrder::kRowMajor});
}

TEST(DeviceCommitment, IsThePlainCommitmentForEveryHeight) {
  for (unsigned log_message = 0; log_message <= 8; log_message += 2) {
    SCOPED_TRACE(log_message);
    check({std::min(2u, log_message), log_message, 1, std::min(2u, log_message), {{1, 0}}});
  }
  check({4, 13, 1, 4, {{9, 9}}});
}

TEST(DeviceCommitment, IsThePlainCommitmentForEveryLeafAndBlowup) {
  for (unsigned k = 0; k <= 5; ++k) {
    SCOPED_TRACE(k);
    check({4, 8, k % 4, k, {{3, 8}}});
  }
}

TEST(DeviceCommitment, IsThePlainCommitmentForEveryWidthOfTheLastBatch) {
  for (const std::size_t width : {1, 7, 8, 9, 16, 17}) {
    SCOPED_TRACE(width);
    check({2, 8, 1, 4, {{width, 8}}});
  }
}

}  // namespace
}  // namespace gyre::cuda
