#include "backend/cuda/constraint_rounds.h"

#include <algorithm>
#include <numeric>

#include "poly/kernels.h"

namespace gyre::cuda {

struct FoldedTraces::Sizes {
  explicit Sizes(std::span<const ConstraintShape> shapes) {
    std::size_t sums_once = 0;
    for (const ConstraintShape& shape : shapes) {
      const std::size_t pieces = shape.pieces->extension.size();
      const std::size_t columns = shape.air->columns.size() + shape.num_selectors;
      const unsigned n = shape.n_lifted;
      tables += shape.num_tables * shape.num_chunks();
      if (n > 1) folded += shape.num_tables * shape.num_chunks() / 2;
      weights += shape.air->all.nodes.size();
      sums_once += pieces * std::max<std::size_t>((shape.degree() + 1) * shape.num_chunks() / 2, 1);
      making +=
          Descriptors::words_of<FoldedColumn>(columns) + Descriptors::words_of<PrismFoldWork>(1);
      // Round 0 is that of the traces without row bits.
      rounds.resize(std::max<std::size_t>(rounds.size(), n + 1));
      totals.resize(rounds.size());
      for (unsigned round = n == 0 ? 0 : 1; round <= n; ++round) {
        rounds[round] += Descriptors::words_of<const Fp4*>(shape.num_inputs()) +
                         pieces * Descriptors::words_of<ExtensionItem>(1) +
                         Descriptors::words_of<RowSumWork>(1);
        totals[round] += (shape.degree() + 1) * kTotalWords;
      }
    }
    sums = sums_once;
    all_totals = std::accumulate(totals.begin(), totals.end(), std::size_t{0});
    descriptors = std::accumulate(rounds.begin(), rounds.end(), making);
  }
  std::size_t tables = 0, folded = 0, weights = 0, sums = 0, all_totals = 0, descriptors = 0;
  std::size_t making = 0;                   ///< descriptors of the tables
  std::vector<std::size_t> rounds, totals;  ///< descriptors and totals of each round
};

std::size_t FoldedTraces::bytes(std::span<const ConstraintShape> shapes) {
  const Sizes sizes(shapes);
  return DeviceArena::bytes_of<Fp4>(sizes.tables) + DeviceArena::bytes_of<Fp4>(sizes.folded) +
         DeviceArena::bytes_of<Fp4>(sizes.weights) + DeviceArena::bytes_of<Fp4>(sizes.sums) +
         DeviceArena::bytes_of<Total>(sizes.all_totals) +
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
      first_table_(shapes.size()),
      last_values_(shapes.size()),
      finished_(shapes.size()) {
  const Sizes sizes(shapes);
  place_tables();
  tables_[0] = work.arena.take<Fp4>(sizes.tables).data;
  tables_[1] = work.arena.take<Fp4>(sizes.folded).data;
  const auto device_weights = work.arena.take<Fp4>(sizes.weights);
  sums_ = work.arena.take<Fp4>(sizes.sums);
  totals_ = work.arena.take<Total>(sizes.all_totals);
  const auto descriptors = work.arena.take<std::uint64_t>(sizes.descriptors);
  make_tables(columns, Descriptors(descriptors.subspan(0, sizes.making)), r0);

  std::vector<Fp4> host_weights;
  for (std::size_t t = 0; t < shapes.size(); ++t) {
    const RoundWeights w(*shapes[t].air, input.traces[t].air->symbolic, weights[t],
                         input.interaction_weights[t], input.beta, input.lambda);
    weights_.push_back(device_weights.data + host_weights.size());
    host_weights.insert(host_weights.end(), w.outputs.begin(), w.outputs.end());
    constants_.push_back(w.constant);
  }
  work.queue.upload(device_weights, host_weights);
  work.queue.fill_zero(totals_.data, totals_.size * sizeof(Total));
  std::size_t used = sizes.making, total = 0;
  rounds_.resize(sizes.rounds.size());
  for (unsigned round = 0; round < rounds_.size(); ++round) {
    rounds_[round].descriptors = descriptors.subspan(used, sizes.rounds[round]);
    rounds_[round].first_total = total;
    used += sizes.rounds[round];
    total += sizes.totals[round];
    make_round(round, 1);
  }
}

void FoldedTraces::place_tables() {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    return shapes_[a].n_lifted > shapes_[b].n_lifted;
  });
  std::size_t place = 0;
  for (const std::size_t t : order_) {
    first_table_[t] = place;
    place += shapes_[t].num_tables * shapes_[t].num_chunks();
  }
}

/// Those of a trace stand in the order of the inputs that are not uniform. All sizes before them
/// are halved by a fold, as the traces before are no shorter.
std::vector<const Fp4*> FoldedTraces::table_places(std::size_t trace, unsigned folds) const {
  const ConstraintShape& shape = shapes_[trace];
  const Fp4* place = tables_[folds % 2] + (first_table_[trace] >> folds);
  std::vector<const Fp4*> places;
  for (const ProgramInput& input : shape.air->inputs.inputs) {
    places.push_back(input.uniform() ? nullptr : place);
    if (!input.uniform()) place += shape.num_chunks() >> folds;
  }
  return places;
}

void FoldedTraces::make_tables(std::span<const TraceColumns> columns, Descriptors descriptors,
                               const Fp4& r0) {
  std::vector<PrismFoldWork> folds;
  std::uint32_t blocks = 0;
  for (const std::size_t t : order_) {
    const ConstraintShape& shape = shapes_[t];
    const std::vector<const Fp4*> places = table_places(t, 0);
    const auto place = [&](std::uint32_t input) {
      return input == InputTable::kNoInput ? nullptr : tables_[0] + (places[input] - tables_[0]);
    };
    std::vector<FoldedColumn> folded;
    for_each_column(*shape.air, columns[t],
                    [&](const PrismColumn& column, std::uint32_t local, std::uint32_t next) {
                      folded.push_back({column, place(local), place(next)});
                    });
    if (folded.empty()) continue;
    PrismFoldWork& fold = folds.emplace_back();
    fold.columns = descriptors.append(folded);
    fold.num_columns = static_cast<std::uint32_t>(folded.size());
    fold.range = {0, static_cast<std::uint32_t>(shape.num_chunks()), shape.log_height};
    fold.first_block = blocks;
    blocks += fold.range.blocks(fold.num_columns);
  }
  if (folds.empty()) return;
  const PrismFoldWork* const device_folds = descriptors.append(folds);
  descriptors.send(work_.queue);
  const unsigned l_skip = shapes_.front().l_skip;
  fold_columns(work_.queue, l_skip, folds, device_folds, SkipWeights(l_skip, r0));
}

void FoldedTraces::make_round(unsigned round, unsigned first) {
  Round& r = rounds_[round];
  r.first = first;
  r.num_totals = 0;
  r.items.clear();
  r.row_sums.clear();
  r.parts.clear();
  Descriptors descriptors(r.descriptors);
  Fp4* sums = sums_.data;
  for (const std::size_t t : order_) {
    const unsigned n = shapes_[t].n_lifted;
    if (round == 0 ? n == 0 : n >= round) add_to_round(round, t, descriptors, sums);
  }
  r.device_items = descriptors.append(r.items);
  r.device_row_sums = descriptors.append(r.row_sums);
  descriptors.send(work_.queue);
}

/// In its last round a trace gets as many values as determine its polynomial in X.
void FoldedTraces::add_to_round(unsigned round, std::size_t trace, Descriptors& descriptors,
                                Fp4*& sums) {
  Round& r = rounds_[round];
  const ConstraintShape& shape = shapes_[trace];
  const AirPieces& pieces = *shape.pieces;
  const bool last = shape.n_lifted == round;
  const std::size_t determined = shape.degree() + 1;
  std::size_t count = round == 0 ? 1
                      : last     ? determined
                                 : std::min(num_values(r.first), determined);
  if (pieces.extension.empty()) count = 0;
  r.parts.push_back({trace, count});
  if (count == 0) return;
  const unsigned log_pairs = round == 0 ? 0 : shape.n_lifted - round;
  const auto num_points = static_cast<std::uint32_t>(count << log_pairs);
  r.row_sums.push_back(
      {.parts = sums,
       .eq = eq_.table(shape.n_lifted, log_pairs),
       .totals = totals_.data + r.first_total + r.num_totals,
       .num_parts = static_cast<std::uint32_t>(pieces.extension.size()),
       .num_points = num_points,
       .log_plane = log_pairs,
       .log_chunk = 0,
       .first_block =
           r.row_sums.empty() ? 0 : r.row_sums.back().first_block + r.row_sums.back().blocks()});
  r.num_totals += count * kTotalWords;
  const Fp4* const* const tables =
      descriptors.append(table_places(trace, round == 0 ? 0 : round - 1));
  for (std::size_t p = 0; p < pieces.extension.size(); ++p) {
    const std::uint32_t first_block =
        r.items.empty() ? 0
                        : r.items.back().first_block + evaluation_blocks(r.items.back().num_points);
    r.items.push_back({.tables = tables,
                       .uniforms = uniforms_.of(trace),
                       .weights = weights_[trace] + pieces.extension[p].first_output,
                       .sums = sums,
                       .num_points = num_points,
                       .first_block = first_block,
                       .piece = pieces.first_extension + static_cast<std::uint32_t>(p),
                       .log_pairs = static_cast<std::uint8_t>(log_pairs),
                       .first_x = static_cast<std::uint8_t>(r.first),
                       .single = static_cast<std::uint8_t>(round == 0 ? 1 : 0),
                       .unused = 0});
    sums += num_points;
  }
}

/// Values of each part, with the bus terms.
std::vector<std::vector<Fp4>> FoldedTraces::run(const Round& round) {
  std::vector<Total> words;
  if (!round.items.empty()) {
    work_.context.evaluator->evaluate(work_.queue, round.items, round.device_items);
    add_row_sums(work_.queue, round.row_sums, round.device_row_sums);
    words = work_.queue.download(totals_.subspan(round.first_total, round.num_totals));
  }
  std::vector<std::vector<Fp4>> result;
  const Total* next = words.data();
  for (const Round::Part& part : round.parts) {
    std::vector<Fp4>& values = result.emplace_back();
    for (std::size_t x = 0; x < part.count; ++x, next += kTotalWords) {
      values.push_back(constants_[part.trace] + from_total(next));
    }
    if (part.count == 0) values.push_back(constants_[part.trace]);
  }
  return result;
}

/// The sums of a trace are polynomials of the AIR's degree: values beyond that follow from the
/// first ones.
std::vector<Fp4> FoldedTraces::round(unsigned first) {
  ++round_;
  if (rounds_[round_].first != first) make_round(round_, first);
  const Round& round = rounds_[round_];
  const std::vector<std::vector<Fp4>> parts = run(round);
  std::vector<Fp4> values(num_values(first));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::size_t x = 0; x < values.size(); ++x) {
      values[x] +=
          x < parts[i].size() ? parts[i][x] : interpolate_at(parts[i], Fp4(Fp::from_uint64(x)));
    }
    const std::size_t trace = round.parts[i].trace;
    if (shapes_[trace].n_lifted == round_) last_values_[trace] = parts[i];
  }
  return values;
}

void FoldedTraces::fold(const Fp4& challenge) {
  const Fp4 from_first = challenge - Fp::from_canonical(rounds_[round_].first);
  std::size_t entries = 0;  // of the traces that have more row bits
  for (std::size_t t = 0; t < shapes_.size(); ++t) {
    const unsigned n = shapes_[t].n_lifted;
    if (n == round_) finished_[t] = interpolate_at(last_values_[t], from_first);
    if (n > round_) entries += shapes_[t].num_tables * (shapes_[t].num_chunks() >> round_);
  }
  fold_pairs(work_.queue, tables_[(round_ - 1) % 2], challenge, entries, tables_[round_ % 2]);
}

Fp4 FoldedTraces::value(std::size_t trace) {
  if (!finished_[trace]) {
    const std::vector<std::vector<Fp4>> values = run(rounds_[0]);
    for (std::size_t i = 0; i < values.size(); ++i) {
      finished_[rounds_[0].parts[i].trace] = values[i].front();
    }
  }
  return finished_[trace].value();
}

}  // namespace gyre::cuda
