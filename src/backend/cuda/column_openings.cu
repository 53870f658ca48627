#include "backend/cuda/column_openings.h"

#include <algorithm>

#include "backend/cuda/grid_sums.h"
#include "backend/cuda/product_sum.h"
#include "backend/cuda/work_list.h"

namespace gyre::cuda {
namespace {

constexpr std::uint32_t kThreads = OpeningWork::kThreads, kPieceHigh = OpeningWork::kPieceHigh,
                        kBlockRows = RowWeights::kBlockRows;
static_assert(kBlockRows == 4 * kThreads && kPieceHigh == 32);

/// Entry 2^h + row, h <= log_rows: the weight of a row of a trace of that height.
__global__ void low_weights(const Fp4* row_point, SkipWeights skip, unsigned l_skip,
                            unsigned log_rows, Fp4* tables) {
  const auto entry = static_cast<std::uint32_t>(global_thread());
  if (entry == 0 || entry >= 2u << log_rows) return;
  const std::uint32_t h = 31 - static_cast<std::uint32_t>(__clz(static_cast<int>(entry)));
  const std::uint32_t row = entry - (1u << h), domain = 1u << l_skip;
  Fp4 weight;
  for (std::uint32_t z = row & (domain - 1); z < domain; z += 1u << h) weight += skip.weights[z];
  for (std::uint32_t j = l_skip; j < h; ++j) {
    const Fp4 coordinate = load(row_point + (j - l_skip));
    weight *= (row >> j & 1) != 0 ? coordinate : Fp4::one() - coordinate;
  }
  store(tables + entry, weight);
}

/// A warp opens a column of less than kBlockRows rows.
__device__ void open_short(const OpeningWork& work, std::uint32_t column) {
  if (column >= work.num_columns) return;
  const std::uint32_t height = 1u << work.log_height;
  const Fp* const values = work.values + std::size_t{column} * height;
  Fp4 opened, rotated;
  for (std::uint32_t row = threadIdx.x % 32; row < height; row += 32) {
    const Fp value = values[row];
    opened += load(work.low + row) * value;
    if (work.offsets == 2) rotated += load(work.low + ((row - 1) & (height - 1))) * value;
  }
  opened = warp_sum(opened);
  rotated = warp_sum(rotated);
  if (threadIdx.x % 32 != 0) return;
  Total* const total = work.totals + std::size_t{column} * work.offsets * kTotalWords;
  add_to_total(opened, true, 0, total);
  if (work.offsets == 2) add_to_total(rotated, true, 0, total + kTotalWords);
}

/// A block opens a piece of a column, a thread the same four rows of each kBlockRows. The value of
/// the next row gives a row the weight of the row before: the same sums times other low weights,
/// but for the first row of each kBlockRows, where the high weight is another, too.
__device__ void open_tall(const OpeningWork& work, std::uint32_t block) {
  __shared__ SharedArray<Fp4, kPieceHigh + 1> high;  // from that before the piece's first
  const std::uint32_t pieces = work.pieces(), column = block / pieces, piece = block % pieces;
  const std::uint32_t first = piece * work.piece_high, num_high = work.num_high();
  const std::uint32_t count = min(num_high - first, work.piece_high);
  if (threadIdx.x <= count) {
    high[threadIdx.x] = load(work.high + ((first + threadIdx.x - 1) & (num_high - 1)));
  }
  __syncthreads();
  const Fp* const rows =
      work.values + ((std::size_t{column} << work.log_height) + std::size_t{first} * kBlockRows);
  ProductSum sums[4];
  sum_blocks<kBlockRows>(rows + 4 * threadIdx.x, high.data() + 1, count, sums);

  Fp4 opened[2];  // and of the next row
#pragma unroll
  for (unsigned a = 0; a < 4; ++a) {
    const std::uint32_t row = 4 * threadIdx.x + a;
    Fp4 sum = sums[a].value();
    opened[0] += load(work.low + row) * sum;
    if (work.offsets != 2) continue;
    if (a == 0 && threadIdx.x < 32) {
      const std::uint32_t lane = threadIdx.x;
      const Fp4 first_rows =
          warp_sum(lane < count ? high[lane] * rows[std::size_t{lane} * kBlockRows] : Fp4());
      if (lane == 0) sum = first_rows;
    }
    opened[1] += load(work.low + ((row - 1) & (kBlockRows - 1))) * sum;
  }
  block_sums(opened);
  if (threadIdx.x != 0) return;
  Total* const total = work.totals + std::size_t{column} * work.offsets * kTotalWords;
  add_to_total(opened[0], true, 0, total);
  if (work.offsets == 2) add_to_total(opened[1], true, 0, total + kTotalWords);
}

__global__ void __launch_bounds__(kThreads, 3)
    open_columns(const OpeningWork* items, std::uint32_t count) {
  const OpeningWork work = item_of_block(items, count);
  const std::uint32_t block = block_of_items(items) - work.first_block;
  if (work.pieces() != 0) {
    open_tall(work, block);
  } else {
    open_short(work, (block * kThreads + threadIdx.x) / 32);
  }
}

}  // namespace

RowWeights::RowWeights(Queue& queue, DeviceArena& arena, unsigned l_skip, unsigned most_log_height,
                       const Fp4& r0, DeviceSpan<const Fp4> row_point) {
  const unsigned log_rows = std::min(most_log_height, kLogBlockRows);
  const std::size_t entries = eq_tables_size(log_rows);
  low_ = arena.take<Fp4>(entries).data;
  queue.launch(low_weights, grid_for(entries, 128), entries * sizeof(Fp4), row_point.data,
               SkipWeights(l_skip, r0), l_skip, log_rows, low_);
  if (most_log_height < kLogBlockRows) return;
  const unsigned n = most_log_height - kLogBlockRows;
  high_ = arena.take<Fp4>(eq_tables_size(n)).data;
  fill_eq_tables(queue, row_point.subspan(kLogBlockRows - l_skip, n), EqCoordinates::kFirst, high_);
}

std::size_t RowWeights::bytes(unsigned most_log_height) {
  std::size_t bytes =
      DeviceArena::bytes_of<Fp4>(eq_tables_size(std::min(most_log_height, kLogBlockRows)));
  if (most_log_height >= kLogBlockRows) {
    bytes += DeviceArena::bytes_of<Fp4>(eq_tables_size(most_log_height - kLogBlockRows));
  }
  return bytes;
}

void add_openings(Queue& queue, std::span<const OpeningWork> work, const OpeningWork* device_work) {
  if (work.empty()) return;
  std::uint64_t bytes = 0;
  for (const OpeningWork& item : work) {
    bytes += (std::uint64_t{item.num_columns} << item.log_height) * sizeof(Fp);
  }
  const OpeningWork& last = work.back();
  queue.launch(open_columns,
               {dim3(last.first_block - work.front().first_block + last.blocks()), dim3(kThreads)},
               bytes, device_work, static_cast<std::uint32_t>(work.size()));
}

}  // namespace gyre::cuda
