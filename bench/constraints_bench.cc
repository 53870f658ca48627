#include <benchmark/benchmark.h>

#include <bit>

#include "backend/backend.h"
#include "gyre/airs/keccak.h"
#include "gyre/keys/keygen.h"
#include "random.h"

namespace gyre {
namespace {

/// Keccak-f with its trace, as the constraint sumcheck takes it.
class KeccakInput {
 public:
  KeccakInput(std::size_t permutations, unsigned log_stacked_height)
      : trace_(keccak_trace(random_keccak_inputs(permutations, 1))) {
    KeyGenerator generator(presets::app(log_stacked_height));
    const KeccakAir air;
    generator.add_air(air);
    key_ = generator.generate();
    traces_.resize(1);
    traces_[0].air = &key_.vk.per_air[0];
    traces_[0].log_height = trace_.view().log_height();
    traces_[0].main_parts = {trace_};
    traces_[0].preprocessed = MatrixView({}, trace_.height(), 0);
  }

  const VerifyingKey& key() const { return key_.vk; }
  std::size_t rows() const { return trace_.height(); }
  Workload shapes() const {
    Workload workload;
    workload.traces = {
        {.air_index = 0, .air = traces_[0].air, .log_height = traces_[0].log_height}};
    return workload;
  }
  ConstraintSumcheckInput sumcheck_input() const {
    Random random;
    ConstraintSumcheckInput input;
    input.traces = traces_;
    input.interaction_weights.resize(1);
    input.xi = random.fp4s(traces_[0].log_height);
    input.beta = random.fp4();
    input.lambda = random.fp4();
    return input;
  }

 private:
  Matrix trace_;
  ProvingKey key_;
  std::vector<TraceInput> traces_;
};

/// Round 0: all constraints on the cosets of the skip domain. Items are trace rows.
void ConstraintsRound0(benchmark::State& state) {
  const KeccakInput input(static_cast<std::size_t>(state.range(0)), 17);
  const auto backend = make_cpu_backend(input.key(), 0);
  const auto session = backend->begin(input.shapes());
  for (auto _ : state) {
    const auto sumcheck = session->constraint_sumcheck(input.sumcheck_input());
    benchmark::DoNotOptimize(sumcheck->round0());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * input.rows()));
}

/// All of it: round 0, folding, the multilinear rounds, the openings.
void ConstraintsWholeSumcheck(benchmark::State& state) {
  const KeccakInput input(static_cast<std::size_t>(state.range(0)), 17);
  const auto backend = make_cpu_backend(input.key(), 0);
  const auto session = backend->begin(input.shapes());
  Random random;
  for (auto _ : state) {
    const auto sumcheck = session->constraint_sumcheck(input.sumcheck_input());
    benchmark::DoNotOptimize(sumcheck->round0());
    const TraceWeights weights{random.fp4(), random.fp4(), random.fp4()};
    sumcheck->fold_prism(random.fp4(), std::span(&weights, 1));
    const auto l_skip = static_cast<unsigned>(input.key().params.l_skip);
    const auto log_rows = static_cast<unsigned>(std::countr_zero(input.rows()));
    for (unsigned round = l_skip; round < log_rows; ++round) {
      benchmark::DoNotOptimize(sumcheck->round(1));
      sumcheck->fold(random.fp4());
    }
    sumcheck->openings([](std::size_t, std::size_t, std::span<const Fp4> values) {
      benchmark::DoNotOptimize(values.data());
    });
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * input.rows()));
}

BENCHMARK(ConstraintsRound0)
    ->Arg(5)
    ->Arg(85)
    ->Arg(1024)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(ConstraintsWholeSumcheck)
    ->Arg(5)
    ->Arg(85)
    ->Arg(1024)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace gyre
