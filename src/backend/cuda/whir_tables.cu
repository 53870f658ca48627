#include "backend/cuda/whir_tables.h"

#include <algorithm>
#include <bit>

#include "backend/cuda/eq_tables.h"

namespace gyre::cuda {
namespace {

constexpr unsigned kThreads = 256;

struct Pair {
  Fp4 c0, c1, a0, a1;
};
__device__ __forceinline__ Pair read(const MomentTables& tables, std::size_t i) {
  return {load(tables.coefficients + 2 * i), load(tables.coefficients + 2 * i + 1),
          load(tables.moments + 2 * i), load(tables.moments + 2 * i + 1)};
}
__device__ __forceinline__ void add_pair(Fp4 (&at)[2], const Pair& pair) {
  const Fp4 c = pair.c0 + pair.c1;
  at[0] += c * pair.a1;
  at[1] += (c + pair.c1) * (pair.a1.doubled() + pair.a1 - pair.a0);
}
/// The entries that a pair leaves at the challenge.
__device__ __forceinline__ void fold(const Pair& pair, const Fp4& challenge, Fp4& coefficient,
                                     Fp4& moment) {
  coefficient = pair.c0 + challenge * pair.c1;
  moment = pair.a0 - pair.a1 + challenge * (pair.a1.doubled() - pair.a0);
}

__global__ void __launch_bounds__(kThreads)
    round_sums(MomentTables tables, std::size_t pairs, GridSums sums, RoundStep step) {
  Fp4 at[2];
  for (std::size_t i = global_thread(); i < pairs; i += std::size_t{gridDim.x} * blockDim.x) {
    add_pair(at, read(tables, i));
  }
  finish_round(at, sums, step);
}

__global__ void __launch_bounds__(kThreads)
    folded_round_sums(MomentTables before, Challenge last, MomentTables after, std::size_t pairs,
                      GridSums sums, RoundStep step) {
  const Fp4 challenge = last.value();
  Fp4 at[2];
  for (std::size_t i = global_thread(); i < pairs; i += std::size_t{gridDim.x} * blockDim.x) {
    Pair pair;
    fold(read(before, 2 * i), challenge, pair.c0, pair.a0);
    fold(read(before, 2 * i + 1), challenge, pair.c1, pair.a1);
    store(after.coefficients + 2 * i, pair.c0);
    store(after.coefficients + 2 * i + 1, pair.c1);
    store(after.moments + 2 * i, pair.a0);
    store(after.moments + 2 * i + 1, pair.a1);
    add_pair(at, pair);
  }
  finish_round(at, sums, step);
}

__global__ void fold_tables(MomentTables before, Fp4 challenge, MomentTables after,
                            std::size_t size) {
  const std::size_t i = global_thread();
  if (i >= size) return;
  Fp4 coefficient, moment;
  fold(read(before, i), challenge, coefficient, moment);
  store(after.coefficients + i, coefficient);
  store(after.moments + i, moment);
}

/// z^(2^i) per bit i of a thread's number, and z^(number of threads).
struct Powers {
  Fp4 squares[CubePoint::kMaxVariables];
  unsigned log_threads;
  Fp4 step;
};

/// A thread takes every 2^log_threads-th coefficient, so that neighbours read neighbours.
__global__ void evaluate(const Fp4* coefficients, std::size_t size, Powers powers, GridSums sums) {
  const std::size_t thread = global_thread();
  Fp4 sum[1];
  if (thread >> powers.log_threads == 0) {
    for (std::size_t i = size >> powers.log_threads; i-- > 0;) {
      sum[0] = sum[0] * powers.step + load(coefficients + (i << powers.log_threads) + thread);
    }
    for (unsigned t = 0; t < powers.log_threads; ++t) {
      if ((thread >> t & 1) != 0) sum[0] *= powers.squares[t];
    }
  }
  grid_sums(sum, sums);
}

unsigned moment_blocks(unsigned multiprocessors, std::size_t pairs) {
  return static_cast<unsigned>(
      std::min((pairs + kThreads - 1) / kThreads, max_moment_blocks(multiprocessors)));
}

/// Of an evaluation.
constexpr unsigned kMaxLogThreads = 15;

}  // namespace

std::size_t max_moment_blocks(unsigned multiprocessors) {
  return std::max<std::size_t>(4 * std::size_t{multiprocessors}, (1u << kMaxLogThreads) / kThreads);
}

void moment_round(Queue& queue, unsigned multiprocessors, const MomentTables& tables,
                  std::size_t pairs, const GridSums& sums, const RoundStep& step) {
  queue.launch(round_sums, {dim3(moment_blocks(multiprocessors, pairs)), dim3(kThreads)},
               4 * pairs * sizeof(Fp4), tables, pairs, sums, step);
}

void fold_and_round(Queue& queue, unsigned multiprocessors, const MomentTables& before,
                    const Challenge& challenge, const MomentTables& after, std::size_t pairs,
                    const GridSums& sums, const RoundStep& step) {
  queue.launch(folded_round_sums, {dim3(moment_blocks(multiprocessors, pairs)), dim3(kThreads)},
               12 * pairs * sizeof(Fp4), before, challenge, after, pairs, sums, step);
}

void fold_moments(Queue& queue, const MomentTables& before, const Fp4& challenge,
                  const MomentTables& after, std::size_t size) {
  queue.launch(fold_tables, grid_for(size), 6 * size * sizeof(Fp4), before, challenge, after, size);
}

void evaluate_at(Queue& queue, DeviceSpan<const Fp4> coefficients, const Fp4& z,
                 const GridSums& sums) {
  Powers powers;
  powers.log_threads =
      std::min(static_cast<unsigned>(std::countr_zero(coefficients.size)), kMaxLogThreads);
  powers.step = z;
  for (unsigned t = 0; t < powers.log_threads; ++t) {
    powers.squares[t] = powers.step;
    powers.step = powers.step.squared();
  }
  queue.launch(evaluate, grid_for(std::size_t{1} << powers.log_threads, kThreads),
               coefficients.size * sizeof(Fp4), coefficients.data, coefficients.size, powers, sums);
}

}  // namespace gyre::cuda
