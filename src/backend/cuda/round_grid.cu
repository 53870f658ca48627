#include "backend/cuda/round_grid.h"

#include <algorithm>

namespace gyre::cuda {
namespace {

unsigned most_row_bits(std::span<const ConstraintShape> shapes) {
  unsigned n_max = 0;
  for (const ConstraintShape& shape : shapes) n_max = std::max(n_max, shape.n_lifted);
  return n_max;
}

/// Row bits of a trace in the last rounds.
unsigned bits_left(const ConstraintShape& shape, unsigned n_max) {
  const unsigned before = n_max - RoundGrid::kRounds;
  return shape.n_lifted > before ? shape.n_lifted - before : 0;
}

std::size_t num_points(unsigned degree, unsigned bits) {
  std::size_t points = 1;
  for (unsigned bit = 0; bit < bits; ++bit) points *= degree + 1;
  return points;
}

}  // namespace

void RoundTerms::add_items(std::size_t trace, ExtensionItem item,
                           std::vector<ExtensionItem>& items) const {
  const ConstraintShape& shape = shapes[trace];
  const std::vector<ProgramPiece>& pieces = shape.pieces->extension;
  item.uniforms = uniforms.of(trace);
  item.eq = eq.table(shape.n_lifted, item.log_pairs);
  item.num_tables = static_cast<std::uint32_t>(shape.num_tables);
  item.num_points = std::uint32_t{item.num_x} << item.log_pairs;
  item.block_points = static_cast<std::uint16_t>(block_points(item.num_points, pieces.size()));
  for (std::size_t p = 0; p < pieces.size(); ++p) {
    item.weights = weights[trace] + pieces[p].first_output;
    item.piece = shape.pieces->first_extension + static_cast<std::uint32_t>(p);
    item.first_block =
        items.empty() ? 0 : items.back().first_block + evaluation_blocks(items.back());
    items.push_back(item);
  }
}

struct RoundGrid::Sizes {
  Sizes(std::span<const ConstraintShape> shapes, unsigned degree) {
    const unsigned n_max = most_row_bits(shapes);
    for (const ConstraintShape& shape : shapes) {
      const unsigned bits = bits_left(shape, n_max);
      if (bits == 0) continue;
      values += shape.num_tables * num_points(degree, bits);
      totals += num_points(degree, bits) * kTotalWords;
      descriptors += Descriptors::words_of<ExtensionItem>(shape.pieces->extension.size()) +
                     Descriptors::words_of<GridPart>(1);
    }
  }
  std::size_t values = 1;  ///< and an entry after them
  std::size_t totals = 0, descriptors = 0;
};

bool RoundGrid::possible(const Context& context, std::span<const ConstraintShape> shapes) {
  const std::size_t degree = context.params.max_constraint_degree;
  const unsigned n_max = most_row_bits(shapes);
  return n_max >= kRounds && n_max <= TailOutput::kMostRounds &&
         context.constraint_tail >= kRounds && degree <= TailGrid::kMostDegree;
}

std::size_t RoundGrid::bytes(const Context& context, std::span<const ConstraintShape> shapes) {
  if (!possible(context, shapes)) return 0;
  const Sizes sizes(shapes, static_cast<unsigned>(context.params.max_constraint_degree));
  return DeviceArena::bytes_of<Fp4>(sizes.values) + DeviceArena::bytes_of<Total>(sizes.totals) +
         DeviceArena::bytes_of<std::uint64_t>(sizes.descriptors);
}

RoundGrid::RoundGrid(Work& work, const RoundTerms& terms)
    : work_(work),
      terms_(terms),
      degree_(static_cast<unsigned>(work.context.params.max_constraint_degree)) {
  const Sizes sizes(terms.shapes, degree_);
  values_ = work.arena.take<Fp4>(sizes.values);
  totals_ = work.arena.take<Total>(sizes.totals);
  descriptor_memory_ = work.arena.take<std::uint64_t>(sizes.descriptors);
}

void RoundGrid::prepare_beside(const Fp4* tables) {
  work_.queue.fill_zero_beside(values_.data + values_.size - 1, sizeof(Fp4));
  work_.queue.fill_zero_beside(totals_.data, totals_.size * sizeof(Total));
  tables_ = {.degree = degree_, .from = tables, .to = values_.data, .count = {}};
  const unsigned n_max = most_row_bits(terms_.shapes);
  std::size_t value = 0, total = 0;
  for (const std::size_t t : terms_.plan.order()) {
    const ConstraintShape& shape = terms_.shapes[t];
    const unsigned bits = bits_left(shape, n_max);
    if (bits == 0) break;  // so have those that follow
    const std::size_t points = num_points(degree_, bits);
    tables_.count[bits - 1] += static_cast<std::uint32_t>(shape.num_tables);
    if (!shape.pieces->extension.empty()) {
      ExtensionItem item{};
      item.tables = values_.data + value;
      item.totals = totals_.data + total;
      item.num_x = static_cast<std::uint16_t>(points);
      item.are_values = 1;
      terms_.add_items(t, item, items_);
      parts_.push_back({.constant = terms_.constants[t], .totals = item.totals, .bits = bits});
    }
    value += shape.num_tables * points;
    total += points * kTotalWords;
  }
  Descriptors descriptors(descriptor_memory_);
  device_items_ = descriptors.append(items_);
  device_parts_ = descriptors.append(parts_);
  descriptors.send_beside(work_.queue);
  prepared_ = true;
}

void RoundGrid::run(const TailStart& start, std::span<const Fp4> xi, TailOutput* output) const {
  if (!items_.empty()) {
    fill_grid(work_.queue, tables_);
    work_.context.evaluator->evaluate(work_.queue, items_, device_items_);
  }
  TailGrid grid(start);
  for (unsigned i = 0; i < kRounds; ++i) grid.coordinates[i] = TailCoordinate(xi[i]);
  grid.parts = device_parts_;
  grid.num_parts = static_cast<std::uint32_t>(parts_.size());
  launch_tail_grid(work_.queue, grid, output);
}

}  // namespace gyre::cuda
