#include <benchmark/benchmark.h>

#include <deque>

#include "backend/backend.h"
#include "gyre/airs/interactions.h"
#include "gyre/keys/keygen.h"
#include "random.h"

namespace gyre {
namespace {

/// 64 interactions in 8 AIRs over one trace of 2^log_height rows.
struct TreeCase {
  static constexpr std::size_t kAirs = 8, kWidth = 4, kInteractions = 8;

  explicit TreeCase(unsigned log_height)
      : key(generate(log_height)), trace(self_interaction_trace(kWidth, log_height)) {
    for (std::size_t air = 0; air < kAirs; ++air) {
      TraceInput& input = traces.emplace_back();
      input.air_index = air;
      input.air = &key.vk.per_air[air];
      input.log_height = log_height;
      input.main_parts = {trace.view()};
      for (std::size_t i = 0; i < kInteractions; ++i) {
        blocks.push_back({.trace = air, .interaction = i, .offset = blocks.size() << log_height});
      }
    }
    num_layers = log_height + 7;
  }

  Workload shapes() const {
    Workload workload;
    for (const TraceInput& input : traces) {
      workload.traces.push_back(
          {.air_index = input.air_index, .air = input.air, .log_height = input.log_height});
    }
    workload.num_leaves = blocks.size() << traces[0].log_height;
    workload.num_gkr_layers = num_layers;
    return workload;
  }

  static ProvingKey generate(unsigned log_height) {
    KeyGenerator generator(presets::app(log_height + 3));
    std::deque<SelfInteractionAir> airs;  // the generator reads them when it generates
    for (std::uint16_t bus = 0; bus < kAirs; ++bus) {
      generator.add_air(airs.emplace_back(kWidth, bus));
    }
    return generator.generate();
  }

  ProvingKey key;
  Matrix trace;
  std::vector<TraceInput> traces;
  std::vector<FractionBlock> blocks;
  unsigned num_layers;
};

constexpr unsigned kThreads = 1;

/// Leaves and the layers above them.
void BuildTree(benchmark::State& state) {
  const auto log_height = static_cast<unsigned>(state.range(0));
  const TreeCase work(log_height);
  const auto backend = make_cpu_backend(work.key.vk, kThreads);
  const auto session = backend->begin(work.shapes());
  Random random;
  const Fp4 alpha = random.fp4(), beta = random.fp4();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        session->fraction_tree(work.traces, work.blocks, work.num_layers, alpha, beta)->root());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * work.blocks.size())
                          << log_height);
}

/// The sumchecks of all layers.
void ProveLayers(benchmark::State& state) {
  const auto log_height = static_cast<unsigned>(state.range(0));
  const TreeCase work(log_height);
  const auto backend = make_cpu_backend(work.key.vk, kThreads);
  const auto session = backend->begin(work.shapes());
  Random random;
  const Fp4 alpha = random.fp4(), beta = random.fp4();
  for (auto _ : state) {
    state.PauseTiming();
    const auto tree =
        session->fraction_tree(work.traces, work.blocks, work.num_layers, alpha, beta);
    const std::vector<Fp4> challenges = random.fp4s(work.num_layers);
    state.ResumeTiming();
    for (unsigned layer = 2; layer <= work.num_layers; ++layer) {
      tree->begin_layer(layer, std::span(challenges).first(layer - 1), alpha);
      for (unsigned round = 0; round + 1 < layer; ++round) {
        benchmark::DoNotOptimize(tree->round(beta));
        tree->fold(challenges[round]);
      }
      benchmark::DoNotOptimize(tree->claims());
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * work.blocks.size())
                          << log_height);
}

BENCHMARK(BuildTree)->Arg(8)->Arg(16)->Unit(benchmark::kMillisecond);
BENCHMARK(ProveLayers)->Arg(8)->Arg(16)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gyre
