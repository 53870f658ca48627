#include "backend/cuda/constraint_rounds.h"

#include <algorithm>
#include <numeric>

#include "poly/kernels.h"

namespace gyre::cuda {

struct FoldedTraces::Sizes {
  explicit Sizes(std::span<const ConstraintShape> shapes) {
    std::size_t making = 0, evaluating = 0;
    for (const ConstraintShape& shape : shapes) {
      const std::size_t pieces = shape.pieces->extension.size();
      const std::size_t columns = shape.air->columns.size() + shape.num_selectors;
      tables += shape.num_tables * shape.num_chunks();
      if (shape.n_lifted > 0) folded += shape.num_tables * shape.num_chunks() / 2;
      weights += shape.air->all.nodes.size();
      sums += pieces * std::max<std::size_t>((shape.degree() + 1) * shape.num_chunks() / 2, 1);
      totals += (shape.degree() + 1) * kTotalWords;
      making +=
          Descriptors::words_of<FoldedColumn>(columns) + Descriptors::words_of<PrismFoldWork>(1);
      evaluating += Descriptors::words_of<const Fp4*>(shape.num_inputs()) +
                    pieces * Descriptors::words_of<ExtensionItem>(1) +
                    Descriptors::words_of<RowSumWork>(1);
    }
    descriptors = std::max(making, evaluating);
  }
  std::size_t tables = 0, folded = 0, weights = 0, sums = 0, totals = 0, descriptors = 0;
};

std::size_t FoldedTraces::bytes(std::span<const ConstraintShape> shapes) {
  const Sizes sizes(shapes);
  return DeviceArena::bytes_of<Fp4>(sizes.tables) + DeviceArena::bytes_of<Fp4>(sizes.folded) +
         DeviceArena::bytes_of<Fp4>(sizes.weights) + DeviceArena::bytes_of<Fp4>(sizes.sums) +
         DeviceArena::bytes_of<Total>(sizes.totals) +
         DeviceArena::bytes_of<std::uint64_t>(sizes.descriptors);
}

FoldedTraces::FoldedTraces(Work& work, std::span<const ConstraintShape> shapes,
                           const ConstraintSumcheckInput& input,
                           std::span<const TraceColumns> columns, const RowEq& eq,
                           const UniformValues& uniforms, const Fp4& r0,
                           std::span<const TraceWeights> weights)
    : work_(work),
      shapes_(shapes),
      eq_(eq),
      uniforms_(uniforms),
      order_(shapes.size()),
      tables_(shapes.size()),
      finished_(shapes.size()) {
  const Sizes sizes(shapes);
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    return shapes[a].n_lifted > shapes[b].n_lifted;
  });
  now_ = work.arena.take<Fp4>(sizes.tables).data;
  other_ = work.arena.take<Fp4>(sizes.folded).data;
  const auto device_weights = work.arena.take<Fp4>(sizes.weights);
  sums_ = work.arena.take<Fp4>(sizes.sums);
  totals_ = work.arena.take<Total>(sizes.totals);
  descriptors_ = Descriptors(work.arena.take<std::uint64_t>(sizes.descriptors));

  std::vector<Fp4> host_weights;
  for (std::size_t t = 0; t < shapes.size(); ++t) {
    const RoundWeights w(*shapes[t].air, input.traces[t].air->symbolic, weights[t],
                         input.interaction_weights[t], input.beta, input.lambda);
    weights_.push_back(device_weights.data + host_weights.size());
    host_weights.insert(host_weights.end(), w.outputs.begin(), w.outputs.end());
    constants_.push_back(w.constant);
  }
  work.queue.upload(device_weights, host_weights);
  make_tables(columns, r0);
}

void FoldedTraces::make_tables(std::span<const TraceColumns> columns, const Fp4& r0) {
  std::vector<PrismFoldWork> folds;
  std::uint32_t blocks = 0;
  Fp4* place = now_;
  for (const std::size_t t : order_) {
    const ConstraintShape& shape = shapes_[t];
    tables_[t] = place;
    // Tables stand in the order of the inputs that are not uniform.
    std::vector<Fp4*> of_input;
    for (const ProgramInput& input : shape.air->inputs.inputs) {
      of_input.push_back(place);
      if (!input.uniform()) place += shape.num_chunks();
    }
    std::vector<FoldedColumn> folded;
    for_each_column(*shape.air, columns[t],
                    [&](const PrismColumn& column, std::uint32_t local, std::uint32_t next) {
                      FoldedColumn& f = folded.emplace_back();
                      f.column = column;
                      if (local != InputTable::kNoInput) f.table = of_input[local];
                      if (next != InputTable::kNoInput) f.rotated_table = of_input[next];
                    });
    if (folded.empty()) continue;
    PrismFoldWork& fold = folds.emplace_back();
    fold.columns = descriptors_.append(folded);
    fold.num_columns = static_cast<std::uint32_t>(folded.size());
    fold.range = {0, static_cast<std::uint32_t>(shape.num_chunks()), shape.log_height};
    fold.first_block = blocks;
    blocks += fold.range.blocks(fold.num_columns);
  }
  const PrismFoldWork* const device_folds = descriptors_.append(folds);
  descriptors_.send(work_.queue);
  if (shapes_.empty()) return;
  const unsigned l_skip = shapes_.front().l_skip;
  fold_columns(work_.queue, l_skip, folds, device_folds, SkipWeights(l_skip, r0));
}

std::vector<const Fp4*> FoldedTraces::table_places(std::size_t trace) const {
  const ConstraintShape& shape = shapes_[trace];
  const std::size_t size = shape.num_chunks() >> std::min(folds_, shape.n_lifted);
  std::vector<const Fp4*> places;
  const Fp4* place = tables_[trace];
  for (const ProgramInput& input : shape.air->inputs.inputs) {
    places.push_back(input.uniform() ? nullptr : place);
    if (!input.uniform()) place += size;
  }
  return places;
}

/// Items for all pieces of a trace, each like `shape` but for the piece and where its sums go.
void FoldedTraces::add_items(std::size_t trace, const ExtensionItem& shape,
                             std::vector<ExtensionItem>& items) {
  const AirPieces& pieces = *shapes_[trace].pieces;
  ExtensionItem item = shape;
  item.tables = descriptors_.append(table_places(trace));
  item.uniforms = uniforms_.of(trace);
  for (std::size_t p = 0; p < pieces.extension.size(); ++p) {
    item.weights = weights_[trace] + pieces.extension[p].first_output;
    item.piece = pieces.first_extension + static_cast<std::uint32_t>(p);
    item.first_block =
        items.empty() ? 0 : items.back().first_block + evaluation_blocks(items.back().num_points);
    items.push_back(item);
    item.sums += item.num_points;
  }
}

/// The sums of a trace are polynomials of the AIR's degree: values beyond that follow from the
/// first ones.
std::vector<Fp4> FoldedTraces::round(unsigned first) {
  ++round_;
  const std::size_t num_values = work_.context.params.max_constraint_degree + 1 - first;
  std::vector<ExtensionItem> items;
  std::vector<RowSumWork> row_sums;
  std::vector<std::size_t> traces, counts;
  Fp4* sums = sums_.data;
  std::size_t total = 0;
  std::uint32_t blocks = 0;
  for (const std::size_t t : order_) {
    const ConstraintShape& shape = shapes_[t];
    const std::size_t pieces = shape.pieces->extension.size();
    if (!running(t)) continue;
    const std::size_t count = pieces == 0 ? 0 : std::min(num_values, shape.degree() + 1);
    traces.push_back(t);
    counts.push_back(count);
    if (pieces == 0) continue;
    const unsigned log_pairs = shape.n_lifted - round_;
    const auto num_points = static_cast<std::uint32_t>(count << log_pairs);
    add_items(t,
              {.tables = nullptr,
               .uniforms = nullptr,
               .weights = nullptr,
               .sums = sums,
               .num_points = num_points,
               .first_block = 0,
               .piece = 0,
               .log_pairs = static_cast<std::uint8_t>(log_pairs),
               .first_x = static_cast<std::uint8_t>(first),
               .single = 0,
               .unused = 0},
              items);
    row_sums.push_back({.parts = sums,
                        .eq = eq_.table(shape.n_lifted, log_pairs),
                        .totals = totals_.data + total,
                        .num_parts = static_cast<std::uint32_t>(pieces),
                        .num_points = num_points,
                        .log_plane = log_pairs,
                        .log_chunk = 0,
                        .first_block = blocks});
    blocks += row_sums.back().blocks();
    sums += pieces * num_points;
    total += count * kTotalWords;
  }
  const ExtensionItem* const device_items = descriptors_.append(items);
  const RowSumWork* const device_sums = descriptors_.append(row_sums);
  descriptors_.send(work_.queue);
  work_.queue.fill_zero(totals_.data, total * sizeof(Total));
  work_.context.evaluator->evaluate(work_.queue, items, device_items);
  add_row_sums(work_.queue, row_sums, device_sums);
  const std::vector<Total> words = work_.queue.download(totals_.subspan(0, total));

  std::vector<Fp4> values(num_values);
  const Total* next = words.data();
  for (std::size_t i = 0; i < traces.size(); ++i) {
    std::vector<Fp4> trace_values;
    for (std::size_t x = 0; x < counts[i]; ++x, next += kTotalWords) {
      trace_values.push_back(from_total(next));
    }
    for (std::size_t x = 0; x < num_values; ++x) {
      values[x] += constants_[traces[i]];
      if (counts[i] == 0) continue;
      values[x] +=
          x < counts[i] ? trace_values[x] : interpolate_at(trace_values, Fp4(Fp::from_uint64(x)));
    }
  }
  return values;
}

void FoldedTraces::fold(const Fp4& challenge) {
  Fp4* to = other_;
  for (const std::size_t t : order_) {
    if (!running(t)) break;
    tables_[t] = to;
    to += shapes_[t].num_tables * (shapes_[t].num_chunks() >> (folds_ + 1));
  }
  fold_pairs(work_.queue, now_, challenge, static_cast<std::size_t>(to - other_), other_);
  std::swap(now_, other_);
  ++folds_;
}

/// Evaluates all traces that have come to a single entry since it was called last.
void FoldedTraces::evaluate_finished() {
  std::vector<ExtensionItem> items;
  std::vector<std::size_t> traces;
  Fp4* sums = sums_.data;
  for (const std::size_t t : order_) {
    if (shapes_[t].n_lifted > folds_ || finished_[t].has_value()) continue;
    traces.push_back(t);
    if (shapes_[t].pieces->extension.empty()) continue;
    add_items(t,
              {.tables = nullptr,
               .uniforms = nullptr,
               .weights = nullptr,
               .sums = sums,
               .num_points = 1,
               .first_block = 0,
               .piece = 0,
               .log_pairs = 0,
               .first_x = 0,
               .single = 1,
               .unused = 0},
              items);
    sums += shapes_[t].pieces->extension.size();
  }
  const ExtensionItem* const device_items = descriptors_.append(items);
  descriptors_.send(work_.queue);
  work_.context.evaluator->evaluate(work_.queue, items, device_items);
  const std::vector<Fp4> values =
      work_.queue.download(sums_.subspan(0, static_cast<std::size_t>(sums - sums_.data)));
  const Fp4* next = values.data();
  for (const std::size_t t : traces) {
    Fp4 sum = constants_[t];
    for (std::size_t p = 0; p < shapes_[t].pieces->extension.size(); ++p) sum += *next++;
    finished_[t] = sum;
  }
}

Fp4 FoldedTraces::value(std::size_t trace) {
  if (!finished_[trace]) evaluate_finished();
  return finished_[trace].value();
}

}  // namespace gyre::cuda
