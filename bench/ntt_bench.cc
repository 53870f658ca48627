#include <benchmark/benchmark.h>

#include "poly/ntt.h"
#include "random.h"

namespace gyre {
namespace {

template <class T>
std::vector<T> values(std::size_t count);
template <>
std::vector<Fp> values(std::size_t count) {
  return Random().fps(count);
}
template <>
std::vector<Fp4> values(std::size_t count) {
  return Random().fp4s(count);
}

/// One transform in natural order on one thread; bytes are those of the values, once.
template <class T>
void Ntt(benchmark::State& state) {
  auto column = values<T>(std::size_t{1} << state.range(0));
  dft(std::span(column));  // makes the shared twiddles
  for (auto _ : state) {
    dft(std::span(column));
    benchmark::DoNotOptimize(column.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(
      static_cast<std::int64_t>(state.iterations() * column.size() * sizeof(T)));
}

void NttToBitReversed(benchmark::State& state) {
  const auto log_size = static_cast<unsigned>(state.range(0));
  auto column = values<Fp>(std::size_t{1} << log_size);
  const auto twiddles = shared_twiddles(log_size);
  for (auto _ : state) {
    dft_to_bit_reversed(std::span(column), *twiddles);
    benchmark::DoNotOptimize(column.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(
      static_cast<std::int64_t>(state.iterations() * column.size() * sizeof(Fp)));
}

void NttEvaluationsToMessage(benchmark::State& state) {
  auto column = values<Fp>(std::size_t{1} << state.range(0));
  for (auto _ : state) {
    evaluations_to_message(std::span(column), 4);
    benchmark::DoNotOptimize(column.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(
      static_cast<std::int64_t>(state.iterations() * column.size() * sizeof(Fp)));
}

BENCHMARK(Ntt<Fp>)->DenseRange(10, 22, 4)->Unit(benchmark::kMicrosecond);
BENCHMARK(Ntt<Fp4>)->DenseRange(10, 22, 4)->Unit(benchmark::kMicrosecond);
BENCHMARK(NttToBitReversed)->DenseRange(10, 22, 4)->Unit(benchmark::kMicrosecond);
BENCHMARK(NttEvaluationsToMessage)->Arg(14)->Arg(21)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace gyre
