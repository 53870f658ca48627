#include <benchmark/benchmark.h>

#include "gyre/airs/fibonacci.h"
#include "gyre/airs/interactions.h"
#include "gyre/airs/keccak.h"
#include "gyre/keys/keygen.h"
#include "gyre/proof/codec.h"
#include "gyre/prover.h"
#include "gyre/verifier.h"

namespace gyre {
namespace {

ProvingKey keccak_key(unsigned log_stacked_height) {
  KeyGenerator generator(presets::app(log_stacked_height));
  const KeccakAir air;
  generator.add_air(air);
  return generator.generate();
}

AirTraces traces_of(const Matrix& trace) {
  AirTraces traces;
  traces.common_main = trace;
  return traces;
}

/// Whole proofs with the trace given; items are permutations.
void ProveKeccak(benchmark::State& state) {
  const auto permutations = static_cast<std::size_t>(state.range(0));
  const Prover prover(keccak_key(static_cast<unsigned>(state.range(1))));
  const Matrix trace = keccak_trace(random_keccak_inputs(permutations, 1));
  const AirTraces traces = traces_of(trace);
  for (auto _ : state) benchmark::DoNotOptimize(prover.prove(std::span(&traces, 1)));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * permutations));
  state.counters["peak_rss_GB"] = static_cast<double>(process_peak_memory()) / 1e9;
}

/// On one thread; items are proofs, bytes those of the proof.
void VerifyKeccak(benchmark::State& state) {
  const Prover prover(keccak_key(17));
  const Matrix trace = keccak_trace(random_keccak_inputs(1, 1));
  const AirTraces traces = traces_of(trace);
  const Proof proof = prover.prove(std::span(&traces, 1));
  for (auto _ : state) {
    if (const auto error = verify(prover.verifying_key(), proof)) {
      state.SkipWithError(error->name().c_str());
      break;
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  const std::size_t bytes = encode_proof(proof).size();
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes));
}

/// Items are permutations.
void KeccakTrace(benchmark::State& state) {
  const auto permutations = static_cast<std::size_t>(state.range(0));
  const auto inputs = random_keccak_inputs(permutations, 1);
  for (auto _ : state) benchmark::DoNotOptimize(keccak_trace(inputs));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * permutations));
}

/// A tall and narrow AIR; items are rows.
void ProveFibonacci(benchmark::State& state) {
  const auto rows = std::size_t{1} << state.range(0);
  const FibonacciAir air;
  KeyGenerator generator(presets::app(static_cast<unsigned>(state.range(0))));
  generator.add_air(air);
  const Prover prover(generator.generate());
  const Matrix trace = fibonacci_trace(Fp::zero(), Fp::one(), rows);
  AirTraces traces = traces_of(trace);
  traces.public_values = fibonacci_public_values(trace);
  for (auto _ : state) benchmark::DoNotOptimize(prover.prove(std::span(&traces, 1)));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * rows));
}

/// LogUp beside few columns: 8 AIRs of 4 columns with 8 interactions each; items are fractions at
/// the leaves of the LogUp tree.
void ProveInteractions(benchmark::State& state) {
  constexpr std::size_t kAirs = 8, kWidth = 4, kInteractions = 8;
  const auto log_height = static_cast<unsigned>(state.range(0));
  std::vector<SelfInteractionAir> airs;
  for (std::uint16_t bus = 0; bus < kAirs; ++bus) airs.emplace_back(kWidth, bus);
  KeyGenerator generator(presets::app(log_height + 3));
  for (const SelfInteractionAir& air : airs) generator.add_air(air);
  const Prover prover(generator.generate());
  const Matrix trace = self_interaction_trace(kWidth, log_height);
  std::vector<AirTraces> traces(kAirs, traces_of(trace));
  for (std::size_t i = 0; i < kAirs; ++i) traces[i].air_index = i;
  for (auto _ : state) benchmark::DoNotOptimize(prover.prove(traces));
  const std::size_t fractions = kAirs * kInteractions << log_height;
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * fractions));
}

BENCHMARK(ProveKeccak)
    ->Args({1, 17})
    ->Args({32, 19})
    ->Args({1024, 21})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(VerifyKeccak)->Unit(benchmark::kMillisecond);
BENCHMARK(KeccakTrace)->Arg(32)->Arg(1024)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ProveInteractions)->Arg(12)->Arg(16)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ProveFibonacci)->Arg(14)->Arg(18)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace gyre
