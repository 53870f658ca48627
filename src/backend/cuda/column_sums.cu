#include "backend/cuda/column_sums.h"

#include "backend/cuda/column_stage.h"
#include "backend/cuda/eq_tables.h"
#include "backend/cuda/grid_sums.h"

namespace gyre::cuda {
namespace {

constexpr unsigned kThreads = 256;

__global__ void powers(Fp4 base, const std::uint32_t* exponents, std::size_t count, Fp4* out) {
  const std::size_t i = global_thread();
  if (i < count) store(out + i, base.pow(exponents[i]));
}

/// A thread makes four neighbours, of one table but where tables are shorter.
__global__ void group_eq_tables(ColumnGroups groups, CubePoint point, std::uint32_t size,
                                Fp4* out) {
  const auto place = static_cast<std::uint32_t>(4 * global_thread());
  if (place >= size) return;
  const auto first_cube = [](const ColumnGroup& group) { return group.first_cube; };
  const ColumnGroup& group = groups.list[find_group(groups, place, first_cube)];
  if (group.n_lifted >= 2) {
    Fp4 values[4];
    values[0] = eq_at(point.coordinates, 2, group.n_lifted, place - group.first_cube);
    expand_eq<2>(point.coordinates, values);
#pragma unroll
    for (unsigned i = 0; i < 4; ++i) store(out + place + i, values[i]);
    return;
  }
  for (std::uint32_t i = place; i < place + 4 && i < size; ++i) {
    const ColumnGroup& own = groups.list[find_group(groups, i, first_cube)];
    store(out + i, eq_at(point.coordinates, 0, own.n_lifted, i - own.first_cube));
  }
}

/// The combination of a chunk of columns over up to kBlockRows rows. Groups of fewer rows have
/// several threads, its lanes, for a row.
template <unsigned kRows>
__device__ __forceinline__ void combine_chunk(const ColumnGroup& group, std::uint32_t block,
                                              const CombinedColumns& tables, Stage& stage,
                                              SharedArray<Fp4, ColumnGroups::kBlockRows>& lanes) {
  const std::uint32_t height = group.height();
  const unsigned row_threads = min(height / kRows, kThreads);
  const unsigned num_lanes = kThreads / row_threads, lane = threadIdx.x / row_threads;
  const unsigned block_rows = row_threads * kRows;
  const std::uint32_t chunk = block % group.num_chunks;
  const std::uint32_t first_row = block / group.num_chunks * block_rows;
  const std::uint32_t row = first_row + threadIdx.x % row_threads * kRows;
  std::uint32_t column = chunk * group.chunk_columns;
  const std::uint32_t end = min(column + group.chunk_columns, group.num_columns);

  ThreadRows<kRows> rows;
  for (; column < end; column += kStage) {
    const unsigned count = min(end - column, kStage);
    if (threadIdx.x < count) {
      const std::uint32_t c = group.first_column + column + threadIdx.x;
      stage.columns[threadIdx.x] = tables.columns[c];
      stage.weights[threadIdx.x] = load(tables.weights + c);
    }
    __syncthreads();
    rows.add_stage(stage, count, lane, num_lanes, row);
    __syncthreads();
  }

  Fp4* const out = group.num_chunks == 1
                       ? tables.rows + group.first_row + first_row
                       : tables.partial_rows + group.first_partial + chunk * height + first_row;
  if (num_lanes == 1) {
#pragma unroll
    for (unsigned i = 0; i < kRows; ++i) store(out + row - first_row + i, rows.sums[i].value());
    return;
  }
#pragma unroll
  for (unsigned i = 0; i < kRows; ++i) lanes[threadIdx.x * kRows + i] = rows.sums[i].value();
  __syncthreads();
  for (unsigned i = threadIdx.x; i < block_rows; i += kThreads) {
    Fp4 sum = lanes[i];
    for (unsigned l = 1; l < num_lanes; ++l) sum += lanes[l * block_rows + i];
    store(out + i, sum);
  }
}

__global__ void __launch_bounds__(kThreads, 3)
    combine(ColumnGroups groups, CombinedColumns tables) {
  __shared__ Stage stage;
  __shared__ SharedArray<Fp4, ColumnGroups::kBlockRows> lanes;
  const ColumnGroup& group = groups.list[find_group(
      groups, blockIdx.x, [](const ColumnGroup& each) { return each.first_block; })];
  const std::uint32_t block = blockIdx.x - group.first_block;
  if (group.height() >= 4) {
    combine_chunk<4>(group, block, tables, stage, lanes);
  } else {
    combine_chunk<1>(group, block, tables, stage, lanes);
  }
}

/// Adds up the chunks of A, and A over the row variables: a list of num_sum_blocks partial sums for
/// each sum.
__global__ void sum_rows(ColumnGroups groups, unsigned l_skip, CombinedColumns tables) {
  __shared__ SharedArray<Fp4, 2 * kThreads> shared;
  const ColumnGroup& group = groups.list[find_group(
      groups, blockIdx.x, [](const ColumnGroup& each) { return each.first_sum_block; })];
  const std::uint32_t block = blockIdx.x - group.first_sum_block, height = group.height();
  const std::uint32_t begin = block * groups.sum_rows, end = min(begin + groups.sum_rows, height);
  const Fp4* const eq = tables.eq + group.first_cube;

  Fp4 plain, previous;
  for (std::uint32_t row = begin + threadIdx.x; row < end; row += kThreads) {
    Fp4* const own = tables.rows + group.first_row + row;
    Fp4 value;
    if (group.num_chunks == 1) {
      value = load(own);
    } else {
      const Fp4* const partial = tables.partial_rows + group.first_partial + row;
      for (std::uint32_t i = 0; i < group.num_chunks; ++i) value += load(partial + i * height);
      store(own, value);
    }
    if (group.n_lifted == 0) {
      plain = value;
      continue;
    }
    const std::uint32_t x = row >> l_skip;
    plain += load(eq + x) * value;
    if (group.rotated != 0) previous += load(eq + ((x - 1) & (group.cube() - 1))) * value;
  }
  shared[threadIdx.x] = plain;
  shared[kThreads + threadIdx.x] = previous;
  __syncthreads();
  const unsigned domain = min(1u << l_skip, height);
  for (unsigned half = kThreads / 2; half >= domain; half /= 2) {
    if (threadIdx.x < half) {
      shared[threadIdx.x] += shared[threadIdx.x + half];
      shared[kThreads + threadIdx.x] += shared[kThreads + threadIdx.x + half];
    }
    __syncthreads();
  }
  if (threadIdx.x >= domain) return;
  Fp4* const out = tables.partial_sums + group.first_sum + block;
  store(out + threadIdx.x * group.num_sum_blocks, shared[threadIdx.x]);
  store(out + (domain + threadIdx.x) * group.num_sum_blocks, shared[kThreads + threadIdx.x]);
}

/// A block adds up one list of partial sums.
__global__ void finish_sums(ColumnGroups groups, unsigned l_skip, CombinedColumns tables) {
  const ColumnGroup& group = groups.list[blockIdx.y];
  const unsigned domain = 1u << l_skip, own_domain = min(domain, group.height());
  const unsigned which = blockIdx.x >> l_skip, z = blockIdx.x & (domain - 1);
  Fp4 sum[1];
  if (z < own_domain) {
    const Fp4* const list =
        tables.partial_sums + group.first_sum + (which * own_domain + z) * group.num_sum_blocks;
    for (unsigned i = threadIdx.x; i < group.num_sum_blocks; i += blockDim.x) {
      sum[0] += load(list + i);
    }
  }
  block_sums(sum);
  if (threadIdx.x == 0) store(tables.sums + blockIdx.y * gridDim.x + blockIdx.x, sum[0]);
}

}  // namespace

void fill_powers(Queue& queue, const Fp4& base, DeviceSpan<const std::uint32_t> exponents,
                 Fp4* out) {
  queue.launch(powers, grid_for(exponents.size, 128), exponents.size * sizeof(Fp4), base,
               exponents.data, exponents.size, out);
}

void fill_group_eq_tables(Queue& queue, const ColumnGroups& groups, std::span<const Fp4> point,
                          Fp4* out) {
  const std::size_t size = groups.cube_size(0);
  queue.launch(group_eq_tables, grid_for((size + 3) / 4, 128), size * sizeof(Fp4), groups,
               CubePoint(point), static_cast<std::uint32_t>(size), out);
}

void combine_columns(Queue& queue, const ColumnGroups& groups, unsigned l_skip,
                     const CombinedColumns& tables) {
  std::size_t cells = 0;
  for (const ColumnGroup& group : groups.groups()) {
    cells += std::size_t{group.num_columns} << group.log_height;
  }
  if (cells == 0) return;
  const std::size_t rows = groups.num_rows + groups.num_partial_rows;
  queue.launch(combine, {dim3(groups.num_blocks), dim3(kThreads)},
               cells * sizeof(Fp) + rows * sizeof(Fp4), groups, tables);
  queue.launch(sum_rows, {dim3(groups.num_sum_blocks), dim3(kThreads)}, 2 * rows * sizeof(Fp4),
               groups, l_skip, tables);
  queue.launch(finish_sums, {dim3(2u << l_skip, groups.count), dim3(128)},
               groups.num_sums * sizeof(Fp4), groups, l_skip, tables);
}

}  // namespace gyre::cuda
