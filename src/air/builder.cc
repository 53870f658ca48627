#include "gyre/air/builder.h"

#include <fmt/format.h>

#include "gyre/air/air.h"
#include "gyre/support/error.h"

namespace gyre {

Expression TraceRow::operator[](std::size_t column) const {
  if (column >= width_) {
    throw misuse(fmt::format("column {} is read of a {} of width {}", column,
                             first_.source == VariableSource::kMain
                                 ? fmt::format("main part {}", first_.part)
                                 : std::string("preprocessed trace"),
                             width_));
  }
  Variable variable = first_;
  variable.index += static_cast<std::uint32_t>(column);
  return {*arena_, arena_->variable(variable)};
}

std::vector<Expression> TraceRow::range(std::size_t begin, std::size_t end) const {
  std::vector<Expression> cells;
  for (std::size_t column = begin; column < end; ++column) cells.push_back((*this)[column]);
  return cells;
}

void Assertions::assert_tern(const Expression& x) {
  assert_zero(x.bool_check() * (x - Fp::from_canonical(2)));
}

void Assertions::assert_zeros(std::span<const Expression> xs) {
  for (const Expression& x : xs) assert_zero(x);
}

void Assertions::assert_bools(std::span<const Expression> xs) {
  for (const Expression& x : xs) assert_bool(x);
}

Expression Assertions::is_transition_window(std::size_t rows) const {
  if (rows != 2) throw misuse(fmt::format("transition window: expected 2 rows, got {}", rows));
  return is_transition();
}

FilteredBuilder Assertions::when_ne(const Expression& x, const Expression& y) {
  return when(x - y);
}
FilteredBuilder Assertions::when_first_row() {
  return when(is_first_row());
}
FilteredBuilder Assertions::when_last_row() {
  return when(is_last_row());
}
FilteredBuilder Assertions::when_transition() {
  return when(is_transition());
}
FilteredBuilder Assertions::when_transition_window(std::size_t rows) {
  return when(is_transition_window(rows));
}

std::size_t AirBuilder::num_main_parts() const {
  return record_->width.cached_mains.size() + (record_->width.common_main != 0 ? 1 : 0);
}

TraceWindow AirBuilder::window(const Variable& first, std::uint32_t width) const {
  return {record_->arena, first, width};
}

TraceWindow AirBuilder::main() const {
  if (num_main_parts() != 1) {
    throw misuse(fmt::format("{}: main() needs exactly one main part, there are {}", record_->name,
                             num_main_parts()));
  }
  if (!columns_) return main_part(0);
  Variable first{.source = VariableSource::kMain};
  first.index = static_cast<std::uint32_t>(columns_->begin);
  return window(first, static_cast<std::uint32_t>(columns_->end - columns_->begin));
}

TraceWindow AirBuilder::main_part(std::size_t part) const {
  if (part >= num_main_parts()) {
    throw misuse(
        fmt::format("{}: main part {} is read of {}", record_->name, part, num_main_parts()));
  }
  const std::vector<std::uint32_t>& cached = record_->width.cached_mains;
  const Variable first{.source = VariableSource::kMain, .part = static_cast<std::uint32_t>(part)};
  return window(first, part < cached.size() ? cached[part] : record_->width.common_main);
}

TraceWindow AirBuilder::cached_main(std::size_t index) const {
  if (index >= record_->width.cached_mains.size()) {
    throw misuse(fmt::format("{}: cached main part {} is read of {}", record_->name, index,
                             record_->width.cached_mains.size()));
  }
  return main_part(index);
}

TraceWindow AirBuilder::common_main() const {
  if (record_->width.common_main == 0) {
    throw misuse(fmt::format("{}: the common main is read, but its width is 0", record_->name));
  }
  return main_part(record_->width.cached_mains.size());
}

TraceWindow AirBuilder::preprocessed() const {
  return window({.source = VariableSource::kPreprocessed}, record_->width.preprocessed.value_or(0));
}

Expression AirBuilder::public_value(std::size_t index) const {
  if (index >= record_->num_public_values) {
    throw misuse(fmt::format("{}: public value {} is read of {}", record_->name, index,
                             record_->num_public_values));
  }
  const Variable variable{.source = VariableSource::kPublic,
                          .index = static_cast<std::uint32_t>(index)};
  return {record_->arena, record_->arena.variable(variable)};
}

Expression AirBuilder::constant(Fp value) const {
  return {record_->arena, record_->arena.constant(value)};
}

Expression AirBuilder::selector(NodeKind kind) const {
  return {record_->arena, record_->arena.selector(kind)};
}

void AirBuilder::assert_zero(const Expression& x) {
  record_->constraints.push_back(x.id_in(record_->arena));
}

FilteredBuilder AirBuilder::when(const Expression& condition) {
  return {*this, {condition}};
}

AirBuilder AirBuilder::column_range(std::size_t begin, std::size_t end) const {
  const std::size_t width = main().width();
  if (begin > end || end > width) {
    throw misuse(fmt::format("{}: columns {}..{} are taken of a main part of width {}",
                             record_->name, begin, end, width));
  }
  AirBuilder narrowed = *this;
  const std::size_t base = columns_ ? columns_->begin : 0;
  narrowed.columns_ = ColumnRange{base + begin, base + end};
  return narrowed;
}

void AirBuilder::push_interaction(std::uint16_t bus_index, std::span<const Expression> message,
                                  const Expression& count, std::uint32_t count_weight) {
  RecordedAir::Interaction interaction{{}, 0, bus_index, count_weight};
  interaction.message.reserve(message.size());
  for (const Expression& field : message) {
    interaction.message.push_back(field.id_in(record_->arena));
  }
  interaction.count = count.id_in(record_->arena);
  record_->interactions.push_back(std::move(interaction));
}

void FilteredBuilder::assert_zero(const Expression& x) {
  Expression filtered = x;
  for (auto condition = conditions_.rbegin(); condition != conditions_.rend(); ++condition) {
    filtered = *condition * filtered;
  }
  builder_.assert_zero(filtered);
}

void FilteredBuilder::assert_zero_ext(const Expression& x) {
  Expression filtered = x;
  for (auto condition = conditions_.rbegin(); condition != conditions_.rend(); ++condition) {
    filtered = filtered * *condition;
  }
  builder_.assert_zero_ext(filtered);
}

FilteredBuilder FilteredBuilder::when(const Expression& condition) {
  std::vector<Expression> conditions = conditions_;
  conditions.push_back(condition);
  return {builder_, std::move(conditions)};
}

Expression FilteredBuilder::selector(NodeKind kind) const {
  switch (kind) {
    case NodeKind::kIsFirstRow:
      return builder_.is_first_row();
    case NodeKind::kIsLastRow:
      return builder_.is_last_row();
    default:
      return builder_.is_transition();
  }
}

void record_air(const Air& air, std::optional<std::uint32_t> preprocessed_width,
                RecordedAir& record) {
  record.name = air.name();
  record.width = {preprocessed_width, air.cached_main_widths(), air.common_main_width()};
  record.num_public_values = air.num_public_values();
  AirBuilder builder(record);
  air.eval(builder);
}

}  // namespace gyre
