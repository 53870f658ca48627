#include <benchmark/benchmark.h>

#include "gyre/hash/scheme.h"
#include "gyre/transcript/transcript.h"
#include "hash/batch.h"
#include "protocol/statement.h"
#include "random.h"

namespace gyre {
namespace {

void Poseidon2Permute(benchmark::State& state) {
  Random random;
  SpongeState sponge;
  for (Fp& element : sponge) element = random.fp();
  for (auto _ : state) {
    permute(sponge);
    benchmark::DoNotOptimize(sponge);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

void Poseidon2Compress(benchmark::State& state) {
  Random random;
  Digest left = random.digest();
  const Digest right = random.digest();
  for (auto _ : state) {
    left = compress(left, right);
    benchmark::DoNotOptimize(left);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

/// One row of a codeword matrix of the given width.
void Poseidon2HashRow(benchmark::State& state) {
  const auto row = Random().fps(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(hash_slice(row));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * row.size() * sizeof(Fp)));
}

/// kHashLanes rows of a codeword matrix side by side; items are permutations.
void Poseidon2HashRowsBatch(benchmark::State& state) {
  constexpr std::size_t kHeight = std::size_t{1} << 14;
  const auto width = static_cast<std::size_t>(state.range(0));
  const Matrix matrix = Random().matrix(kHeight, width);
  Digest digests[kHashLanes];
  std::size_t row = 0;
  for (auto _ : state) {
    hash_rows(matrix.view().values().data(), kHeight, width, row, digests);
    benchmark::DoNotOptimize(digests);
    row = (row + kHashLanes) % kHeight;
  }
  const std::size_t permutations = kHashLanes * ((width + kSpongeRate - 1) / kSpongeRate);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * permutations));
}

/// The openings of 2,633 columns and their rotations, as a proof observes them; items are
/// permutations.
void TranscriptObserve(benchmark::State& state) {
  Random random;
  std::vector<ColumnClaim> claims(2633);
  for (ColumnClaim& claim : claims) claim = {random.fp4(), random.fp4()};
  for (auto _ : state) {
    Transcript transcript;
    observe_column_claims(transcript, claims);
    benchmark::DoNotOptimize(transcript.sample());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * claims.size()));
}

/// Tests of one proof-of-work search, plain.
void Poseidon2Grind(benchmark::State& state) {
  Transcript transcript;
  transcript.observe(Random().fp4());
  const GrindingChallenge challenge = transcript.grinding_challenge(20);
  std::uint32_t witness = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(is_valid_witness(challenge, Fp::from_canonical(witness++)));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

BENCHMARK(Poseidon2Permute);
BENCHMARK(Poseidon2Compress);
BENCHMARK(Poseidon2HashRow)->Arg(1)->Arg(8)->Arg(42)->Arg(330);
BENCHMARK(Poseidon2HashRowsBatch)->Arg(8)->Arg(42);
BENCHMARK(TranscriptObserve);
BENCHMARK(Poseidon2Grind);

}  // namespace
}  // namespace gyre
