#include <benchmark/benchmark.h>

#include "poly/line_ntt.h"
#include "random.h"
#include "stacking/oracle.h"
#include "support/memory.h"

namespace gyre {
namespace {

/// The first pass's stages on one tile of 2^n lines; items are butterflies.
void EncodeTile(benchmark::State& state) {
  const auto log_count = static_cast<unsigned>(state.range(0));
  const std::size_t size = kLine << log_count;
  std::vector<std::uint32_t> twiddles(line_twiddle_words(log_count) * kLine);
  const bool per_place = state.range(1) != 0;
  for (std::size_t place = 0; place < (per_place ? kLine : 1); ++place) {
    fill_line_twiddles(log_count, kLogLine, place, per_place ? kLine : 1, &twiddles[place]);
  }
  Buffer<Fp> lines(size);
  std::ranges::copy(Random().fps(size), lines.begin());
  for (auto _ : state) {
    (per_place ? dft_lines_per_place : dft_lines)(lines.data(), log_count, twiddles.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * size / 2 * log_count));
}

/// The encoder alone on one thread, `width` columns of 2^n values twice as long; items are
/// butterflies.
void Encode(benchmark::State& state) {
  const auto log_message = static_cast<unsigned>(state.range(0));
  const CodewordShape shape{.log_message = log_message,
                            .log_blowup = 1,
                            .width = static_cast<std::size_t>(state.range(1)),
                            .l_skip = 4,
                            .k = 4};
  const Matrix trace = Random().matrix(std::size_t{1} << 15, shape.width << (log_message - 15));
  const MatrixView matrix = trace;
  const MatrixShape matrix_shape{.width = trace.width(), .log_height = 15};
  const StackedLayout layout(4, log_message, {&matrix_shape, 1});
  const StackedView view(layout, {&matrix, 1});
  const StackedColumns columns(view);
  const Parallel parallel(1);
  Arena arena(std::size_t{1} << 34);
  const Encoder encoder(parallel, arena, shape);
  const std::span<Fp> codeword = arena.take<Fp>(shape.rows() * shape.width);
  for (auto _ : state) {
    encoder.encode(columns, 0, shape.width, 0, 2, codeword.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(
      static_cast<std::int64_t>(state.iterations() * codeword.size() / 2 * log_message));
}

BENCHMARK(EncodeTile)->Args({9, 0})->Args({8, 0})->Args({8, 1})->Unit(benchmark::kMicrosecond);
BENCHMARK(Encode)->Args({17, 4})->Args({21, 8})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gyre
