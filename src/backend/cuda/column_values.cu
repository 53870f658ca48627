#include <algorithm>

#include "backend/cuda/column_sums.h"
#include "backend/cuda/eq_tables.h"
#include "backend/cuda/grid_sums.h"
#include "backend/cuda/product_sum.h"

namespace gyre::cuda {
namespace {

constexpr unsigned kThreads = 256;
constexpr std::uint32_t kBlockRows = ColumnGroups::kBlockRows;
/// Blocks of rows that a block of threads goes over at most.
constexpr std::uint32_t kPieceHigh = 32;

/// The groups with n row variables: those numbered [first, end).
struct GroupRange {
  std::uint32_t first = 0, end = 0;
};

GroupRange groups_with(const ColumnGroups& groups, unsigned n) {
  GroupRange range;
  while (range.first < groups.count && groups.list[range.first].n_lifted > n) ++range.first;
  range.end = range.first;
  while (range.end < groups.count && groups.list[range.end].n_lifted == n) ++range.end;
  return range;
}

__device__ __forceinline__ std::uint32_t group_of_column(const ColumnGroups& groups,
                                                         const GroupRange& range,
                                                         std::uint32_t column) {
  std::uint32_t g = range.first;
  while (g + 1 < range.end && groups.list[g + 1].first_column <= column) ++g;
  return g;
}

/// equal * eq(x, y) + successor * succ(x, y). Spec 06, section 1.
__device__ __forceinline__ Fp4 weighted_kernels(const Fp4* x, const CubePoint& y, const Fp4& equal,
                                                const Fp4& successor) {
  const Fp4 one = Fp4::one();
  Fp4 eq = one, succ = one;
  for (unsigned t = y.size; t-- > 0;) {
    const Fp4 a = load(x + t), b = y.coordinates[t], both = a * b;
    succ = (a - both) * eq + (b - both) * succ;
    eq *= one - a - b + both.doubled();
  }
  return equal * eq + successor * succ;
}

/// low[i] = the weight of the lowest variables, high of the others, so that row
/// i + kBlockRows j has the weight low[i] * high[j]; and weights of columns.
__global__ void row_weights(ColumnGroups groups, GroupRange range, ColumnRange columns,
                            unsigned l_skip, CubePoint r, std::uint32_t num_low,
                            std::uint32_t num_high, EvaluatedColumns tables) {
  auto i = static_cast<std::uint32_t>(global_thread());
  const unsigned domain = 1u << l_skip;
  const unsigned log_low = 31 - static_cast<unsigned>(__clz(static_cast<int>(num_low)));
  if (i < num_low) {
    store(tables.low + i, load(tables.skip_weights + (i & (domain - 1))) *
                              eq_at(tables.point, 0, log_low - l_skip, i >> l_skip));
    return;
  }
  i -= num_low;
  if (i < num_high) {
    // Shifted up to the variables above the low ones.
    const std::size_t index = std::size_t{i} << (log_low - l_skip);
    store(tables.high + i, eq_at(tables.point, log_low - l_skip, r.size, index));
    return;
  }
  i -= num_high;
  if (i >= columns.count) return;
  const std::uint32_t column = columns.first + i;
  const Fp4* const factors = tables.factors + 2 * group_of_column(groups, range, column);
  const Fp4 kernels = weighted_kernels(tables.point, r, load(factors), load(factors + 1));
  store(tables.weights + column, load(tables.weights + column) * kernels);
}

/// A warp takes a column of less than kBlockRows rows.
__global__ void short_values(ColumnGroups groups, GroupRange range, ColumnRange columns,
                             unsigned l_skip, EvaluatedColumns tables) {
  const auto i = static_cast<std::uint32_t>(global_thread() / 32);
  if (i >= columns.count) return;
  const std::uint32_t column = columns.first + i;
  const ColumnGroup& group = groups.list[group_of_column(groups, range, column)];
  const unsigned shift = l_skip > group.log_height ? l_skip - group.log_height : 0;
  const Fp* const values = tables.columns[column];
  Fp4 sum;
  for (std::uint32_t row = threadIdx.x % 32; row < group.height(); row += 32) {
    sum += load(tables.low + (row << shift)) * values[row];
  }
  sum = warp_sum(sum);
  if (threadIdx.x % 32 == 0) store(tables.out + i, sum);
}

/// A block takes a piece of a column: a thread the same four rows of each kBlockRows.
__global__ void __launch_bounds__(kThreads, 3)
    tall_values(ColumnRange columns, std::uint32_t num_high, EvaluatedColumns tables) {
  __shared__ SharedArray<Fp4, kPieceHigh> high;
  const std::uint32_t i = blockIdx.x / columns.pieces, piece = blockIdx.x % columns.pieces;
  const std::uint32_t first = piece * kPieceHigh, count = min(num_high - first, kPieceHigh);
  if (threadIdx.x < count) high[threadIdx.x] = load(tables.high + first + threadIdx.x);
  __syncthreads();

  const Fp* const rows = tables.columns[columns.first + i] + std::size_t{first} * kBlockRows +
                         4 * std::size_t{threadIdx.x};
  ProductSum sums[4];
  sum_blocks<kBlockRows>(rows, high.data(), count, sums);
  Fp4 sum[1];
#pragma unroll
  for (unsigned a = 0; a < 4; ++a) {
    sum[0] += load(tables.low + 4 * threadIdx.x + a) * sums[a].value();
  }
  block_sums(sum);
  if (threadIdx.x == 0) store(tables.out + blockIdx.x, sum[0]);
}

}  // namespace

ColumnRange columns_with(const ColumnGroups& groups, unsigned n) {
  const GroupRange range = groups_with(groups, n);
  ColumnRange columns;
  if (range.first == range.end) return columns;
  const ColumnGroup &first = groups.list[range.first], &last = groups.list[range.end - 1];
  columns.first = first.first_column;
  columns.count = last.first_column + last.num_columns - first.first_column;
  const std::uint32_t num_high = first.height() / kBlockRows;
  columns.pieces = std::max((num_high + kPieceHigh - 1) / kPieceHigh, std::uint32_t{1});
  return columns;
}

void evaluate_columns(Queue& queue, const ColumnGroups& groups, unsigned l_skip,
                      std::span<const Fp4> r, const EvaluatedColumns& tables) {
  const auto n = static_cast<unsigned>(r.size());
  const ColumnRange columns = columns_with(groups, n);
  if (columns.count == 0) return;
  const GroupRange range = groups_with(groups, n);
  std::size_t cells = 0;
  for (const ColumnGroup& group : groups.groups().subspan(range.first, range.end - range.first)) {
    cells += std::size_t{group.num_columns} << group.log_height;
  }
  const std::uint32_t rows = 1u << (l_skip + n);
  const bool tall = rows >= kBlockRows && n != 0;
  const std::uint32_t num_low = tall ? kBlockRows : rows, num_high = tall ? rows / kBlockRows : 0;
  queue.launch(row_weights, grid_for(num_low + num_high + columns.count, 128),
               (num_low + num_high + 2 * columns.count) * sizeof(Fp4), groups, range, columns,
               l_skip, CubePoint(r), num_low, num_high, tables);
  if (tall) {
    queue.launch(tall_values, {dim3(columns.count * columns.pieces), dim3(kThreads)},
                 cells * sizeof(Fp), columns, num_high, tables);
  } else {
    queue.launch(short_values, grid_for(std::size_t{32} * columns.count, 128), cells * sizeof(Fp),
                 groups, range, columns, l_skip, tables);
  }
}

}  // namespace gyre::cuda
