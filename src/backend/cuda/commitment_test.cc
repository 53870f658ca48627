#include "backend/cuda/commitment.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

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

/// A commitment made the plain way, and leaves of it to open.
struct Plain {
  Plain(const SystemParams& params, std::span<const MatrixView> matrices)
      : commitment(plain_commitment(params, matrices)), k(params.whir.k) {
    for (std::size_t i = 0; i < 12; ++i) leaves.push_back(i * i * 7919 % num_leaves());
  }
  std::size_t num_leaves() const { return commitment.codeword.height() >> k; }

  void expect_opened(Work& work, const DeviceCommitment& tested) const {
    EXPECT_EQ(tested.root(), commitment.tree.root());
    ASSERT_EQ(tested.shape().width, commitment.codeword.width());
    const DeviceArena::Scope scope(work.arena);
    OpenedLeaves opened(work, std::span(&tested.shape(), 1), leaves);
    tested.collect(work, opened.collector(0));
    opened.begin_download();
    const CollectedLeaves collected = opened.leaves(0);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      EXPECT_EQ(collected.path(i), commitment.tree.path(leaves[i]));
      for (std::size_t t = 0; t < std::size_t{1} << k; ++t) {
        for (std::size_t column = 0; column < commitment.codeword.width(); ++column) {
          ASSERT_EQ(collected.row(i, t)[column].raw(),
                    commitment.codeword(leaves[i] + t * num_leaves(), column).raw());
        }
      }
    }
  }

  PlainCommitment commitment;
  std::size_t k;
  std::vector<std::size_t> leaves;
};

Context make_context(const Case& c) {
  Context context;
  context.device = find_device(0);
  context.params.l_skip = c.l_skip;
  context.params.n_stack = c.log_message - c.l_skip;
  context.params.log_blowup = c.log_blowup;
  context.params.whir.k = c.k;
  context.params.whir.num_queries = {12, 3};
  // Of traces that are still being copied: two columns.
  context.encoded_bytes_at_once = 2 * sizeof(Fp) << c.log_message;
  return context;
}

std::vector<Matrix> make_traces(const Case& c) {
  RandomElements random(c.log_message + c.k);
  std::vector<Matrix> traces;
  for (const auto& [width, log_height] : c.matrices) {
    const std::size_t height = std::size_t{1} << log_height;
    traces.emplace_back(random.base(height * width), height, width);
  }
  return traces;
}

/// Every way to save memory.
std::vector<MemoryPolicy> policies(std::size_t width) {
  std::vector<MemoryPolicy> result = {{}, {.batches = true}};
  for (const std::size_t kept : {std::size_t{0}, std::size_t{1}, width / 2, width - 1, width}) {
    result.push_back({.kept_columns = kept});
  }
  return result;
}

/// Commits to each list of matrices, given in the order of the case, then opens all: root, leaves,
/// paths against the plain commitments, and memory against the plan.
void check(const Case& c, std::span<const std::vector<MatrixView>> lists) {
  const Context context = make_context(c);
  std::vector<Plain> plain;
  std::size_t width = 0;
  Workload workload;
  workload.traces.emplace_back();
  RowMajorTraces transposed({});
  std::vector<std::vector<MatrixView>> given(lists.begin(), lists.end());
  for (std::vector<MatrixView>& matrices : given) {
    plain.emplace_back(context.params, matrices);
    width += plain.back().commitment.layout.width();
    if (c.order == MatrixOrder::kColumnMajor) continue;
    for (MatrixView& matrix : matrices) matrix = transposed.row_major(matrix);
  }
  for (const Plain& p : plain) workload.commitments.push_back({.layout = &p.commitment.layout});
  for (const MemoryPolicy& policy : policies(width)) {
    SCOPED_TRACE(testing::Message() << (policy.batches ? "in batches, " : "") << "kept "
                                    << policy.kept_columns << " of " << width);
    const CommitmentBytes bytes = commitment_bytes(context, workload, policy);
    Queue queue(0);
    // All are as tall, and opened one after the other.
    std::size_t leaf_bytes = 0;
    for (const Plain& p : plain) {
      const CodewordShape shape = codeword_shape(context, p.commitment.layout);
      leaf_bytes = std::max(leaf_bytes, OpenedLeaves::bytes(std::span(&shape, 1), p.leaves.size()));
    }
    DeviceArena arena(bytes.retained + std::max(bytes.making, bytes.opening + leaf_bytes));
    DeviceMatrices matrices(queue, arena);
    Work work{
        .context = context, .queue = queue, .arena = arena, .matrices = matrices, .policy = policy};
    std::vector<std::unique_ptr<DeviceCommitment>> commitments;
    for (const std::vector<MatrixView>& list : given) {
      if (c.order == MatrixOrder::kRowMajor) {
        for (const MatrixView& matrix : list) matrices.add_row_major(matrix);
      }
      commitments.push_back(std::make_unique<DeviceCommitment>(work, list));
    }
    EXPECT_EQ(arena.used(), bytes.retained);
    EXPECT_EQ(arena.reset_peak(), bytes.retained + bytes.making);
    for (std::size_t i = 0; i < plain.size(); ++i) plain[i].expect_opened(work, *commitments[i]);
    EXPECT_EQ(arena.used(), bytes.retained);
    const std::size_t most = bytes.retained + bytes.opening + leaf_bytes;
    EXPECT_LE(arena.peak(), most);
    EXPECT_TRUE(plain.size() > 1 || arena.peak() == most);
  }
}

void check(const Case& c) {
  const std::vector<Matrix> traces = make_traces(c);
  const std::vector<MatrixView> views(traces.begin(), traces.end());
  check(c, std::array{views});
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

/// Columns that are kept are counted through all of them; what is given back is used by the next.
TEST(DeviceCommitment, SeveralInOneArena) {
  const Case c{2, 8, 1, 4, {{5, 8}, {9, 7}, {3, 8}}};
  const std::vector<Matrix> traces = make_traces(c);
  const std::vector<MatrixView> lists[] = {{traces[0]}, {traces[1]}, {traces[2]}};
  check(c, lists);
}

}  // namespace
}  // namespace gyre::cuda
