#include <algorithm>
#include <vector>

#include "backend/cuda/product_sum.h"
#include "backend/cuda/whir_tables.h"

namespace gyre::cuda {
namespace {

using Term = WhirOpener::WeightTerm;

/// A moment's number is low + kLow * high: z^v = z^low * (z^kLow)^high.
constexpr std::size_t kLow = 256;
/// Values of `high` that a block takes, so that a power of the low part serves them all.
constexpr unsigned kHighs = 4;
/// Terms whose factors are in shared memory at a time.
constexpr unsigned kStageTerms = 128;

std::size_t num_low(std::size_t num_moments) {
  return std::min(num_moments, kLow);
}

/// Terms with z in the base field stand in front.
struct WeightTables {
  const Term* terms;
  std::size_t num_terms, num_base;
  std::size_t num_low, num_high;
  Fp* low;    ///< [term][low], z^low of base terms
  Fp4* high;  ///< [high][term], factor * z^(kLow high)
  Fp4* moments;
};

__global__ void weight_powers(WeightTables tables) {
  std::size_t i = global_thread();
  if (i < tables.num_base * tables.num_low) {
    const Fp z = tables.terms[i / tables.num_low].z.c[0];
    tables.low[i] = z.pow(i % tables.num_low);
    return;
  }
  i -= tables.num_base * tables.num_low;
  if (i >= tables.num_high * tables.num_terms) return;
  const std::size_t t = i % tables.num_terms, exponent = i / tables.num_terms * kLow;
  const Fp4 z = load(&tables.terms[t].z), factor = load(&tables.terms[t].factor);
  store(tables.high + i,
        t < tables.num_base ? factor * z.c[0].pow(exponent) : factor * z.pow(exponent));
}

/// A thread takes one low part and kHighs high parts.
__global__ void __launch_bounds__(kLow) add_terms(WeightTables tables) {
  __shared__ SharedArray<Fp4, kHighs * kStageTerms> factors;
  const std::size_t first_high = std::size_t{blockIdx.x} * kHighs;
  const auto highs = static_cast<unsigned>(min(tables.num_high - first_high, std::size_t{kHighs}));
  const std::size_t low = min(std::size_t{threadIdx.x}, tables.num_low - 1);
  ProductSum sums[kHighs];
  for (std::size_t first = 0; first < tables.num_base; first += kStageTerms) {
    const auto count =
        static_cast<unsigned>(min(tables.num_base - first, std::size_t{kStageTerms}));
    for (unsigned i = threadIdx.x; i < kHighs * kStageTerms; i += blockDim.x) {
      const unsigned high = i / kStageTerms, t = i % kStageTerms;
      const bool there = high < highs && t < count;
      factors[i] =
          there ? load(tables.high + (first_high + high) * tables.num_terms + first + t) : Fp4();
    }
    __syncthreads();
    for (unsigned t = 0; t < count; ++t) {
      const Fp power = tables.low[(first + t) * tables.num_low + low];
#pragma unroll
      for (unsigned high = 0; high < kHighs; ++high) {
        sums[high].add(factors[high * kStageTerms + t], power);
      }
      if (t % 2 == 1) fit_all(sums);
    }
    fit_all(sums);
    __syncthreads();
  }
  Fp4 totals[kHighs];
#pragma unroll
  for (unsigned high = 0; high < kHighs; ++high) totals[high] = sums[high].value();
  for (std::size_t t = tables.num_base; t < tables.num_terms; ++t) {
    const Fp4 power = load(&tables.terms[t].z).pow(low);
#pragma unroll
    for (unsigned high = 0; high < kHighs; ++high) {
      if (high < highs) {
        totals[high] += power * load(tables.high + (first_high + high) * tables.num_terms + t);
      }
    }
  }
  if (threadIdx.x >= tables.num_low) return;
#pragma unroll
  for (unsigned high = 0; high < kHighs; ++high) {
    if (high >= highs) break;
    Fp4* const moment = tables.moments + (first_high + high) * kLow + low;
    store(moment, load(moment) + totals[high]);
  }
}

}  // namespace

std::size_t weight_bytes(std::size_t num_terms, std::size_t num_moments) {
  const std::size_t low = num_low(num_moments);
  return DeviceArena::bytes_of<Term>(num_terms) + DeviceArena::bytes_of<Fp>(num_terms * low) +
         DeviceArena::bytes_of<Fp4>(num_terms * (num_moments / low));
}

void add_moments(Queue& queue, DeviceArena& arena, std::span<const Term> terms,
                 DeviceSpan<Fp4> moments) {
  const DeviceArena::Scope scope(arena);
  std::vector<Term> sorted(terms.begin(), terms.end());
  const auto first_extension = std::stable_partition(
      sorted.begin(), sorted.end(), [](const Term& term) { return term.z == Fp4(term.z.c[0]); });
  const auto device_terms = arena.take<Term>(sorted.size());
  queue.upload(device_terms, sorted);
  WeightTables tables{.terms = device_terms.data,
                      .num_terms = sorted.size(),
                      .num_base = static_cast<std::size_t>(first_extension - sorted.begin()),
                      .num_low = num_low(moments.size),
                      .num_high = moments.size / num_low(moments.size),
                      .low = nullptr,
                      .high = nullptr,
                      .moments = moments.data};
  tables.low = arena.take<Fp>(tables.num_terms * tables.num_low).data;
  tables.high = arena.take<Fp4>(tables.num_terms * tables.num_high).data;
  const std::size_t low_powers = tables.num_base * tables.num_low;
  const std::size_t high_powers = tables.num_high * tables.num_terms;
  queue.launch(weight_powers, grid_for(low_powers + high_powers, 128),
               low_powers * sizeof(Fp) + high_powers * sizeof(Fp4), tables);
  const std::size_t blocks = (tables.num_high + kHighs - 1) / kHighs;
  queue.launch(add_terms, {dim3(static_cast<unsigned>(blocks)), dim3(kLow)},
               2 * moments.size * sizeof(Fp4) + blocks * low_powers * sizeof(Fp), tables);
}

}  // namespace gyre::cuda
