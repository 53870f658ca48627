#include "backend/cuda/trace_upload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "stacking/commitment.h"
#include "support/random_elements.h"
#include "support/row_major.h"

namespace gyre::cuda {
namespace {

Matrix random_matrix(std::size_t height, std::size_t width) {
  return Matrix(RandomElements(height * 31 + width).base(height * width), height, width);
}

/// All columns of a matrix, a part of them at a time, from values in both orders.
void check(std::size_t height, std::size_t width, std::size_t columns_at_once) {
  SCOPED_TRACE(testing::Message() << height << " x " << width << ", " << columns_at_once);
  const Matrix matrix = random_matrix(height, width);
  const std::vector<Fp> expected(matrix.view().values().begin(), matrix.view().values().end());
  RowMajorTraces transposed({});
  const MatrixView row_major = transposed.row_major(matrix);
  Queue queue(0);
  DeviceArena arena(DeviceArena::bytes_of<Fp>(expected.size()));
  const DeviceSpan<Fp> copy = arena.take<Fp>(expected.size());
  for (const MatrixOrder order : {MatrixOrder::kColumnMajor, MatrixOrder::kRowMajor}) {
    const MatrixView& from = order == MatrixOrder::kRowMajor ? row_major : matrix.view();
    queue.fill_zero(copy.data, copy.size * sizeof(Fp));
    queue.begin_copies();
    for (std::size_t first = 0; first < width; first += columns_at_once) {
      upload_columns(queue, from, order, first, std::min(columns_at_once, width - first),
                     copy.data);
    }
    queue.finish_copies();
    EXPECT_EQ(queue.download(copy), expected) << "row-major: " << static_cast<int>(order);
  }
}

TEST(UploadColumns, OfEveryShape) {
  for (const std::size_t height : {1, 2, 64, 4096}) {
    for (const std::size_t width : {1, 2, 3, 16, 31, 32, 33}) check(height, width, width);
  }
  for (const std::size_t height : {1, 2, 32}) check(height, 2633, 2633);
}

TEST(UploadColumns, PartByPart) {
  check(64, 100, 37);
  check(32, 700, 300);
}

/// Chunks that hold a part of the rows, of all columns and of some.
TEST(UploadColumns, ThroughAllStagingBuffers) {
  check(std::size_t{1} << 19, 7, 3);
  check(4096, 1100, 1100);
}

class StackedUploads : public testing::Test {
 protected:
  StackedUploads() {
    context_.params.l_skip = 2;
    context_.params.n_stack = 4;
    const std::vector<std::pair<std::size_t, std::size_t>> shapes = {
        {64, 3}, {16, 9}, {16, 0}, {2, 5}, {1, 2}};
    for (const auto& [height, width] : shapes) hosts_.push_back(random_matrix(height, width));
    views_.assign(hosts_.begin(), hosts_.end());
    layout_ = stacked_layout(context_.params, views_);
  }

  std::vector<Fp> copy(const DeviceMatrix& matrix) {
    return queue_.download(DeviceSpan<const Fp>(matrix.values, matrix.height * matrix.width));
  }

  Context context_;
  Queue queue_{0};
  DeviceArena arena_{1 << 16};
  DeviceMatrices matrices_{queue_, arena_};
  Work work_{.context = context_, .queue = queue_, .arena = arena_, .matrices = matrices_};
  std::vector<Matrix> hosts_;
  std::vector<MatrixView> views_;
  StackedLayout layout_;
};

/// After each step the columns are there that the stacked columns so far hold, and no others.
TEST_F(StackedUploads, BringWhatIsAskedFor) {
  ASSERT_EQ(layout_.width(), 6u);
  const std::size_t cells = arena_.capacity() / sizeof(Fp);
  {
    const DeviceArena::Scope scope(arena_);
    queue_.fill_zero(arena_.take<Fp>(cells).data, cells * sizeof(Fp));
  }
  StackedUpload upload(work_, layout_, views_);
  EXPECT_FALSE(upload.done());
  for (std::size_t end = 1; end <= layout_.width(); ++end) {
    upload.copy_columns(end);
    for (const StackedColumn& column : layout_.columns()) {
      const Matrix& host = hosts_[column.matrix];
      const std::vector<Fp> values = copy(upload.matrices()[column.matrix]);
      for (std::size_t row = 0; row < host.height(); ++row) {
        const Fp expected = column.stacked_column < end ? host(row, column.column) : Fp();
        ASSERT_EQ(values[column.column * host.height() + row], expected)
            << "matrix " << column.matrix << ", column " << column.column << ", end " << end;
      }
    }
  }
  EXPECT_TRUE(upload.done());
  EXPECT_TRUE(StackedUpload(work_, layout_, views_).done());
}

TEST_F(StackedUploads, CopyWhatIsNotThereInItsOrder) {
  RowMajorTraces transposed({});
  views_[1] = transposed.row_major(hosts_[1]);
  matrices_.add_row_major(views_[1]);
  const Fp elsewhere[192] = {};
  matrices_.add(views_[0], {elsewhere, 64, 3});
  StackedUpload upload(work_, layout_, views_);
  EXPECT_EQ(upload.matrices()[0].values, elsewhere);
  upload.copy_columns(layout_.width());
  EXPECT_TRUE(upload.done());
  const auto values = hosts_[1].view().values();
  EXPECT_EQ(copy(upload.matrices()[1]), std::vector<Fp>(values.begin(), values.end()));
  EXPECT_EQ(matrices_.get(views_[1]).values, upload.matrices()[1].values);
}

}  // namespace
}  // namespace gyre::cuda
