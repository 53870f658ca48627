#include "stacking/encode.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "gyre/support/telemetry.h"
#include "poly/line_ntt.h"
#include "poly/ntt.h"
#include "simd/words.h"
#include "support/memory.h"

namespace gyre {
namespace {

/// Lines that the first pass reads together: 256 bytes.
constexpr std::size_t kRun = 4;
/// Runs that are asked of memory ahead of their use: each is on a page of its own.
constexpr std::size_t kAhead = 8;
/// Values of a group of columns between the passes: enough work for many threads, few enough for a
/// third-level cache.
constexpr std::size_t kGroupValues = std::size_t{1} << 22;

/// How the lines of a message are split between the passes.
struct Split {
  explicit Split(const CodewordShape& shape)
      : log_lines(shape.log_message - kLogLine),
        log_inner(std::max(kLogLine, log_lines / 2)),
        log_outer(log_lines - log_inner),
        lines(std::size_t{1} << log_lines),
        inner(std::size_t{1} << log_inner),
        outer(std::size_t{1} << log_outer),
        // One line more than needed, so that equal lines of all blocks spread over the caches.
        pitch((inner + 1) * kLine) {}
  unsigned log_lines, log_inner, log_outer;
  std::size_t lines, inner, outer;
  std::size_t pitch;  ///< values between blocks of `inner` lines in the scratch
};

std::size_t group_columns(const CodewordShape& shape, std::size_t count, std::size_t num_cosets) {
  return std::clamp((kGroupValues >> shape.log_message) / num_cosets, std::size_t{1}, count);
}
std::size_t scratch_values(const CodewordShape& shape, std::size_t count, std::size_t num_cosets) {
  const Split split(shape);
  return group_columns(shape, count, num_cosets) * num_cosets * split.outer * split.pitch;
}

/// Words of the four tables.
struct TableSizes {
  explicit TableSizes(const CodewordShape& shape) {
    const Split split(shape);
    const std::size_t cosets = std::size_t{1} << shape.log_blowup;
    tile_twiddles = split.inner * line_twiddle_words(split.log_outer);
    place_twiddles = kLine * line_twiddle_words(split.log_inner);
    coset_factors = (cosets - 1) * split.lines * 2;
    line_factors = cosets * split.outer * 2 * kLine;
  }
  std::size_t tile_twiddles, place_twiddles, coset_factors, line_factors;
};

}  // namespace

std::size_t Encoder::table_bytes(const CodewordShape& shape) {
  const TableSizes sizes(shape);
  const auto bytes = &Arena::bytes_of<std::uint32_t>;
  return bytes(sizes.tile_twiddles) + bytes(sizes.place_twiddles) + bytes(sizes.coset_factors) +
         bytes(sizes.line_factors);
}

std::size_t Encoder::scratch_bytes(const CodewordShape& shape, std::size_t count,
                                   std::size_t num_cosets) {
  return Arena::bytes_of<Fp>(scratch_values(shape, count, num_cosets));
}

Encoder::Encoder(const Parallel& parallel, Arena& arena, const CodewordShape& shape)
    : parallel_(parallel), arena_(arena), shape_(shape) {
  const TableSizes sizes(shape);
  tile_twiddles_ = arena.take<std::uint32_t>(sizes.tile_twiddles);
  place_twiddles_ = arena.take<std::uint32_t>(sizes.place_twiddles);
  coset_factors_ = arena.take<std::uint32_t>(sizes.coset_factors);
  line_factors_ = arena.take<std::uint32_t>(sizes.line_factors);
  fill_tables();
}

void Encoder::fill_tables() {
  const Split split(shape_);
  const std::size_t cosets = std::size_t{1} << shape_.log_blowup;
  static_cast<void>(shared_twiddles(std::max(split.log_lines, split.log_inner + kLogLine)));
  for (std::size_t place = 0; place < kLine; ++place) {
    fill_line_twiddles(split.log_inner, kLogLine, place, kLine, place_twiddles_.data() + place);
  }
  const std::size_t tile_words = line_twiddle_words(split.log_outer);
  const Fp root = two_adic_generator(shape_.log_rows());
  parallel_.ranges(split.inner, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t x2 = begin; x2 < end; ++x2) {
      fill_line_twiddles(split.log_outer, split.log_inner, x2, 1,
                         tile_twiddles_.data() + x2 * tile_words);
      for (std::size_t c = 1; c < cosets; ++c) {
        const Fp line_step = root.pow(kLine * c);
        const Fp step = line_step.pow_power_of_2(split.log_inner);
        Fp power = line_step.pow(x2);
        std::uint32_t* out = coset_factors_.data() + ((c - 1) * split.lines + x2 * split.outer) * 2;
        for (std::size_t x1 = 0; x1 < split.outer; ++x1, power *= step) {
          *out++ = power.raw();
          *out++ = quotient_word(power);
        }
      }
    }
  });
  const Fp scale = inverse_power_of_2(shape_.l_skip > kLogLine ? 0 : shape_.l_skip);
  parallel_.ranges(cosets * split.outer, 64, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t coset = i / split.outer, place = i % split.outer;
      std::size_t j1 = 0;
      for (unsigned bit = 0; bit < split.log_outer; ++bit) j1 = 2 * j1 + ((place >> bit) & 1);
      const Fp step = root.pow(coset + (j1 << shape_.log_blowup));
      std::uint32_t* const out = line_factors_.data() + i * 2 * kLine;
      Fp power = scale;
      for (std::size_t s = 0; s < kLine; ++s, power *= step) {
        out[s] = power.raw();
        out[s + kLine] = quotient_word(power);
      }
    }
  });
}

/// A group of columns on its way.
struct Encoder::Job {
  const MessageColumns& columns;
  std::size_t first, count;  ///< columns of the group
  std::size_t coset, num_cosets;
  Fp* scratch;  ///< [column][coset][j1] blocks of `inner` lines, Split::pitch apart
  Fp* out;      ///< at the group's first column
  std::size_t out_width;
};

void Encoder::encode(const MessageColumns& columns, std::size_t first, std::size_t count,
                     std::size_t coset, std::size_t num_cosets, Fp* out) const {
  const Arena::Scope scope(arena_);
  const std::span<Fp> scratch = arena_.take<Fp>(scratch_values(shape_, count, num_cosets));
  const std::size_t group = group_columns(shape_, count, num_cosets);
  for (std::size_t start = 0; start < count; start += group) {
    const Job job{.columns = columns,
                  .first = first + start,
                  .count = std::min(group, count - start),
                  .coset = coset,
                  .num_cosets = num_cosets,
                  .scratch = scratch.data(),
                  .out = out + start * CodewordOrder::kBlock,
                  .out_width = count};
    const std::size_t values = job.count << shape_.log_message;
    count_dispatch((1 + num_cosets) * values * sizeof(Fp));
    first_pass(job);
    count_dispatch(2 * num_cosets * values * sizeof(Fp));
    second_pass(job);
  }
}

void Encoder::first_pass(const Job& job) const {
  const Split split(shape_);
  const std::size_t tile_words = line_twiddle_words(split.log_outer);
  std::vector<const Fp*> rows(job.count * split.outer);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i] = job.columns.find(job.first + i / split.outer, i % split.outer * split.inner * kLine,
                               split.inner * kLine);
  }
  const std::size_t tiles = split.inner / kRun, tile_values = split.outer * kLine;
  // The run [x2, x2 + kRun) of lines of all x1, by lines.
  const auto gather = [&](std::size_t column, std::size_t x2, Fp* tile) {
    alignas(64) Fp run[kRun * kLine];
    for (std::size_t x1 = 0; x1 < split.outer; ++x1) {
      const Fp* values = rows[column * split.outer + x1];
      if (values != nullptr) values += x2 * kLine;
      if (x1 + kAhead < split.outer) {
        const Fp* const ahead = rows[column * split.outer + x1 + kAhead];
        if (ahead != nullptr) {
          for (std::size_t w = 0; w < kRun; ++w) __builtin_prefetch(ahead + (x2 + w) * kLine);
        }
      }
      if (values == nullptr || shape_.l_skip > kLogLine) {
        job.columns.read(job.first + column, (x1 * split.inner + x2) * kLine, kRun * kLine, run);
        if (shape_.l_skip > kLogLine) evaluations_to_message(std::span<Fp>(run), shape_.l_skip);
        values = run;
      }
      for (std::size_t w = 0; w < kRun; ++w) {
        std::memcpy(tile + w * tile_values + x1 * kLine, values + w * kLine, kLine * sizeof(Fp));
      }
    }
    if (shape_.l_skip <= kLogLine) scaled_lines_to_message(tile, kRun * split.outer, shape_.l_skip);
  };
  const auto transform = [&](std::size_t column, std::size_t x2, std::size_t c, Fp* lines) {
    dft_lines(lines, split.log_outer, tile_twiddles_.data() + x2 * tile_words);
    spread_lines(
        lines, split.outer, line_factors_.data() + (job.coset + c) * split.outer * 2 * kLine,
        job.scratch + (column * job.num_cosets + c) * split.outer * split.pitch + x2 * kLine,
        split.pitch);
  };
  parallel_.ranges(job.count * tiles, 1, [&](std::size_t begin, std::size_t end) {
    Buffer<Fp> memory((kRun + 1) * tile_values);
    Fp* const work = memory.data() + kRun * tile_values;
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t column = i / tiles, first_line = i % tiles * kRun;
      gather(column, first_line, memory.data());
      for (std::size_t w = 0; w < kRun; ++w) {
        Fp* const lines = memory.data() + w * tile_values;
        const std::size_t x2 = first_line + w;
        for (std::size_t c = job.num_cosets; c-- > 0;) {
          if (job.coset + c == 0) {
            transform(column, x2, c, lines);
            continue;
          }
          scale_lines(
              lines, split.outer,
              coset_factors_.data() + ((job.coset + c - 1) * split.lines + x2 * split.outer) * 2,
              work);
          transform(column, x2, c, work);
        }
      }
    }
  });
}

void Encoder::second_pass(const Job& job) const {
  const Split split(shape_);
  const std::size_t block_pitch = job.out_width * CodewordOrder::kBlock;
  const std::size_t blocks = split.inner / kLine;
  const std::size_t per_column = job.num_cosets * split.outer;
  parallel_.ranges(job.count * per_column, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      Fp* const lines = job.scratch + i * split.pitch;
      dft_lines_per_place(lines, split.log_inner, place_twiddles_.data());
      finish_lines(
          lines, blocks,
          job.out + i / per_column * CodewordOrder::kBlock + i % per_column * blocks * block_pitch,
          block_pitch);
    }
  });
}

}  // namespace gyre
