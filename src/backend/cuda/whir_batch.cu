#include "backend/cuda/whir_batch.h"

#include <algorithm>

#include "backend/cuda/column_stage.h"
#include "backend/cuda/grid_sums.h"

namespace gyre::cuda {
namespace {

constexpr unsigned kThreads = kBatchRows / 4;

/// Columns of a stage that are not whole in a run: a thread looks up each of its rows.
struct MixedColumns {
  SharedArray<unsigned, kStage> columns;
  SharedArray<Fp4, kStage> weights;
};

/// What of a column is in the rows of a block.
struct BlockRun {
  const Fp* rows = nullptr;  ///< all its rows, one after the other, if they are in one run
  bool any = false;          ///< not all zero
};
__device__ __forceinline__ BlockRun find_run(const MessageSource& source, std::size_t column,
                                             std::size_t first_row, std::size_t count) {
  const std::size_t begin = (column << source.log_height) + first_row, end = begin + count;
  BlockRun found;
  for (unsigned i = source.first_runs[column]; i < source.num_runs && source.runs[i].begin < end;
       ++i) {
    const StackedRun& run = source.runs[i];
    if (run.end <= begin) continue;
    found.any = true;
    if (run.begin > begin || run.end < end || run.log_stride != 0) break;
    const Fp* const rows = run.values + (begin - run.begin);
    if (reinterpret_cast<std::uintptr_t>(rows) % 16 == 0 && count >= 4) found.rows = rows;
    break;
  }
  return found;
}

/// Adds the rows of a thread, four from `row` on, of columns that the block has in pieces.
__device__ __forceinline__ void add_mixed(ThreadRows<4>& rows, MixedColumns& mixed, unsigned count,
                                          const MessageSource& source, std::size_t row) {
  for (unsigned c = 0; c < count; ++c) {
    const unsigned column = mixed.columns[c];
    ThreadRows<4>::Values values;
    bool scattered = true;
    const Fp* const four = source.log_height >= 2 ? source.four(column, row, scattered) : nullptr;
#pragma unroll
    for (unsigned i = 0; i < 4; ++i) {
      if (scattered) {
        if ((row + i) >> source.log_height == 0) values.of[i] = source.value(column, row + i);
      } else {
        values.of[i] = four == nullptr ? Fp() : four[i];
      }
    }
    rows.add(mixed.weights[c], values);
    fit_all(rows.sums);
  }
}

__global__ void __launch_bounds__(kThreads, 3) batch_rows(BatchedColumns tables) {
  __shared__ Stage stage;
  __shared__ MixedColumns mixed;
  __shared__ SharedArray<Fp4, kBatchRows> sums;
  __shared__ unsigned num_whole, num_mixed;
  const MessageSource& source = tables.source;
  const std::size_t height = std::size_t{1} << source.log_height;
  const std::size_t first_row = std::size_t{blockIdx.x} * kBatchRows;
  const auto count = static_cast<unsigned>(min(kBatchRows, height));
  const unsigned own = 4 * threadIdx.x;

  ThreadRows<4> rows;
  for (std::size_t first = 0; first < tables.width; first += kStage) {
    if (threadIdx.x == 0) num_whole = num_mixed = 0;
    __syncthreads();
    const std::size_t column = first + threadIdx.x;
    if (column < tables.width) {
      const BlockRun run = find_run(source, column, first_row, count);
      if (run.rows != nullptr) {
        const unsigned place = atomicAdd(&num_whole, 1u);
        stage.columns[place] = run.rows;
        stage.weights[place] = load(tables.weights + column);
      } else if (run.any) {
        const unsigned place = atomicAdd(&num_mixed, 1u);
        mixed.columns[place] = static_cast<unsigned>(column);
        mixed.weights[place] = load(tables.weights + column);
      }
    }
    __syncthreads();
    if (own < count) {
      rows.add_stage(stage, num_whole, 0, 1, own);
      add_mixed(rows, mixed, num_mixed, source, first_row + own);
    }
    __syncthreads();
  }

#pragma unroll
  for (unsigned i = 0; i < 4; ++i) {
    const std::size_t row = first_row + own + i;
    if (own + i >= count) {
      sums[own + i] = Fp4();
      continue;
    }
    const Fp4 value = rows.sums[i].value();
    store(tables.batch + row, value);
    sums[own + i] = value * load(tables.eq + (row >> tables.l_skip));
  }
  const unsigned domain = 1u << tables.l_skip;
  for (unsigned half = kBatchRows / 2; half >= domain; half /= 2) {
    __syncthreads();
    for (unsigned i = threadIdx.x; i < half; i += kThreads) sums[i] += sums[i + half];
  }
  __syncthreads();
  for (unsigned z = threadIdx.x; z < domain; z += kThreads) {
    store(tables.partial_sums + z * std::size_t{gridDim.x} + blockIdx.x, sums[z]);
  }
}

/// A block adds up a list of `length` values.
__global__ void sum_lists(const Fp4* lists, std::size_t length, Fp4* out) {
  Fp4 sum[1];
  for (std::size_t i = threadIdx.x; i < length; i += blockDim.x) {
    sum[0] += load(lists + blockIdx.x * length + i);
  }
  block_sums(sum);
  if (threadIdx.x == 0) store(out + blockIdx.x, sum[0]);
}

__global__ void fold_chunks(unsigned l_skip, std::size_t left, std::size_t rows, const Fp4* weights,
                            const Fp4* batch, Fp4* out) {
  const std::size_t i = global_thread();
  if (i >= rows * left) return;
  const Fp4* const chunk = batch + (i / left << l_skip);
  const Fp4* const own_weights = weights + (i % left << l_skip);
  Fp4 sum;
  for (unsigned z = 0; z < 1u << l_skip; ++z) sum += load(own_weights + z) * load(chunk + z);
  store(out + i, sum);
}

}  // namespace

void batch_columns(Queue& queue, const BatchedColumns& tables) {
  const std::size_t blocks = num_batch_blocks(tables.source.log_height);
  const std::size_t height = std::size_t{1} << tables.source.log_height;
  queue.launch(batch_rows, {dim3(static_cast<unsigned>(blocks)), dim3(kThreads)},
               height * (tables.width * sizeof(Fp) + sizeof(Fp4)), tables);
  const unsigned domain = 1u << tables.l_skip;
  queue.launch(sum_lists, {dim3(domain), dim3(256)}, domain * blocks * sizeof(Fp4),
               tables.partial_sums, blocks, tables.sums);
}

void fold_batch(Queue& queue, unsigned l_skip, std::size_t left, std::size_t rows,
                const Fp4* weights, const Fp4* batch, Fp4* out) {
  queue.launch(fold_chunks, grid_for(rows * left, 128),
               ((rows << l_skip) + rows * left) * sizeof(Fp4), l_skip, left, rows, weights, batch,
               out);
}

}  // namespace gyre::cuda
