#include <algorithm>

#include "backend/cuda/constraint_rounds.h"

namespace gyre::cuda {
namespace {

/// Columns of a trace's parts, the preprocessed one first.
std::vector<DeviceMatrix> parts_of(const TraceColumns& columns) {
  std::vector<DeviceMatrix> parts;
  if (columns.preprocessed().width > 0) parts.push_back(columns.preprocessed());
  for (const DeviceMatrix& part : columns.main_parts()) parts.push_back(part);
  return parts;
}

std::size_t num_columns(const AirVerifyingKey& air) {
  std::size_t count = air.width.common_main + air.width.preprocessed.value_or(0);
  for (const std::uint32_t width : air.width.cached_mains) count += width;
  return count;
}

unsigned most_row_bits(std::span<const ConstraintShape> shapes) {
  unsigned bits = 0;
  for (const ConstraintShape& shape : shapes) bits = std::max(bits, shape.n_lifted);
  return bits;
}

/// Descriptors and totals of the openings.
struct OpeningSizes {
  void add(const AirVerifyingKey& air) {
    const std::size_t parts = 2 + air.width.cached_mains.size();
    descriptors += parts * Descriptors::words_of<OpeningWork>(1);
    totals += num_columns(air) * air.openings_per_column() * kTotalWords;
  }
  std::size_t bytes(unsigned row_bits) const {
    return DeviceArena::bytes_of<Fp4>(row_bits) +
           DeviceArena::bytes_of<Fp4>(eq_tables_size(row_bits)) +
           DeviceArena::bytes_of<Total>(totals) + DeviceArena::bytes_of<std::uint64_t>(descriptors);
  }
  std::size_t descriptors = 0, totals = 0;
};

/// Preprocessed columns, cached mains, common main, one after another, to the parts of the proof.
std::vector<std::vector<Fp4>> in_proof_order(const AirVerifyingKey& air,
                                             std::span<const Fp4> openings) {
  const std::size_t offsets = air.openings_per_column();
  std::vector<std::vector<Fp4>> parts(1);
  const auto take = [&](std::size_t width) {
    const auto part = openings.first(width * offsets);
    openings = openings.subspan(part.size());
    return std::vector<Fp4>(part.begin(), part.end());
  };
  if (air.width.preprocessed) parts.push_back(take(*air.width.preprocessed));
  for (const std::uint32_t width : air.width.cached_mains) parts.push_back(take(width));
  parts[0] = take(air.width.common_main);
  return parts;
}

}  // namespace

std::vector<std::vector<std::vector<Fp4>>> open_columns(
    Work& work, std::span<const ConstraintShape> shapes, const ConstraintSumcheckInput& input,
    std::span<const TraceColumns> columns, const Fp4& r0, std::span<const Fp4> challenges) {
  if (shapes.empty()) return {};
  const DeviceArena::Scope scope(work.arena);
  const unsigned l_skip = shapes.front().l_skip, row_bits = most_row_bits(shapes);
  OpeningSizes sizes;
  for (const TraceInput& trace : input.traces) sizes.add(*trace.air);
  const auto point = work.arena.take<Fp4>(row_bits);
  const auto eq = work.arena.take<Fp4>(eq_tables_size(row_bits));
  const auto totals = work.arena.take<Total>(sizes.totals);
  Descriptors descriptors(work.arena.take<std::uint64_t>(sizes.descriptors));
  work.queue.upload(point, challenges.first(row_bits));
  fill_eq_tables(work.queue, point, EqCoordinates::kFirst, eq.data);
  work.queue.fill_zero(totals.data, totals.size * sizeof(Total));

  std::vector<OpeningWork> openings;
  std::uint32_t blocks = 0;
  std::size_t total = 0;
  for (std::size_t t = 0; t < shapes.size(); ++t) {
    const auto offsets = static_cast<std::uint32_t>(input.traces[t].air->openings_per_column());
    for (const DeviceMatrix& part : parts_of(columns[t])) {
      if (part.width == 0) continue;
      OpeningWork& opening = openings.emplace_back();
      opening.values = part.values;
      opening.num_columns = static_cast<std::uint32_t>(part.width);
      opening.offsets = offsets;
      opening.eq = eq.data + shapes[t].num_chunks();
      opening.totals = totals.data + total;
      opening.range = {0, static_cast<std::uint32_t>(shapes[t].num_chunks()), shapes[t].log_height};
      opening.first_block = blocks;
      blocks += opening.blocks();
      total += part.width * offsets * kTotalWords;
    }
  }
  const OpeningWork* const device_openings = descriptors.append(openings);
  descriptors.send(work.queue);
  add_openings(work.queue, l_skip, openings, device_openings, SkipWeights(l_skip, r0));
  const std::vector<Total> words = work.queue.download(totals);

  std::vector<std::vector<std::vector<Fp4>>> result;
  const Total* next = words.data();
  for (const TraceInput& trace : input.traces) {
    std::vector<Fp4> values;
    const std::size_t count = num_columns(*trace.air) * trace.air->openings_per_column();
    for (std::size_t i = 0; i < count; ++i, next += kTotalWords) values.push_back(from_total(next));
    result.push_back(in_proof_order(*trace.air, values));
  }
  return result;
}

std::size_t opening_bytes(std::span<const ConstraintShape> shapes, const Workload& workload) {
  OpeningSizes sizes;
  for (const Workload::Trace& trace : workload.traces) sizes.add(*trace.air);
  return sizes.bytes(most_row_bits(shapes));
}

}  // namespace gyre::cuda
