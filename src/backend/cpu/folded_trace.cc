#include "backend/cpu/folded_trace.h"

#include <algorithm>
#include <bit>
#include <mutex>

#include "backend/expressions/round0_polynomials.h"
#include "backend/expressions/trace_rows.h"
#include "gyre/support/telemetry.h"
#include "poly/kernels.h"

namespace gyre::cpu {
namespace {

std::size_t num_tables(const AirExpressions& air) {
  return static_cast<std::size_t>(
      std::count_if(air.inputs.inputs.begin(), air.inputs.inputs.end(),
                    [](const ProgramInput& input) { return !input.uniform(); }));
}

Fp4 plane_entry(const Fp* planes, std::size_t lanes, std::size_t lane) {
  return {planes[lane], planes[lanes + lane], planes[2 * lanes + lane], planes[3 * lanes + lane]};
}

}  // namespace

std::size_t FoldedTrace::bytes(const AirExpressions& air, const PrismShape& shape) {
  return Arena::bytes_of<Fp>(num_tables(air) * shape.tiles * 4 * shape.lanes);
}

FoldedTrace::FoldedTrace(const Context& context, Arena& arena, const TraceInput& trace,
                         std::span<const Fp4> skip_weights)
    : context_(&context),
      arena_(&arena),
      trace_(&trace),
      air_(&context.expressions[trace.air_index]),
      shape_(context.l_skip(), trace.log_height),
      skip_weights_(skip_weights.begin(), skip_weights.end()),
      size_(shape_.chunks),
      table_size_(shape_.tiles * 4 * shape_.lanes),
      num_tables_(num_tables(*air_)),
      values_(arena, num_tables_ * table_size_) {
  std::vector<std::uint32_t> inputs;
  Fp* table = values_.data();
  for (const ProgramInput& input : air_->inputs.inputs) {
    uniform_.push_back(input.uniform() ? uniform_value(trace, input) : Fp());
    tables_.push_back(input.uniform() ? nullptr : table);
    if (input.uniform()) continue;
    inputs.push_back(static_cast<std::uint32_t>(tables_.size() - 1));
    table += table_size_;
  }
  count_dispatch(num_tables_ * (shape_.height * sizeof(Fp) + size_ * sizeof(Fp4)));
  context.parallel.ranges(inputs.size(), 8, [&](std::size_t begin, std::size_t end) {
    Buffer<Fp> scratch((shape_.chunk + 1) * shape_.lanes);
    for (std::size_t i = begin; i < end; ++i) {
      const ProgramInput& input = air_->inputs.inputs[inputs[i]];
      Fp* const to = values_.data() + i * table_size_;
      if (input.kind == NodeKind::kVariable) {
        fold_chunks(shape_, variable_column(trace, input.variable).data(), input.variable.offset,
                    skip_weights_, scratch.data(), to);
      } else {
        fill_selector(input.kind, to);
      }
    }
  });
}

/// Only the chunks of the first and of the last row differ from the others.
void FoldedTrace::fill_selector(NodeKind kind, Fp* table) const {
  const bool transition = kind == NodeKind::kIsTransition;
  std::fill_n(table, table_size_, Fp());
  for (std::size_t i = 0; transition && i < table_size_; i += 4 * shape_.lanes) {
    std::fill_n(table + i, shape_.lanes, Fp::one());
  }
  const std::size_t x = kind == NodeKind::kIsFirstRow ? 0 : shape_.chunks - 1;
  const std::size_t special = kind == NodeKind::kIsFirstRow ? 0 : shape_.height - 1;
  Fp4 sum;
  for (std::size_t z = 0; z < shape_.chunk; ++z) {
    if (((x * shape_.chunk + z) & (shape_.height - 1)) == special) sum += skip_weights_[z];
  }
  if (transition) sum = Fp4::one() - sum;
  Fp* const entry = table + x % shape_.tiles * 4 * shape_.lanes + x / shape_.tiles;
  for (std::size_t j = 0; j < 4; ++j) entry[j * shape_.lanes] = sum.c[j];
}

void FoldedTrace::set_weights(const TraceWeights& weights, std::span<const Fp4> interaction_weights,
                              const Fp4& beta, const Fp4& lambda) {
  const RoundWeights round(*air_, trace_->air->symbolic, weights, interaction_weights, beta,
                           lambda);
  constant_ = round.constant;
  weights_.clear();
  for (const Fp4& weight : round.outputs) weights_.emplace_back(weight);
}

void FoldedTrace::fold(const Fp4& challenge) {
  count_dispatch(num_tables_ * size_ * sizeof(Fp4));
  context_->parallel.ranges(num_tables_, std::max<std::size_t>(1, 4 * kGrain / size_),
                            [&](std::size_t begin, std::size_t end) {
                              for (std::size_t i = begin; i < end; ++i) {
                                fold_table(values_.data() + i * table_size_, size_, challenge);
                              }
                            });
  size_ /= 2;
}

/// The sums are polynomials of the AIR's degree: values beyond that follow from the first ones.
void FoldedTrace::add_round(unsigned first, std::span<const Fp4> rest,
                            std::span<Fp4> values) const {
  const std::size_t degree = std::max(air_->constraint_degree, air_->interaction_degree);
  const auto count = static_cast<unsigned>(std::min(values.size(), degree + 1));
  count_dispatch(num_tables_ * size_ * sizeof(Fp4));
  const std::vector<Fp4> sums = size_ >= 2 * shape_.lanes ? sums_on_pairs(first, count, rest)
                                                          : sums_on_picks(first, count, rest);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] += constant_ + (i < count ? sums[i] : interpolate_at(sums, Fp4(Fp::from_uint64(i))));
  }
}

std::vector<Fp4> FoldedTrace::sums_on_pairs(unsigned first, unsigned count,
                                            std::span<const Fp4> rest) const {
  const std::size_t lanes = shape_.lanes, pairs = size_ / lanes / 2;
  const auto pair_bits = static_cast<std::size_t>(std::countr_zero(pairs));
  const std::vector<Fp4> pair_eq = eq_table(rest.first(pair_bits));
  const std::vector<Fp4> lane_eq = eq_table(rest.subspan(pair_bits));
  const ExpressionProgram& program = air_->extension_program;
  const ExtensionInputs inputs{tables_, uniform_};
  std::vector<Fp4> sums(count);
  std::mutex mutex;
  const std::size_t grain = std::max<std::size_t>(1, pairs / (8 * context_->parallel.threads()));
  context_->parallel.ranges(pairs, grain, [&](std::size_t begin, std::size_t end) {
    const std::size_t block = 4 * lanes * count;
    Buffer<Fp> scratch((program.num_registers + 2) * block);
    const ExtensionRun run{.inputs = &inputs,
                           .weights = weights_,
                           .registers = scratch.data() + 2 * block,
                           .sums = scratch.data()};
    Fp* const totals = scratch.data() + block;
    std::fill_n(totals, block, Fp());
    for (std::size_t pair = begin; pair < end; ++pair) {
      run_on_pairs(program, run, pair, first, count);
      add_scaled_planes(run.sums, pair_eq[pair], count, totals);
    }
    const std::lock_guard lock(mutex);
    for (unsigned x = 0; x < count; ++x) {
      for (std::size_t l = 0; l < lanes; ++l) {
        sums[x] += lane_eq[l] * plane_entry(totals + x * 4 * lanes, lanes, l);
      }
    }
  });
  return sums;
}

/// Few pairs: points (X, y) side by side in the lanes.
std::vector<Fp4> FoldedTrace::sums_on_picks(unsigned first, unsigned count,
                                            std::span<const Fp4> rest) const {
  const std::size_t lanes = shape_.lanes, half = size_ / 2, points = half * count;
  std::vector<LanePick> picks((points + lanes - 1) / lanes);
  for (std::size_t i = 0; i < points; ++i) {
    LanePick& pick = picks[i / lanes];
    const std::size_t y = i % half;
    pick.low[i % lanes] = static_cast<std::int32_t>(2 * y);
    pick.high[i % lanes] = static_cast<std::int32_t>(2 * y + 1);
    pick.at[i % lanes] = Fp::from_uint64(first + i / half);
  }
  const ExpressionProgram& program = air_->extension_program;
  const ExtensionInputs inputs{tables_, uniform_};
  const std::size_t block = 4 * lanes * picks.size();
  Buffer<Fp> scratch((program.num_registers + 1) * block);
  run_on_picks(program,
               {.inputs = &inputs,
                .weights = weights_,
                .registers = scratch.data() + block,
                .sums = scratch.data()},
               picks);
  const std::vector<Fp4> eq = eq_table(rest);
  std::vector<Fp4> sums(count);
  for (std::size_t i = 0; i < points; ++i) {
    sums[i / half] +=
        eq[i % half] * plane_entry(scratch.data() + i / lanes * 4 * lanes, lanes, i % lanes);
  }
  return sums;
}

Fp4 FoldedTrace::value() const {
  const ExpressionProgram& program = air_->extension_program;
  const ExtensionInputs inputs{tables_, uniform_};
  const std::size_t block = 4 * shape_.lanes;
  Buffer<Fp> scratch((program.num_registers + 1) * block);
  const LanePick pick;
  run_on_picks(program,
               {.inputs = &inputs,
                .weights = weights_,
                .registers = scratch.data() + block,
                .sums = scratch.data()},
               std::span(&pick, 1));
  return constant_ + plane_entry(scratch.data(), shape_.lanes, 0);
}

/// Weight of each row in the opening of a column, or of its rotation, in four planes.
Buffer<Fp> FoldedTrace::opening_weights(std::size_t offset, std::span<const Fp4> challenges) const {
  const std::size_t height = shape_.height;
  const auto bits = static_cast<std::size_t>(std::countr_zero(shape_.chunks));
  const std::vector<Fp4> eq = eq_table(challenges.first(bits));
  Buffer<Fp> planes(*arena_, 4 * height);
  // A short trace is repeated: its rows have several weights, which add up.
  const bool repeated = height < shape_.chunk;
  if (repeated) std::fill(planes.begin(), planes.end(), Fp());
  context_->parallel.ranges(shape_.chunks, kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t x = begin; x < end; ++x) {
      for (std::size_t z = 0; z < shape_.chunk; ++z) {
        const Fp4 weight = eq[x] * skip_weights_[z];
        const std::size_t row = (x * shape_.chunk + z + offset) & (height - 1);
        for (std::size_t j = 0; j < 4; ++j) {
          Fp& place = planes[j * height + row];
          place = repeated ? place + weight.c[j] : weight.c[j];
        }
      }
    }
  });
  return planes;
}

std::vector<Fp4> FoldedTrace::openings(std::span<const Fp4> challenges) const {
  const std::size_t offsets = trace_->air->openings_per_column();
  std::vector<std::span<const Fp>> columns;
  std::vector<Variable> variables;
  const auto add = [&](const MatrixView& part, VariableSource source, std::size_t index) {
    for (std::size_t c = 0; c < part.width(); ++c) {
      columns.push_back(part.column(c));
      variables.push_back({.source = source,
                           .part = static_cast<std::uint32_t>(index),
                           .offset = 0,
                           .index = static_cast<std::uint32_t>(c)});
    }
  };
  add(trace_->preprocessed, VariableSource::kPreprocessed, 0);
  for (std::size_t p = 0; p < trace_->main_parts.size(); ++p) {
    add(trace_->main_parts[p], VariableSource::kMain, p);
  }
  // Openings that no table holds are sums over the rows.
  std::vector<Fp4> result(columns.size() * offsets);
  std::vector<bool> known(result.size(), false);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const auto found = std::lower_bound(air_->columns.begin(), air_->columns.end(), variables[c],
                                        [](const AirExpressions::Column& column,
                                           const Variable& v) { return column.variable < v; });
    if (found == air_->columns.end() || found->variable != variables[c]) continue;
    for (std::size_t offset = 0; offset < offsets; ++offset) {
      const std::uint32_t input = offset == 0 ? found->local : found->next;
      if (input == InputTable::kNoInput) continue;
      result[c * offsets + offset] = entry_0(input);
      known[c * offsets + offset] = true;
    }
  }
  for (std::size_t offset = 0; offset < offsets; ++offset) {
    std::vector<std::size_t> open;
    std::vector<const Fp*> open_columns;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (known[c * offsets + offset]) continue;
      open.push_back(c);
      open_columns.push_back(columns[c].data());
    }
    if (open.empty()) continue;
    const Arena::Scope scope(*arena_);
    const Buffer<Fp> weights = opening_weights(offset, challenges);
    count_dispatch(open.size() * shape_.height * sizeof(Fp));
    std::vector<Fp4> sums(open.size());
    context_->parallel.ranges(open.size(), std::max<std::size_t>(4, 4 * kGrain / shape_.height),
                              [&](std::size_t begin, std::size_t end) {
                                dot_with_planes(std::span(open_columns).subspan(begin, end - begin),
                                                weights.data(), shape_.height, &sums[begin]);
                              });
    for (std::size_t i = 0; i < open.size(); ++i) result[open[i] * offsets + offset] = sums[i];
  }
  return result;
}

Fp4 FoldedTrace::entry_0(std::uint32_t input) const {
  return plane_entry(tables_[input], shape_.lanes, 0);
}

}  // namespace gyre::cpu
