#include <benchmark/benchmark.h>

#include "gyre/field/fp4.h"
#include "random.h"

namespace gyre {
namespace {

constexpr std::size_t kLength = 4096;  // stays in the first-level cache

template <class T>
std::vector<T> values(std::uint64_t seed);
template <>
std::vector<Fp> values(std::uint64_t seed) {
  return Random(seed).fps(kLength);
}
template <>
std::vector<Fp4> values(std::uint64_t seed) {
  return Random(seed).fp4s(kLength);
}

/// a[i] = operation(a[i], b[i]): independent operations, as the kernels have them.
template <class A, class B, class Operation>
void run(benchmark::State& state, Operation operation) {
  auto a = values<A>(1);
  const auto b = values<B>(2);
  for (auto _ : state) {
    for (std::size_t i = 0; i < kLength; ++i) a[i] = operation(a[i], b[i]);
    benchmark::DoNotOptimize(a.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kLength));
}

void FpAdd(benchmark::State& state) {
  run<Fp, Fp>(state, [](Fp x, Fp y) { return x + y; });
}
void FpMultiply(benchmark::State& state) {
  run<Fp, Fp>(state, [](Fp x, Fp y) { return x * y; });
}
void FpInverse(benchmark::State& state) {
  run<Fp, Fp>(state, [](Fp x, Fp y) { return x + y.inverse(); });
}
void Fp4Add(benchmark::State& state) {
  run<Fp4, Fp4>(state, [](const Fp4& x, const Fp4& y) { return x + y; });
}
void Fp4Multiply(benchmark::State& state) {
  run<Fp4, Fp4>(state, [](const Fp4& x, const Fp4& y) { return x * y; });
}
void Fp4MultiplyByFp(benchmark::State& state) {
  run<Fp4, Fp>(state, [](const Fp4& x, Fp y) { return x * y; });
}
void Fp4Inverse(benchmark::State& state) {
  run<Fp4, Fp4>(state, [](const Fp4& x, const Fp4& y) { return x + y.inverse(); });
}

/// The latency of a chain: every product needs the one before.
void FpMultiplyChain(benchmark::State& state) {
  Random random;
  Fp x = random.fp();
  const Fp y = random.fp();
  for (auto _ : state) {
    for (std::size_t i = 0; i < kLength; ++i) x *= y;
    benchmark::DoNotOptimize(x);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kLength));
}

BENCHMARK(FpAdd);
BENCHMARK(FpMultiply);
BENCHMARK(FpMultiplyChain);
BENCHMARK(FpInverse);
BENCHMARK(Fp4Add);
BENCHMARK(Fp4Multiply);
BENCHMARK(Fp4MultiplyByFp);
BENCHMARK(Fp4Inverse);

}  // namespace
}  // namespace gyre
