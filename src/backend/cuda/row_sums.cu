#include "backend/cuda/row_sums.h"

#include <algorithm>

#include "backend/cuda/work_list.h"

namespace gyre::cuda {
namespace {

/// Entry 2^m + y, m = floor(log2(entry)): the product over j < m of x_j or 1 - x_j by bit j of y.
__global__ void fill_eq(const Fp4* point, std::uint32_t n, bool last, Fp4* tables) {
  const std::uint32_t entry = static_cast<std::uint32_t>(global_thread());
  if (entry == 0 || entry >= 2u << n) return;
  const std::uint32_t m = 31 - static_cast<std::uint32_t>(__clz(static_cast<int>(entry)));
  const Fp4* const x = point + (last ? n - m : 0);
  Fp4 product = Fp4::one();
  for (std::uint32_t j = 0; j < m; ++j) {
    const Fp4 coordinate = load(x + j);
    product *= (entry >> j & 1) != 0 ? coordinate : Fp4::one() - coordinate;
  }
  store(tables + entry, product);
}

__global__ void __launch_bounds__(RowSumWork::kThreads, 4)
    sum_rows(const RowSumWork* items, std::uint32_t count) {
  __shared__ SharedArray<Fp4, RowSumWork::kThreads> sums;
  const RowSumWork work = item_of_block(items, count);
  const std::uint32_t blocks = work.blocks_per_plane(), block = blockIdx.x - work.first_block;
  const std::uint32_t planes = work.num_points >> work.log_plane, plane_size = 1u << work.log_plane;
  const std::uint32_t plane = block / blocks % planes;
  const std::uint32_t first_part = block / blocks / planes * RowSumWork::kPartsPerBlock;
  const std::uint32_t end_part = min(first_part + RowSumWork::kPartsPerBlock, work.num_parts);
  const std::uint32_t stride = blocks * RowSumWork::kThreads;
  // The stride is a multiple of the chunk: a thread has one place in the chunks.
  Fp4 sum;
  for (std::uint32_t i = block % blocks * RowSumWork::kThreads + threadIdx.x; i < plane_size;
       i += stride) {
    const std::size_t point = (std::size_t{plane} << work.log_plane) + i;
    Fp4 value;
#pragma unroll 4
    for (std::uint32_t part = first_part; part < end_part; ++part) {
      value += load(work.parts + std::size_t{part} * work.num_points + point);
    }
    sum += value * load(work.eq + (i >> work.log_chunk));
  }
  sums[threadIdx.x] = sum;
  const std::uint32_t chunk = 1u << work.log_chunk;
  for (std::uint32_t half = RowSumWork::kThreads / 2; half >= chunk; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  __syncthreads();
  if (threadIdx.x >= chunk) return;
  Total* const total = work.totals + (std::size_t{plane} * chunk + threadIdx.x) * kTotalWords;
  for (std::size_t k = 0; k < kTotalWords; ++k) {
    atomicAdd(total + k, Total{sums[threadIdx.x].c[k].raw()});
  }
}

__global__ void fold(const Fp4* in, const Fp4* r, std::size_t count, Fp4* out) {
  const std::size_t i = global_thread();
  if (i >= count) return;
  const Fp4 low = load(in + 2 * i), high = load(in + 2 * i + 1);
  store(out + i, low + load(r) * (high - low));
}

__global__ void reduce(const Total* words, std::size_t count, Fp4* values) {
  const std::size_t i = global_thread();
  if (i < count) store(values + i, reduced(words + i * kTotalWords));
}

}  // namespace

void reduce_totals(Queue& queue, DeviceSpan<const Total> words, Fp4* values) {
  const std::size_t count = words.size / kTotalWords;
  queue.launch(reduce, grid_for(count), words.size * sizeof(Total) + count * sizeof(Fp4),
               words.data, count, values);
}

void fill_eq_tables(Queue& queue, DeviceSpan<const Fp4> point, EqCoordinates coordinates,
                    Fp4* tables) {
  const auto n = static_cast<unsigned>(point.size);
  queue.launch(fill_eq, grid_for(eq_tables_size(n)), eq_tables_size(n) * sizeof(Fp4), point.data, n,
               coordinates == EqCoordinates::kLast, tables);
}

void add_row_sums(Queue& queue, std::span<const RowSumWork> work, const RowSumWork* device_work) {
  if (work.empty()) return;
  std::uint64_t bytes = 0;
  for (const RowSumWork& item : work) {
    bytes += std::uint64_t{item.num_points} * (item.num_parts + 1) * sizeof(Fp4);
  }
  const RowSumWork& last = work.back();
  queue.launch(sum_rows, {dim3(last.first_block + last.blocks()), dim3(RowSumWork::kThreads), 0},
               bytes, device_work, static_cast<std::uint32_t>(work.size()));
}

void fold_pairs(Queue& queue, const Fp4* in, const Fp4* r, std::size_t count, Fp4* out) {
  if (count == 0) return;
  queue.launch(fold, grid_for(count), 3 * count * sizeof(Fp4), in, r, count, out);
}

}  // namespace gyre::cuda
