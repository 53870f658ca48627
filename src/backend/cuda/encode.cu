#include "backend/cuda/encode.h"

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "backend/cuda/encode_kernels.h"
#include "gyre/support/error.h"

namespace gyre::cuda {
namespace {

/// Columns of a launch: the second dimension of its grid has 16 bits.
constexpr std::size_t kMostColumns = std::size_t{1} << 15;
/// Upper stages that the first pass can take where there is shared memory for them.
constexpr unsigned kMostUpperStages = 10;
/// Columns of one block of the second pass, which share its twiddles.
constexpr std::size_t kLineColumns = 8;
/// Blocks that keep a device busy.
constexpr std::size_t kEnoughBlocks = 2048;

std::size_t num_matrices(const StackedLayout& layout) {
  return layout.matrix_starts().size();
}

template <unsigned kLogRows>
void launch_upper_stages(Work& work, const MessageSource& source, const EncodeTarget& target,
                         bool in_place) {
  using Pass = FirstPass<kLogRows>;
  const std::size_t tiles = target.columns << target.log_height >> Pass::kLogValues;
  const std::size_t resident = std::max(1u, work.context.device.multiprocessors) * Pass::kBlocks;
  // A block that takes all cosets reads the message once; few tiles need more blocks than that.
  unsigned group = in_place ? target.cosets : std::min(target.cosets, Pass::kTwiddleSets);
  while (!in_place && group > 1 && tiles * (target.cosets / group) < resident) {
    group = (group + 1) / 2;
  }
  const unsigned groups = (target.cosets + group - 1) / group;
  const std::size_t blocks = std::min(tiles, (resident + groups - 1) / groups);
  const std::uint64_t values = std::uint64_t{target.columns} << target.log_height;
  Queue::raise_shared_limit(&encode_upper_stages<kLogRows>, Pass::kSharedBytes);
  work.queue.launch(
      &encode_upper_stages<kLogRows>,
      {dim3(static_cast<unsigned>(blocks), 1, groups), dim3(Pass::kThreads), Pass::kSharedBytes},
      (1 + target.cosets) * values * sizeof(Fp), source, target, group);
}

/// encode_upper_stages for `stages` of them.
template <unsigned kLogRows = 1>
void upper_stages(unsigned stages, Work& work, const MessageSource& source,
                  const EncodeTarget& target, bool in_place) {
  if (stages == kLogRows) {
    launch_upper_stages<kLogRows>(work, source, target, in_place);
  } else if constexpr (kLogRows < kMostUpperStages) {
    upper_stages<kLogRows + 1>(stages, work, source, target, in_place);
  }
}

/// The most stages, up to `stages`, that the first pass can take on the device.
template <unsigned kLogRows = kMostUpperStages>
unsigned fitting_upper_stages(const DeviceInfo& device, unsigned stages) {
  if constexpr (kLogRows == 1) {
    return 1;
  } else {
    const bool fits = FirstPass<kLogRows>::kSharedBytes <= device.shared_bytes_per_block;
    if (kLogRows <= stages && fits) return kLogRows;
    return fitting_upper_stages<kLogRows - 1>(device, stages);
  }
}

void short_columns(Queue& queue, const MessageSource& source, const EncodeTarget& target) {
  const std::uint64_t values = std::uint64_t{target.columns} << target.log_height;
  queue.launch(&encode_short,
               {dim3(target.cosets, static_cast<unsigned>(target.columns)), dim3(256),
                sizeof(Fp) << target.log_height},
               2 * target.cosets * values * sizeof(Fp), source, target);
}

/// The messages, in place of the first coset; a source that reads them there.
MessageSource messages_in_place(Queue& queue, const MessageSource& source,
                                const EncodeTarget& target) {
  constexpr unsigned kLogPart = kLogLongestLine;
  const std::uint64_t values = std::uint64_t{target.columns} << target.log_height;
  queue.launch(&gather_messages,
               {dim3(1u << (target.log_height - kLogPart), static_cast<unsigned>(target.columns)),
                dim3(256), sizeof(Fp) << kLogPart},
               2 * values * sizeof(Fp), source, target, kLogPart);
  MessageSource messages;
  messages.log_height = source.log_height;
  messages.column_stride = std::size_t{target.cosets} << target.log_height;
  // Kernels count columns from the first of the source.
  messages.values = target.out - target.first_column * messages.column_stride;
  return messages;
}

void long_columns(Work& work, MessageSource source, const EncodeTarget& target) {
  Queue& queue = work.queue;
  const bool in_place = source.l_skip > kLogHeldChunk;
  if (in_place) source = messages_in_place(queue, source, target);
  const unsigned stages = target.log_height - kLogLongestLine;
  const unsigned upper = fitting_upper_stages(work.context.device, stages);
  upper_stages(upper, work, source, target, in_place);
  const std::uint64_t bytes =
      (std::uint64_t{target.columns} * target.cosets << target.log_height) * sizeof(Fp);
  const auto columns = static_cast<unsigned>(target.columns);
  for (unsigned depth = upper; depth < stages; ++depth) {
    queue.launch(&encode_stage,
                 {dim3(target.cosets << (target.log_height - 9), columns), dim3(256)}, 2 * bytes,
                 target, depth);
  }
  const std::size_t lines = std::size_t{target.cosets} << stages;
  std::size_t group = std::min(kLineColumns, target.columns);
  while (group > 1 && lines * (target.columns / group) < kEnoughBlocks) group = (group + 1) / 2;
  const std::size_t groups = (target.columns + group - 1) / group;
  Queue::raise_shared_limit(&encode_lines, kLineSharedBytes);
  queue.launch(&encode_lines,
               {dim3(static_cast<unsigned>(lines), static_cast<unsigned>(groups)),
                dim3(kLineThreads), kLineSharedBytes},
               2 * bytes, target, static_cast<unsigned>(group));
}

}  // namespace

void append_runs(const StackedLayout& layout, std::span<const DeviceMatrix> matrices,
                 std::vector<StackedRun>& runs, std::vector<unsigned>& first_runs) {
  const unsigned log_height = layout.log_stacked_height();
  std::size_t cell = first_runs.size() << log_height;
  std::size_t run = runs.size();
  for (std::size_t m = 0; m < num_matrices(layout); ++m) {
    runs.push_back({.begin = cell, .end = cell, .values = matrices[m].values, .log_stride = 0});
    if (matrices[m].width == 0) continue;
    const StackedColumn& first = layout.column(m, 0);
    const unsigned log_length = layout.log_slice_length(first);
    runs.back().log_stride = log_length - first.log_height;
    cell = runs.back().end = cell + (matrices[m].width << log_length);
  }
  for (std::size_t column = 0; column < layout.width(); ++column) {
    while (runs[run].end <= first_runs.size() << log_height) ++run;
    first_runs.push_back(static_cast<unsigned>(run));
  }
}

std::size_t Encoder::table_bytes(const StackedLayout& layout) {
  return DeviceArena::bytes_of<StackedRun>(num_matrices(layout)) +
         DeviceArena::bytes_of<unsigned>(layout.width());
}

Encoder::Encoder(Work& work, const StackedLayout& layout, std::span<const DeviceMatrix> matrices,
                 unsigned log_blowup)
    : work_(work), width_(layout.width()), log_blowup_(log_blowup) {
  const unsigned log_height = layout.log_stacked_height();
  if (layout.l_skip() > kLogLongestLine) {
    throw misuse("cuda: l_skip " + std::to_string(layout.l_skip()) + " is above " +
                 std::to_string(kLogLongestLine));
  }
  std::vector<StackedRun> runs;
  std::vector<unsigned> first_runs;
  append_runs(layout, matrices, runs, first_runs);
  const auto device_runs = work.arena.take<StackedRun>(runs.size());
  const auto device_first_runs = work.arena.take<unsigned>(width_);
  work.queue.upload(device_runs, runs);
  work.queue.upload(device_first_runs, first_runs);
  source_.log_height = log_height;
  source_.l_skip = layout.l_skip();
  source_.runs = device_runs.data;
  source_.first_runs = device_first_runs.data;
  source_.num_runs = static_cast<unsigned>(runs.size());
}

Encoder::Encoder(Work& work, DeviceSpan<const Fp4> coefficients, unsigned log_blowup)
    : work_(work), width_(Fp4::kDegree), log_blowup_(log_blowup) {
  source_.log_height = static_cast<unsigned>(std::countr_zero(coefficients.size));
  source_.values = coefficients.data->c;
  source_.column_stride = 1;
  source_.stride = Fp4::kDegree;
}

void Encoder::encode(std::size_t first, std::size_t count, unsigned coset, unsigned num_cosets,
                     DeviceSpan<Fp> out) const {
  for (std::size_t start = 0; start < count; start += kMostColumns) {
    const EncodeTarget target{.log_height = source_.log_height,
                              .log_blowup = log_blowup_,
                              .first_coset = coset,
                              .cosets = num_cosets,
                              .first_column = first + start,
                              .columns = std::min(kMostColumns, count - start),
                              .out = out.data + (start * num_cosets << source_.log_height)};
    if (source_.log_height <= kLogLongestLine) {
      short_columns(work_.queue, source_, target);
    } else {
      long_columns(work_, source_, target);
    }
  }
}

}  // namespace gyre::cuda
