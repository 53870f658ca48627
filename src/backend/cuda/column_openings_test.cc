#include "backend/cuda/column_openings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "backend/cuda/work_list.h"
#include "poly/kernels.h"
#include "support/random_elements.h"

namespace gyre::cuda {
namespace {

struct Columns {
  unsigned log_height;
  std::size_t count;
  bool rotated;
  std::uint32_t piece_high = OpeningWork::kPieceHigh;
};

/// By the definition: the sum over the lifted rows.
Fp4 opening(std::span<const Fp> column, unsigned l_skip, const Fp4& r0,
            std::span<const Fp4> row_point, std::size_t offset) {
  const std::size_t domain = std::size_t{1} << l_skip, rows = std::max(column.size(), domain);
  unsigned n = 0;
  while (domain << n < rows) ++n;
  const std::vector<Fp4> eq = eq_table(row_point.first(n));
  std::vector<Fp4> lagrange;
  for (std::size_t z = 0; z < domain; ++z) {
    lagrange.push_back(eq_univariate(l_skip, r0, Fp4(two_adic_generator(l_skip).pow(z))));
  }
  Fp4 sum;
  for (std::size_t row = 0; row < rows; ++row) {
    sum += lagrange[row % domain] * eq[row / domain] * column[(row + offset) % column.size()];
  }
  return sum;
}

void check(unsigned l_skip, const std::vector<Columns>& all) {
  SCOPED_TRACE(l_skip);
  RandomElements random(l_skip);
  unsigned most_log_height = 0;
  for (const Columns& columns : all) {
    most_log_height = std::max(most_log_height, columns.log_height);
  }
  const Fp4 r0 = random.element();
  const std::vector<Fp4> row_point = random.extension(std::max(most_log_height, l_skip) - l_skip);

  Queue queue(0);
  DeviceArena arena(std::size_t{1} << 24);
  const auto point = arena.take<Fp4>(row_point.size());
  queue.upload(point, row_point);
  const std::size_t before = arena.used();
  const RowWeights weights(queue, arena, l_skip, most_log_height, r0, point);
  EXPECT_EQ(arena.used() - before, RowWeights::bytes(most_log_height));

  std::vector<OpeningWork> work;
  std::vector<Fp4> expected;
  for (const Columns& columns : all) {
    const std::size_t height = std::size_t{1} << columns.log_height;
    const std::vector<Fp> values = random.base(columns.count * height);
    const auto device = arena.take<Fp>(values.size());
    queue.upload(device, values);
    const std::uint32_t offsets = columns.rotated ? 2 : 1;
    const auto totals = arena.take<Total>(columns.count * offsets * kTotalWords);
    queue.fill_zero(totals.data, totals.size * sizeof(Total));
    work.push_back(
        {.values = device.data,
         .low = weights.low(columns.log_height),
         .high = columns.log_height >= RowWeights::kLogBlockRows ? weights.high(columns.log_height)
                                                                 : nullptr,
         .totals = totals.data,
         .num_columns = static_cast<std::uint32_t>(columns.count),
         .log_height = columns.log_height,
         .offsets = offsets,
         .first_block = work.empty() ? 0 : work.back().first_block + work.back().blocks(),
         .piece_high = columns.piece_high});
    for (std::size_t c = 0; c < columns.count; ++c) {
      for (std::uint32_t offset = 0; offset < offsets; ++offset) {
        expected.push_back(
            opening(std::span(values).subspan(c * height, height), l_skip, r0, row_point, offset));
      }
    }
  }
  const auto device_work = arena.take<OpeningWork>(work.size());
  queue.upload(device_work, work);
  add_openings(queue, work, device_work.data);

  std::vector<Fp4> opened;
  for (const OpeningWork& each : work) {
    const std::vector<Total> words = queue.download(
        DeviceSpan<const Total>(each.totals, each.num_columns * each.offsets * kTotalWords));
    for (std::size_t i = 0; i < words.size(); i += kTotalWords) {
      opened.push_back(reduced(&words[i]));
    }
  }
  EXPECT_EQ(opened, expected);
}

TEST(ColumnOpenings, EqualTheirDefinition) {
  for (const unsigned l_skip : {0u, 1u, 4u, 6u}) {
    check(l_skip, {{16, 1, true},
                   {13, 2, false},
                   {12, 2, true},
                   {12, 2, true, 1},
                   {13, 1, true, 3},
                   {11, 2, false, 8},
                   {11, 3, true},
                   {10, 3, true},
                   {9, 3, false},
                   {7, 9, true},
                   {5, 8, true},
                   {3, 17, true},
                   {1, 3, false},
                   {0, 2, true}});
    check(l_skip, {{8, 3, true}});
    check(l_skip, {{0, 1, true}, {0, 1, false}});
  }
}

}  // namespace
}  // namespace gyre::cuda
