#include "backend/cuda/constraint_rounds.h"

#include <algorithm>
#include <numeric>

#include "poly/kernels.h"

namespace gyre::cuda {

namespace {

/// The first fold puts its values before those that it reads, into memory that overlaps theirs: a
/// launch reads nothing that it writes, as values [a, b) come from [2a, 2b) and go `gap` entries
/// lower, b <= 2a + gap. Four launches do for a gap of a 15th of the values.
std::size_t fold_gap(std::size_t values) {
  constexpr std::size_t kOneLaunch = std::size_t{1} << 13;
  return values <= kOneLaunch ? values : (values + 14) / 15;
}

}  // namespace

struct FoldedTraces::Sizes {
  explicit Sizes(std::span<const ConstraintShape> shapes) {
    for (const ConstraintShape& shape : shapes) {
      const std::size_t pieces = shape.pieces->extension.size();
      const unsigned n = shape.n_lifted;
      tables += shape.num_tables * shape.num_chunks();
      if (n > 1) folded += shape.num_tables * shape.num_chunks() / 2;
      weights += shape.air->all.nodes.size();
      // Round 0 is that of the traces without row bits.
      rounds.resize(std::max<std::size_t>(rounds.size(), n + 1));
      totals.resize(rounds.size());
      for (unsigned round = n == 0 ? 0 : 1; round <= n; ++round) {
        rounds[round] +=
            pieces * Descriptors::words_of<ExtensionItem>(1) + Descriptors::words_of<RoundPart>(1);
        totals[round] += (shape.degree() + 1) * kTotalWords;
      }
    }
    all_totals = std::accumulate(totals.begin(), totals.end(), std::size_t{0});
    gap = fold_gap(folded);
    descriptors = std::accumulate(rounds.begin(), rounds.end(), std::size_t{0});
    ++tables;  // for the entry after them
  }
  std::size_t tables = 0, folded = 0, gap = 0, weights = 0, all_totals = 0, descriptors = 0;
  std::vector<std::size_t> rounds{0}, totals{0};  ///< descriptors and totals of each round
};

std::size_t FoldedTraces::bytes(const Context& context, std::span<const ConstraintShape> shapes) {
  const Sizes sizes(shapes);
  return DeviceArena::bytes_of<Fp4>(sizes.gap + sizes.tables) +
         DeviceArena::bytes_of<Fp4>(sizes.weights) +
         DeviceArena::bytes_of<Total>(sizes.all_totals) + DeviceArena::bytes_of<TailOutput>(1) +
         DeviceArena::bytes_of<std::uint64_t>(sizes.descriptors) +
         RoundGrid::bytes(context, shapes);
}

FoldedTraces::FoldedTraces(Work& work, std::span<const ConstraintShape> shapes,
                           const ConstraintSumcheckInput& input, const PrismFoldPlan& plan,
                           const RowEq& eq, const UniformValues& uniforms, const Fp4& r0,
                           std::span<const TraceWeights> weights)
    : work_(work),
      terms_{.shapes = shapes,
             .plan = plan,
             .eq = eq,
             .uniforms = uniforms,
             .weights = {},
             .constants = {}},
      xi_(std::span(input.xi).subspan(work.context.l_skip())),
      last_values_(shapes.size()),
      finished_(shapes.size()) {
  const Sizes sizes(shapes);
  tables_ = work.arena.take<Fp4>(sizes.gap + sizes.tables).data;
  folded_ = sizes.folded;
  const auto device_weights = work.arena.take<Fp4>(sizes.weights);
  totals_ = work.arena.take<Total>(sizes.all_totals);
  const auto tail = work.arena.take<TailOutput>(1);
  tail_ = tail.data;
  round_descriptors_ = work.arena.take<std::uint64_t>(sizes.descriptors);
  const std::size_t num_rounds = sizes.rounds.size() - 1;
  if (RoundGrid::possible(work.context, shapes)) {
    grid_.emplace(work, terms_);
    by_grid_ = no_ones(num_rounds - RoundGrid::kRounds, num_rounds);
  }
  work.queue.begin_copies();
  plan.run(work.queue, SkipWeights(work.context.l_skip(), r0), tables_after(0));

  std::vector<Fp4> host_weights;
  for (std::size_t t = 0; t < shapes.size(); ++t) {
    const RoundWeights w(*shapes[t].air, input.traces[t].air->symbolic, weights[t],
                         input.interaction_weights[t], input.beta, input.lambda);
    terms_.weights.push_back(device_weights.data + host_weights.size());
    host_weights.insert(host_weights.end(), w.outputs.begin(), w.outputs.end());
    terms_.constants.push_back(w.constant);
  }
  work.queue.fill_zero_beside(tables_ + sizes.gap + sizes.tables - 1, sizeof(Fp4));
  work.queue.fill_zero_beside(totals_.data, totals_.size * sizeof(Total));
  work.queue.fill_zero_beside(tail_, sizeof(TailOutput));
  work.queue.upload_beside(device_weights, host_weights);
  rounds_.resize(sizes.rounds.size());
  std::size_t total = 0;
  for (std::size_t round = 0; round < rounds_.size(); ++round) {
    rounds_[round].first_total = total;
    total += sizes.totals[round];
  }
  make_rounds(std::min(2u, all_rounds()));
}

/// The rounds that are not made yet, below `end`, in one copy, and the grid after the last one
/// before it. The first are made while the device makes the tables, the others while it is at work
/// on the first.
void FoldedTraces::make_rounds(unsigned end) {
  Descriptors descriptors(round_descriptors_);
  for (; made_ < end; ++made_) {
    const std::size_t before = descriptors.size();
    make_round(made_, 1, descriptors);
    rounds_[made_].descriptors = round_descriptors_.subspan(before, descriptors.size() - before);
  }
  round_descriptors_ =
      round_descriptors_.subspan(descriptors.size(), round_descriptors_.size - descriptors.size());
  descriptors.send_beside(work_.queue);
  if (by_grid_ && end >= grid_round() && !grid_->prepared()) {
    grid_->prepare_beside(tables_after(grid_round() - 1));
  }
  work_.queue.finish_copies();
}

/// Of the next round, which is begun. Those that the grid could make are made when they are asked
/// for after all.
const FoldedTraces::Round& FoldedTraces::begin_round() {
  ++round_;
  if (round_ == made_) make_rounds(by_grid_ && round_ < grid_round() ? grid_round() : all_rounds());
  return rounds_[round_];
}

/// The first fold moves the tables to the beginning of the memory, the next ones to and fro between
/// the room behind them and there.
Fp4* FoldedTraces::tables_after(unsigned folds) const {
  if (folds == 0) return tables_ + fold_gap(folded_);
  return folds % 2 == 1 ? tables_ : tables_ + folded_;
}

/// Those of a trace stand in the order of the inputs that are not uniform. All sizes before them
/// are halved by a fold, as the traces before are no shorter.
const Fp4* FoldedTraces::tables_of(std::size_t trace, unsigned folds) const {
  return tables_after(folds) + (terms_.plan.first_table(trace) >> folds);
}

void FoldedTraces::make_round(unsigned round, unsigned first, Descriptors& descriptors) {
  Round& r = rounds_[round];
  r.first = first;
  r.num_totals = 0;
  r.items.clear();
  r.parts.clear();
  r.traces.clear();
  for (const std::size_t t : terms_.plan.order()) {
    const unsigned n = terms_.shapes[t].n_lifted;
    if (round == 0 ? n == 0 : n >= round) add_to_round(round, t);
  }
  r.device_items = descriptors.append(r.items);
  r.device_parts = descriptors.append(r.parts);
}

/// In its last round a trace gets as many values as determine its polynomial in X.
void FoldedTraces::add_to_round(unsigned round, std::size_t trace) {
  Round& r = rounds_[round];
  const ConstraintShape& shape = terms_.shapes[trace];
  const bool last = shape.n_lifted == round;
  const std::size_t determined = shape.degree() + 1;
  std::size_t count = round == 0 ? 1
                      : last     ? determined
                                 : std::min(num_values(r.first), determined);
  if (shape.pieces->extension.empty()) count = 0;
  r.traces.push_back(trace);
  r.parts.push_back({.constant = terms_.constants[trace],
                     .totals = totals_.data + r.first_total + r.num_totals,
                     .count = static_cast<std::uint32_t>(count),
                     .last = last ? 1u : 0u});
  if (count == 0) return;
  ExtensionItem item{};
  item.tables = tables_of(trace, round == 0 ? 0 : round - 1);
  item.totals = totals_.data + r.first_total + r.num_totals;
  item.log_pairs = static_cast<std::uint8_t>(round == 0 ? 0 : shape.n_lifted - round);
  item.first_x = static_cast<std::uint8_t>(round == 0 ? 0 : r.first);
  item.num_x = static_cast<std::uint16_t>(count);
  item.are_values = round == 0 ? 1 : 0;
  terms_.add_items(trace, item, r.items);
  r.num_totals += count * kTotalWords;
}

void FoldedTraces::launch_sums(const Round& round) {
  if (round.items.empty()) return;
  work_.context.evaluator->evaluate(work_.queue, round.items, round.device_items);
}

/// Values of each part, with the bus terms.
std::vector<std::vector<Fp4>> FoldedTraces::run(const Round& round) {
  launch_sums(round);
  std::vector<Total> words;
  if (!round.items.empty()) {
    words = work_.queue.download(totals_.subspan(round.first_total, round.num_totals));
  }
  std::vector<std::vector<Fp4>> result;
  const Total* next = words.data();
  for (const RoundPart& part : round.parts) {
    std::vector<Fp4>& values = result.emplace_back();
    for (std::size_t x = 0; x < part.count; ++x, next += kTotalWords) {
      values.push_back(part.constant + reduced(next));
    }
    if (part.count == 0) values.push_back(part.constant);
  }
  return result;
}

/// The sums of a trace are polynomials of the AIR's degree: values beyond that follow from the
/// first ones.
std::vector<Fp4> FoldedTraces::round(unsigned first) {
  const Round& round = begin_round();
  if (round.first != first) {
    Descriptors descriptors(round.descriptors);
    make_round(round_, first, descriptors);
    descriptors.send(work_.queue);
  }
  const std::vector<std::vector<Fp4>> parts = run(round);
  std::vector<Fp4> values(num_values(first));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::size_t x = 0; x < values.size(); ++x) {
      values[x] +=
          x < parts[i].size() ? parts[i][x] : interpolate_at(parts[i], Fp4(Fp::from_uint64(x)));
    }
    const std::size_t trace = round.traces[i];
    if (terms_.shapes[trace].n_lifted == round_) last_values_[trace] = parts[i];
  }
  return values;
}

void FoldedTraces::fold(const Fp4& challenge) {
  const Fp4 from_first = challenge - Fp::from_canonical(rounds_[round_].first);
  for (std::size_t t = 0; t < terms_.shapes.size(); ++t) {
    if (terms_.shapes[t].n_lifted == round_) {
      finished_[t] = interpolate_at(last_values_[t], from_first);
    }
  }
  work_.queue.upload(DeviceSpan<Fp4>(tail_->challenges + (round_ - 1), 1), {&challenge, 1});
  fold_tables();
}

/// Of the traces that have more row bits, by the challenge of the round.
void FoldedTraces::fold_tables() {
  std::size_t entries = 0;
  for (const ConstraintShape& shape : terms_.shapes) {
    if (shape.n_lifted > round_) entries += shape.num_tables * (shape.num_chunks() >> round_);
  }
  const Fp4 *const from = tables_after(round_ - 1), *const challenge =
                                                        tail_->challenges + (round_ - 1);
  Fp4* const to = tables_after(round_);
  const std::size_t gap = round_ == 1 ? fold_gap(folded_) : entries;
  for (std::size_t first = 0; first < entries;) {
    const std::size_t end = std::min(2 * first + gap, entries);
    fold_pairs(work_.queue, from + 2 * first, challenge, end - first, to + first);
    first = end;
  }
}

bool FoldedTraces::device_can_finish() const {
  const std::size_t num_rounds = rounds_.size() - 1;
  if (num_rounds - round_ > work_.context.constraint_tail) return false;
  if (num_rounds > TailOutput::kMostRounds) return false;
  if (work_.context.params.max_constraint_degree > TailOutput::kMostDegree) return false;
  return no_ones(round_, num_rounds);
}

/// None of the coordinates [begin, end) is one.
bool FoldedTraces::no_ones(std::size_t begin, std::size_t end) const {
  const auto coordinates = xi_.subspan(begin, end - begin);
  return std::find(coordinates.begin(), coordinates.end(), Fp4::one()) == coordinates.end();
}

TailStart FoldedTraces::tail_start(unsigned round, bool first) const {
  TailStart start(round, work_.context.params.max_constraint_degree);
  start.first = first;
  if (!first) start.xi_before = xi_[round - 2];
  return start;
}

bool FoldedTraces::finish(const ConstraintSumcheck::RoundClaim& claim, const DuplexState& sponge) {
  if (!device_can_finish()) return false;
  const RoundState state{.claim = claim, .running = {}, .ended = {}, .sponge = sponge};
  work_.queue.upload_beside(DeviceSpan<RoundState>(&tail_->state, 1), {&state, 1});
  work_.queue.finish_copies();
  const unsigned end = by_grid_ ? grid_round() : all_rounds();
  bool first = true;
  for (; round_ + 1 < end; first = false) {
    const Round& round = begin_round();
    launch_sums(round);
    launch_tail_round(work_.queue,
                      {.start = tail_start(round_, first),
                       .coordinate = TailCoordinate(xi_[round_ - 1]),
                       .parts = round.device_parts,
                       .num_parts = static_cast<std::uint32_t>(round.parts.size())},
                      tail_);
    fold_tables();
  }
  if (by_grid_) {
    grid_->run(tail_start(round_ + 1, first), xi_.subspan(round_, RoundGrid::kRounds), tail_);
    round_ += RoundGrid::kRounds;
  }
  return true;
}

ConstraintSumcheck::RoundsRest FoldedTraces::rest(const TailOutput& output,
                                                  unsigned first_round) const {
  ConstraintSumcheck::RoundsRest rest;
  for (unsigned round = first_round; round < rounds_.size(); ++round) {
    const Fp4* const values = output.round_polynomials[round - 1];
    rest.round_polynomials.emplace_back(values, values + num_values(0));
    rest.challenges.push_back(output.challenges[round - 1]);
  }
  return rest;
}

Fp4 FoldedTraces::value(std::size_t trace) {
  if (!finished_[trace]) {
    const std::vector<std::vector<Fp4>> values = run(rounds_[0]);
    for (std::size_t i = 0; i < values.size(); ++i) {
      finished_[rounds_[0].traces[i]] = values[i].front();
    }
  }
  return finished_[trace].value();
}

}  // namespace gyre::cuda
