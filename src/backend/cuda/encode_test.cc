#include "backend/cuda/encode.h"

#include <gtest/gtest.h>

#include "backend/cuda/codeword.h"
#include "poly/ntt.h"
#include "stacking/commitment.h"
#include "support/random_elements.h"

namespace gyre::cuda {
namespace {

/// Queue, arena and copies for a test.
struct Device {
  explicit Device(std::size_t bytes, unsigned l_skip = 0, unsigned n_stack = 0,
                  unsigned log_blowup = 1)
      : arena(bytes) {
    context.device = find_device(0);
    context.params.l_skip = l_skip;
    context.params.n_stack = n_stack;
    context.params.log_blowup = log_blowup;
  }
  Context context;
  Queue queue{0};
  DeviceArena arena;
  DeviceMatrices matrices{queue, arena};
  Work work{.context = context, .queue = queue, .arena = arena, .matrices = matrices};
};

struct Case {
  unsigned l_skip, n_stack, log_blowup;
  std::vector<std::pair<std::size_t, unsigned>> matrices;  ///< width and log height
};

/// Every cell against the plain encoding, all at once and by columns and cosets.
void check(const Case& c) {
  SCOPED_TRACE(testing::Message() << "l_skip " << c.l_skip << ", n_stack " << c.n_stack
                                  << ", log_blowup " << c.log_blowup);
  Device device(std::size_t{1} << 28, c.l_skip, c.n_stack, c.log_blowup);
  RandomElements random(c.n_stack + c.l_skip);
  std::vector<Matrix> traces;
  for (const auto& [width, log_height] : c.matrices) {
    const std::size_t height = std::size_t{1} << log_height;
    traces.emplace_back(random.base(height * width), height, width);
  }
  const std::vector<MatrixView> views(traces.begin(), traces.end());
  const StackedLayout layout = stacked_layout(device.context.params, views);
  const Matrix stacked = stack(layout, views);
  std::vector<DeviceMatrix> copies;
  for (const MatrixView& view : views) copies.push_back(device.matrices.get(view));

  const std::size_t used = device.arena.used();
  const Encoder encoder(device.work, layout, copies, c.log_blowup);
  EXPECT_EQ(device.arena.used() - used, Encoder::table_bytes(layout));
  const DeviceCodewordOrder order{layout.log_stacked_height(), c.log_blowup};
  const std::size_t rows = order.rows(), width = layout.width();
  const unsigned cosets = 1u << c.log_blowup;
  const auto whole = device.arena.take<Fp>(rows * width);
  encoder.encode(0, width, 0, cosets, whole);
  const std::vector<Fp> codeword = device.queue.download(whole);
  for (std::size_t column = 0; column < width; ++column) {
    const std::vector<Fp> expected =
        encode_column(stacked.view().column(column), c.l_skip, c.log_blowup);
    for (std::size_t row = 0; row < rows; ++row) {
      ASSERT_EQ(codeword[column * rows + order.position(row)].raw(), expected[row].raw())
          << "column " << column << ", row " << row;
    }
  }
  if (rows * width > 1 << 18) return;
  const std::size_t first = width / 2, count = width - first, height = rows / cosets;
  for (unsigned coset = 0; coset < cosets; ++coset) {
    const auto part = device.arena.take<Fp>(height * count);
    encoder.encode(first, count, coset, 1, part);
    const std::vector<Fp> values = device.queue.download(part);
    for (std::size_t i = 0; i < values.size(); ++i) {
      ASSERT_EQ(values[i].raw(),
                codeword[(first + i / height) * rows + coset * height + i % height].raw());
    }
  }
}

TEST(CudaEncoder, EncodesShortStackedColumns) {
  check({0, 0, 1, {{1, 0}}});
  check({0, 1, 2, {{1, 1}, {1, 0}}});
  check({1, 1, 1, {{2, 2}, {3, 1}, {2, 0}}});
  check({4, 0, 1, {{1, 4}, {2, 3}, {1, 0}}});
  check({2, 3, 3, {{3, 4}, {1, 1}, {0, 1}, {2, 0}}});
  check({6, 4, 1, {{1, 10}, {2, 5}, {1, 0}}});
  check({4, 8, 1, {{2, 12}, {1, 11}, {5, 3}, {3, 0}}});
}

TEST(CudaEncoder, EncodesEverySkipDomain) {
  for (unsigned l_skip = 0; l_skip <= 7; ++l_skip) {
    check({l_skip, 13 - l_skip, 1, {{1, 13}, {3, 12}, {5, 7}, {0, 5}, {2, 3}, {3, 1}, {1, 0}}});
  }
}

TEST(CudaEncoder, EncodesEveryBlowup) {
  for (unsigned log_blowup = 0; log_blowup <= 4; ++log_blowup) {
    check({4, 10, log_blowup, {{1, 13}, {1, 6}}});
    check({5, 9, log_blowup, {{1, 13}, {1, 6}}});
  }
}

TEST(CudaEncoder, EncodesEveryNumberOfUpperStages) {
  for (unsigned log_height = 15; log_height <= 20; ++log_height) {
    check({4, log_height - 4, 1, {{1, log_height - 1}, {3, 5}}});
  }
}

TEST(CudaEncoder, EncodesTallColumns) {
  check({4, 17, 0, {{1, 21}}});
  check({3, 20, 0, {{1, 20}}});
}

TEST(CudaEncoder, EncodesManyColumns) {
  check({3, 10, 1, {{19, 13}, {3, 12}}});
}

TEST(CudaEncoder, EncodesCoefficients) {
  for (const auto& [log_message, log_domain] :
       {std::pair{0u, 3u}, {3u, 5u}, {9u, 12u}, {12u, 13u}, {13u, 18u}, {14u, 16u}}) {
    Device device(std::size_t{1} << 26);
    RandomElements random(log_message);
    const std::vector<Fp4> message = random.extension(std::size_t{1} << log_message);
    const auto coefficients = device.arena.take<Fp4>(message.size());
    device.queue.upload(coefficients, message);
    const DeviceCodewordOrder order{log_message, log_domain - log_message};
    const auto out = device.arena.take<Fp>(4 * order.rows());
    const Encoder encoder(device.work, coefficients, order.log_blowup);
    encoder.encode(0, 4, 0, 1u << order.log_blowup, out);
    const std::vector<Fp> codeword = device.queue.download(out);
    std::vector<Fp4> expected = message;
    expected.resize(order.rows());
    dft(std::span<Fp4>(expected));
    for (std::size_t row = 0; row < order.rows(); ++row) {
      for (std::size_t j = 0; j < 4; ++j) {
        ASSERT_EQ(codeword[j * order.rows() + order.position(row)].raw(), expected[row].c[j].raw());
      }
    }
  }
}

}  // namespace
}  // namespace gyre::cuda
