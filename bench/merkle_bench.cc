#include <benchmark/benchmark.h>

#include "backend/backend.h"
#include "gyre/protocol/params.h"
#include "random.h"

namespace gyre {
namespace {

VerifyingKey key_without_airs(unsigned log_stacked_height) {
  VerifyingKey key;
  key.params = presets::app(log_stacked_height);
  return key;
}

/// The whole commitment to one matrix: stacking, Reed-Solomon code, row hashes, Merkle tree. Bytes
/// are those of the codeword matrix.
void Commit(benchmark::State& state) {
  const auto log_height = static_cast<unsigned>(state.range(0));
  const auto width = static_cast<std::size_t>(state.range(1));
  const VerifyingKey key = key_without_airs(log_height);
  const auto backend = make_cpu_backend(key, 0);
  const Matrix trace = Random().matrix(std::size_t{1} << log_height, width);
  const MatrixView view = trace;
  const MatrixShape shape{.width = width, .log_height = log_height};
  const StackedLayout layout(static_cast<unsigned>(key.params.l_skip), log_height,
                             std::span(&shape, 1));
  Workload workload;
  workload.commitments.push_back({.layout = &layout});
  for (auto _ : state) {
    benchmark::DoNotOptimize(backend->begin(workload)->commit(std::span(&view, 1))->root());
  }
  const std::size_t elements = (width << log_height) << key.params.log_blowup;
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * elements * sizeof(Fp)));
}

/// The tree over given digests, on one thread.
void MerkleTree(benchmark::State& state) {
  Random random;
  std::vector<Digest> digests(std::size_t{1} << state.range(0));
  for (Digest& digest : digests) digest = random.digest();
  for (auto _ : state) benchmark::DoNotOptimize(tree_compress(digests));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * (digests.size() - 1)));
}

BENCHMARK(Commit)
    ->Args({14, 16})
    ->Args({17, 16})
    ->Args({19, 42})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(MerkleTree)->Arg(10)->Arg(14)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gyre
