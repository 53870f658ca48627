#include <gtest/gtest.h>

#include <algorithm>

#include "gyre/support/error.h"
#include "stacking/commitment.h"
#include "stacking/oracle.h"
#include "stacking/stacked_view.h"

namespace gyre {
namespace {

/// The worked example of spec 03, sections 4 and 8: l_skip 2, n_stack 1, blowup 2, k 2.
class WorkedExample : public testing::Test {
 protected:
  WorkedExample() {
    params_.l_skip = 2;
    params_.n_stack = 1;
    params_.log_blowup = 1;
    params_.whir.k = 2;
    // Trace order: AIR 1, 2, 4, 3, 0.
    for (const auto& [air, width, log_height] :
         {std::tuple{1, 1, 3}, {2, 2, 2}, {4, 1, 2}, {3, 1, 1}, {0, 1, 0}}) {
      Matrix& trace = traces_.emplace_back(std::size_t{1} << log_height, width);
      for (std::size_t row = 0; row < trace.height(); ++row) {
        for (std::size_t column = 0; column < trace.width(); ++column) {
          trace(row, column) = Fp::from_uint64(100 * (air + 1) + 10 * column + row + 1);
        }
      }
    }
    for (const Matrix& trace : traces_) views_.push_back(trace);
  }

  static std::vector<std::uint32_t> canonical(std::span<const Fp> values) {
    std::vector<std::uint32_t> result;
    for (const Fp value : values) result.push_back(value.canonical());
    return result;
  }

  SystemParams params_;
  std::vector<Matrix> traces_;
  std::vector<MatrixView> views_;
};

using Numbers = std::vector<std::uint32_t>;

TEST_F(WorkedExample, Layout) {
  const StackedLayout layout = stacked_layout(params_, views_);
  EXPECT_EQ(layout.width(), 4u);
  EXPECT_EQ(std::vector(layout.matrix_starts().begin(), layout.matrix_starts().end()),
            (std::vector<std::size_t>{0, 1, 3, 4, 5}));
  const std::size_t expected[6][5] = {// matrix, column, stacked column, row, stride
                                      {0, 0, 0, 0, 1}, {1, 0, 1, 0, 1}, {1, 1, 1, 4, 1},
                                      {2, 0, 2, 0, 1}, {3, 0, 2, 4, 2}, {4, 0, 3, 0, 4}};
  ASSERT_EQ(layout.columns().size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) {
    const StackedColumn& column = layout.columns()[i];
    EXPECT_EQ(column.matrix, expected[i][0]);
    EXPECT_EQ(column.column, expected[i][1]);
    EXPECT_EQ(column.stacked_column, expected[i][2]);
    EXPECT_EQ(column.row, expected[i][3]);
    EXPECT_EQ(layout.stride(column), expected[i][4]);
  }
}

TEST_F(WorkedExample, StackedMatrixAndCode) {
  const Matrix stacked = stack(stacked_layout(params_, views_), views_);
  EXPECT_EQ(canonical(stacked.view().column(2)), (Numbers{501, 502, 503, 504, 401, 0, 402, 0}));
  EXPECT_EQ(canonical(stacked.view().column(3)), (Numbers{101, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(canonical(encode_column(stacked.view().column(0), 2, 1)),
            (Numbers{1728406144, 248714894, 1976151680, 1422808258, 1443543105, 1048147708,
                     1710526337, 699562920, 284861411, 616590407, 302739576, 164721849, 569722818,
                     356403471, 37114233, 1482849876}));
}

TEST_F(WorkedExample, ViewReadsTheStackedMatrix) {
  const StackedLayout layout = stacked_layout(params_, views_);
  const StackedView view(layout, views_);
  const Matrix stacked = stack(layout, views_);
  for (std::size_t count = 1; count <= view.height(); count *= 2) {
    for (std::size_t column = 0; column < view.width(); ++column) {
      for (std::size_t row = 0; row < view.height(); row += count) {
        std::vector<Fp> scratch(count, Fp::one());
        const std::span<const Fp> read(view.read(column, row, count, scratch.data()), count);
        const auto expected = stacked.view().column(column).subspan(row, count);
        EXPECT_EQ(canonical(read), canonical(expected)) << count << " " << column << " " << row;
      }
    }
  }
}

TEST_F(WorkedExample, RootAndPath) {
  const PlainCommitment commitment = plain_commitment(params_, views_);
  EXPECT_EQ(canonical(commitment.tree.root()),
            (Numbers{80926751, 143161101, 690502736, 462451057, 880559124, 849827723, 240523575,
                     1495513536}));
  const MerklePath path = commitment.tree.path(2);
  ASSERT_EQ(path.size(), 2u);
  EXPECT_EQ(canonical(path[0]), (Numbers{1814469695, 1997464763, 544904236, 1498927143, 828771801,
                                         743232002, 1372778483, 763335239}));
  EXPECT_EQ(canonical(path[1]), (Numbers{1863731021, 1530296332, 1284795505, 1829914269, 438954140,
                                         576182268, 1222873665, 1290195746}));
}

TEST_F(WorkedExample, ThreadedCommitmentIsThePlainOne) {
  for (const unsigned log_blowup : {0u, 1u, 3u}) {
    SystemParams params = params_;
    params.log_blowup = log_blowup;
    const PlainCommitment plain = plain_commitment(params, views_);
    EXPECT_EQ(commitment_root(params, views_), plain.tree.root());
    const Parallel parallel(2);
    const StackedView view(plain.layout, views_);
    const StackedColumns columns(view);
    const CodewordShape shape{.log_message = 3,
                              .log_blowup = log_blowup,
                              .width = plain.layout.width(),
                              .l_skip = 2,
                              .k = 2};
    Arena arena(1 << 20);
    const Oracle oracle(parallel, arena, shape, columns, CodewordPolicy::kKeep);
    for (std::size_t leaf = 0; leaf < shape.leaves(); ++leaf) {
      EXPECT_EQ(oracle.path(leaf), plain.tree.path(leaf));
    }
  }
}

TEST(StackedLayout, RefusesWhatCannotBeStacked) {
  const MatrixShape tall[] = {{.width = 1, .log_height = 5}};
  EXPECT_THROW(StackedLayout(2, 4, tall), Error);
  const MatrixShape unsorted[] = {{.width = 1, .log_height = 2}, {.width = 1, .log_height = 3}};
  EXPECT_THROW(StackedLayout(2, 4, unsorted), Error);
}

TEST(StackedLayout, ZeroWidthTakesNoPlace) {
  const MatrixShape shapes[] = {{.width = 1, .log_height = 3}, {}, {.width = 1, .log_height = 0}};
  const StackedLayout layout(2, 4, shapes);
  EXPECT_EQ(layout.columns().size(), 2u);
  EXPECT_EQ(layout.matrix_starts()[1], layout.matrix_starts()[2]);
  EXPECT_EQ(layout.columns()[1].row, 8u);
}

TEST(StackedCommitment, RefusesHeightsThatAreNotPowersOfTwo) {
  SystemParams params;
  params.n_stack = 4;
  const Matrix odd(3, 1);
  EXPECT_THROW(commitment_root(params, std::array{odd.view()}), Error);
}

}  // namespace
}  // namespace gyre
