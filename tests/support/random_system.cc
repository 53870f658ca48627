#include "support/random_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <stdexcept>

#include "gyre/keys/keygen.h"

namespace gyre {
namespace {

/// Small numbers and choices. Not std::uniform_int_distribution, whose results depend on the
/// library.
class Choices {
 public:
  explicit Choices(std::uint64_t seed) : engine_(seed) {}

  /// low..high, both included.
  std::uint32_t between(std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(engine_() % (high - low + 1));
  }
  bool one_in(std::uint32_t n) { return between(1, n) == 1; }
  Fp element() { return Fp::from_uint64(engine_()); }

 private:
  std::mt19937_64 engine_;
};

/// Parameters for traces of at most 2^max_log_height rows; a little less than that may fit.
SystemParams random_params(Choices& choices, unsigned max_log_height) {
  SystemParams params = presets::test_small(2, 8, 3);
  params.l_skip = choices.between(0, 5);
  params.n_stack =
      choices.between(std::max(6u, max_log_height - 1), max_log_height + 3) - params.l_skip;
  params.w_stack = 256;
  params.log_blowup = choices.between(0, 3);
  const unsigned log_height = params.log_stacked_height();
  params.whir.k = choices.between(1, std::min(4u, log_height));
  const auto rounds = choices.between(1, log_height / static_cast<unsigned>(params.whir.k));
  params.whir.num_queries.assign(rounds, 0);
  for (std::uint64_t& queries : params.whir.num_queries) queries = choices.between(1, 5);
  params.whir.mu_pow_bits = choices.between(0, 2);
  params.whir.folding_pow_bits = choices.between(0, 2);
  params.whir.query_phase_pow_bits = choices.between(0, 2);
  params.logup.pow_bits = choices.between(0, 2);
  params.max_constraint_degree = choices.between(1, 5);
  return params;
}

/// Shape and trace of an AIR, its cells filled by whoever writes its program.
struct Draft {
  ProgramAir::Shape shape;
  std::vector<Matrix> main_parts;
  std::vector<Fp> public_values;
  std::size_t height = 0;
};

Matrix random_matrix(Choices& choices, std::size_t height, std::size_t width) {
  Matrix matrix(height, width);
  for (std::size_t c = 0; c < width; ++c) {
    for (Fp& cell : matrix.column(c)) cell = choices.element();
  }
  return matrix;
}

Draft random_draft(Choices& choices, unsigned max_log_height) {
  Draft draft;
  const unsigned least = choices.one_in(2) ? 0 : max_log_height - 2;
  draft.height = std::size_t{1} << choices.between(least, max_log_height);
  for (std::uint32_t cached = choices.between(0, 5); cached > 3; --cached) {
    draft.shape.cached_main_widths.push_back(choices.between(1, 3));
  }
  const bool may_lack_common_main = !draft.shape.cached_main_widths.empty();
  draft.shape.common_main_width = choices.between(may_lack_common_main ? 0 : 1, 4);
  if (choices.one_in(3)) {
    draft.shape.preprocessed_trace = random_matrix(choices, draft.height, choices.between(1, 2));
  }
  draft.shape.num_public_values = choices.between(0, 2);
  for (std::size_t i = 0; i < draft.shape.num_public_values; ++i) {
    draft.public_values.push_back(choices.element());
  }
  for (const std::uint32_t width : draft.shape.cached_main_widths) {
    draft.main_parts.push_back(random_matrix(choices, draft.height, width));
  }
  if (draft.shape.common_main_width != 0) {
    draft.main_parts.push_back(random_matrix(choices, draft.height, draft.shape.common_main_width));
  }
  return draft;
}

/// Writes a random program for a draft. Some main columns are derived: a constraint says that the
/// column equals an expression of the others, and the trace is filled accordingly.
class ProgramWriter {
 public:
  ProgramWriter(Choices& choices, Draft& draft, const SystemParams& params)
      : choices_(choices),
        draft_(draft),
        max_degree_(static_cast<std::uint32_t>(params.max_constraint_degree)),
        rotates_(choices.one_in(2)) {}

  /// `with_buses` also writes interactions, of which some balance only with the same program of
  /// the opposite sign.
  void write(bool with_buses, std::uint16_t bus) {
    choose_derived_columns();
    for (const Column& column : derived_) write_derived(column);
    // An AIR needs a constraint or an interaction.
    const std::uint32_t least = derived_.empty() ? 1 : 0;
    for (std::uint32_t i = choices_.between(least, least + 2); i > 0; --i) {
      write_interaction(bus, true);
    }
    if (with_buses) write_interaction(static_cast<std::uint16_t>(bus + 1), false);
  }

  /// The text; `sign` is that of the interactions that do not balance by themselves.
  std::string text(bool positive) const {
    std::string result;
    for (const auto& [positive_line, negative_line] : lines_) {
      result += (positive ? positive_line : negative_line) + "\n";
    }
    return result;
  }

 private:
  struct Column {
    std::size_t part, index;
  };
  struct Operand {
    std::uint32_t number = 0;
    std::uint32_t degree = 0;
  };

  void choose_derived_columns() {
    for (std::size_t part = 0; part < draft_.main_parts.size(); ++part) {
      for (std::size_t c = 0; c < draft_.main_parts[part].width(); ++c) {
        (choices_.one_in(3) ? derived_ : free_).push_back({part, c});
      }
    }
    if (free_.empty()) {
      free_.push_back(derived_.back());
      derived_.pop_back();
    }
  }

  Operand emit(const std::string& line, std::vector<Fp> values, std::uint32_t degree) {
    lines_.emplace_back(line, line);
    values_.push_back(std::move(values));
    return {static_cast<std::uint32_t>(values_.size() - 1), degree};
  }

  template <class F>
  std::vector<Fp> per_row(F&& value_at) const {
    std::vector<Fp> values(draft_.height);
    for (std::size_t row = 0; row < values.size(); ++row) values[row] = value_at(row);
    return values;
  }

  Operand cell(const Column& column, std::size_t offset) {
    const Matrix& part = draft_.main_parts[column.part];
    return emit(
        fmt::format("M {} {} {}", column.part, offset, column.index),
        per_row([&](auto row) { return part((row + offset) % draft_.height, column.index); }), 1);
  }

  Operand free_cell() {
    return cell(free_[choices_.between(0, static_cast<std::uint32_t>(free_.size() - 1))],
                rotates_ ? choices_.between(0, 1) : 0);
  }

  Operand preprocessed_cell() {
    const Matrix& trace = *draft_.shape.preprocessed_trace;
    const std::size_t column = choices_.between(0, static_cast<std::uint32_t>(trace.width() - 1));
    const std::size_t offset = rotates_ ? choices_.between(0, 1) : 0;
    return emit(fmt::format("P {} {}", offset, column),
                per_row([&](auto row) { return trace((row + offset) % draft_.height, column); }),
                1);
  }

  Operand selector() {
    const std::size_t last = draft_.height - 1;
    switch (choices_.between(0, 2)) {
      case 0:
        return emit("F", per_row([](auto row) { return row == 0 ? Fp::one() : Fp::zero(); }), 1);
      case 1:
        return emit("L", per_row([&](auto row) { return row == last ? Fp::one() : Fp::zero(); }),
                    1);
      default:
        return emit("T", per_row([&](auto row) { return row == last ? Fp::zero() : Fp::one(); }),
                    1);
    }
  }

  Operand leaf(std::uint32_t max_degree) {
    const std::uint32_t kind = max_degree == 0 ? choices_.between(0, 1) : choices_.between(0, 9);
    if (kind == 0 && !draft_.public_values.empty()) {
      const auto i =
          choices_.between(0, static_cast<std::uint32_t>(draft_.public_values.size() - 1));
      return emit(fmt::format("U {}", i), per_row([&](auto) { return draft_.public_values[i]; }),
                  0);
    }
    if (kind <= 1) {
      const Fp value =
          choices_.one_in(2) ? choices_.element() : Fp::from_canonical(choices_.between(0, 2));
      return emit(fmt::format("C {}", value.canonical()), per_row([&](auto) { return value; }), 0);
    }
    if (kind == 2) return selector();
    if (kind <= 4 && draft_.shape.preprocessed_trace) return preprocessed_cell();
    return free_cell();
  }

  Operand binary(char operation, const Operand& a, const Operand& b) {
    return emit(fmt::format("{} {} {}", operation, a.number, b.number), per_row([&](auto row) {
                  const Fp x = values_[a.number][row], y = values_[b.number][row];
                  return operation == '+' ? x + y : operation == '-' ? x - y : x * y;
                }),
                operation == '*' ? a.degree + b.degree : std::max(a.degree, b.degree));
  }

  Operand negation(const Operand& a) {
    return emit(fmt::format("n {}", a.number),
                per_row([&](auto row) { return -values_[a.number][row]; }), a.degree);
  }

  Operand expression(std::uint32_t max_degree, unsigned depth) {
    if (depth == 0) return leaf(max_degree);
    switch (choices_.between(0, 4)) {
      case 0:
        return leaf(max_degree);
      case 1:
        return negation(expression(max_degree, depth - 1));
      case 2: {
        const Operand a = expression(max_degree, depth - 1);
        return binary('*', a, expression(max_degree - a.degree, depth - 1));
      }
      default: {
        const Operand a = expression(max_degree, depth - 1);
        return binary(choices_.one_in(2) ? '+' : '-', a, expression(max_degree, depth - 1));
      }
    }
  }

  /// Asserts column = expression, sometimes only where a selector is not zero.
  void write_derived(const Column& column) {
    const bool conditional = max_degree_ > 1 && choices_.one_in(2);
    const Operand value = expression(max_degree_ - (conditional ? 1 : 0), 3);
    for (std::size_t row = 0; row < draft_.height; ++row) {
      draft_.main_parts[column.part](row, column.index) = values_[value.number][row];
    }
    Operand difference = binary('-', cell(column, 0), value);
    if (conditional) difference = binary('*', selector(), difference);
    const std::string line = fmt::format("A {}", difference.number);
    lines_.emplace_back(line, line);
  }

  /// Sends a message; `balanced`: and receives it again.
  void write_interaction(std::uint16_t bus, bool balanced) {
    std::vector<Operand> message{free_cell()};
    for (std::uint32_t i = choices_.between(0, 2); i > 0; --i) {
      message.push_back(expression(max_degree_, 2));
    }
    std::string fields;
    for (const Operand& field : message) fields += fmt::format(" {}", field.number);
    const Operand count = expression(max_degree_, 1);
    const Operand opposite = negation(count);
    const std::uint32_t weight = choices_.between(0, 2);
    const auto line = [&](const Operand& multiplicity) {
      return fmt::format("I {} {} {}{}", bus, weight, multiplicity.number, fields);
    };
    if (balanced) {
      lines_.emplace_back(line(count), line(count));
      lines_.emplace_back(line(opposite), line(opposite));
    } else {
      lines_.emplace_back(line(count), line(opposite));
    }
  }

  Choices& choices_;
  Draft& draft_;
  std::uint32_t max_degree_;
  bool rotates_;
  std::vector<Column> free_, derived_;
  std::vector<std::pair<std::string, std::string>> lines_;  ///< of positive and negative sign
  std::vector<std::vector<Fp>> values_;                     ///< [operation][row]
};

RandomAir make_air(const std::string& name, const std::string& program, const Draft& draft) {
  ProgramAir::Shape shape = draft.shape;
  shape.name = name;
  auto air = ProgramAir::parse(program, std::move(shape));
  if (!air) throw std::logic_error(air.error().message() + "\n" + program);
  return {.program = program,
          .air = std::move(*air),
          .main_parts = draft.main_parts,
          .public_values = draft.public_values};
}

bool has_common_main(const RandomAir& air) {
  return air.present && air.air.common_main_width() != 0;
}

}  // namespace

RandomSystem::RandomSystem(std::uint64_t seed, unsigned max_log_height) {
  Choices choices(seed);
  params = random_params(choices, max_log_height);
  max_log_height = std::min(max_log_height, params.log_stacked_height());
  const std::uint32_t num_drafts = choices.between(1, 4);
  for (std::uint32_t i = 0;
       i < num_drafts || std::none_of(airs.begin(), airs.end(), has_common_main); ++i) {
    Draft draft = random_draft(choices, max_log_height);
    ProgramWriter writer(choices, draft, params);
    const bool mirrored = choices.one_in(3);
    writer.write(mirrored, static_cast<std::uint16_t>(2 * i));
    const bool present = mirrored || !choices.one_in(5);
    const bool required = present && choices.one_in(3);
    for (const bool positive : {true, false}) {
      if (!positive && !mirrored) continue;
      RandomAir& air = airs.emplace_back(
          make_air(fmt::format("Random{}", airs.size()), writer.text(positive), draft));
      air.present = present;
      air.required = required;
    }
  }
}

ProvingKey RandomSystem::keygen() const {
  KeyGenerator generator(params);
  for (const RandomAir& air : airs) {
    air.required ? generator.add_required_air(air.air) : generator.add_air(air.air);
  }
  return generator.generate();
}

std::vector<AirTraces> RandomSystem::traces() const {
  std::vector<AirTraces> traces;
  for (std::size_t i = 0; i < airs.size(); ++i) {
    if (!airs[i].present) continue;
    AirTraces& given = traces.emplace_back();
    given.air_index = i;
    given.cached_mains.assign(airs[i].main_parts.begin(), airs[i].main_parts.end());
    if (airs[i].air.common_main_width() != 0) {
      given.common_main = given.cached_mains.back();
      given.cached_mains.pop_back();
    }
    given.public_values = airs[i].public_values;
  }
  return traces;
}

std::string RandomSystem::text() const {
  std::string result =
      fmt::format("l_skip {}, n_stack {}, log_blowup {}, k {}, {} rounds, degree {}\n",
                  params.l_skip, params.n_stack, params.log_blowup, params.whir.k,
                  params.whir.num_queries.size(), params.max_constraint_degree);
  for (const RandomAir& air : airs) {
    result += fmt::format("{}: {}, {} rows, {} cached parts, common main of {} columns\n{}",
                          air.air.name(), air.present ? "present" : "absent",
                          air.main_parts.front().height(), air.air.cached_main_widths().size(),
                          air.air.common_main_width(), air.program);
  }
  return result;
}

}  // namespace gyre
