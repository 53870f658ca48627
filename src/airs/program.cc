#include "gyre/airs/program.h"

#include <charconv>
#include <limits>

namespace gyre {

/// Reads a program line by line; the first error ends it.
class ProgramParser {
 public:
  explicit ProgramParser(ProgramAir& air) : air_(air) {}

  std::optional<ProgramError> parse(std::string_view text) {
    while (!text.empty() && !error_) {
      ++line_;
      const std::size_t end = text.find('\n');
      rest_ = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      const std::string_view operation = next_field();
      if (operation.empty()) continue;
      parse_line(operation);
      if (!error_ && !next_field().empty()) fail("more fields than the operation takes");
    }
    return error_;
  }

 private:
  void fail(std::string detail) {
    if (!error_) error_ = ProgramError{line_, std::move(detail)};
  }

  std::string_view next_field() {
    constexpr std::string_view kBlanks = " \t\r";
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
    const std::string_view field = rest_.substr(0, rest_.find_first_of(kBlanks));
    rest_.remove_prefix(field.size());
    return field;
  }

  bool at_end() const { return rest_.find_first_not_of(" \t\r") == std::string_view::npos; }

  /// The next field as a number below `limit`; 0 after an error.
  std::uint32_t number(const char* what, std::uint64_t limit) {
    const std::string_view field = next_field();
    std::uint64_t value = 0;
    const auto [end, status] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (field.empty() || status != std::errc() || end != field.data() + field.size()) {
      constexpr std::size_t kShown = 20;
      fail(std::string(what) + ": expected a number, got '" + std::string(field.substr(0, kShown)) +
           "'");
      return 0;
    }
    if (value >= limit) {
      fail(std::string(what) + ": expected below " + std::to_string(limit) + ", got " +
           std::to_string(value));
      return 0;
    }
    return static_cast<std::uint32_t>(value);
  }

  std::uint32_t operand(const char* what) { return number(what, air_.operations_.size()); }

  void parse_line(std::string_view operation);
  void parse_variable(VariableSource source);
  void parse_interaction();
  void push(DagNode node) { air_.operations_.push_back(node); }

  ProgramAir& air_;
  std::size_t line_ = 0;
  std::string_view rest_;
  std::optional<ProgramError> error_;
};

void ProgramParser::parse_line(std::string_view operation) {
  DagNode node;
  switch (operation.size() == 1 ? operation[0] : '\0') {
    case 'P':
      return parse_variable(VariableSource::kPreprocessed);
    case 'M':
      return parse_variable(VariableSource::kMain);
    case 'U':
      return parse_variable(VariableSource::kPublic);
    case 'F':
      return push({.kind = NodeKind::kIsFirstRow});
    case 'L':
      return push({.kind = NodeKind::kIsLastRow});
    case 'T':
      return push({.kind = NodeKind::kIsTransition});
    case 'C':
      node.constant = Fp::from_canonical(number("constant", Fp::kModulus));
      return push(node);
    case 'n':
      node.kind = NodeKind::kNeg;
      node.left = operand("operand");
      return push(node);
    case '+':
      node.kind = NodeKind::kAdd;
      break;
    case '-':
      node.kind = NodeKind::kSub;
      break;
    case '*':
      node.kind = NodeKind::kMul;
      break;
    case 'A':
      return air_.constraints_.push_back(operand("constraint"));
    case 'I':
      return parse_interaction();
    default:
      constexpr std::size_t kShown = 20;
      return fail("unknown operation '" + std::string(operation.substr(0, kShown)) + "'");
  }
  node.left = operand("left operand");
  node.right = operand("right operand");
  push(node);
}

void ProgramParser::parse_variable(VariableSource source) {
  const ProgramAir::Shape& shape = air_.shape_;
  Variable variable{.source = source};
  std::uint64_t width = shape.num_public_values;
  if (source == VariableSource::kMain) {
    const std::size_t num_cached = shape.cached_main_widths.size();
    variable.part = number("main part", num_cached + (shape.common_main_width != 0 ? 1 : 0));
    width = variable.part < num_cached ? shape.cached_main_widths[variable.part]
                                       : shape.common_main_width;
  } else if (source == VariableSource::kPreprocessed) {
    width = shape.preprocessed_trace ? shape.preprocessed_trace->width() : 0;
  }
  constexpr std::uint64_t kWindowRows = 2;
  if (source != VariableSource::kPublic) variable.offset = number("row offset", kWindowRows);
  variable.index = number(source == VariableSource::kPublic ? "public value" : "column", width);
  push({.kind = NodeKind::kVariable, .variable = variable});
}

void ProgramParser::parse_interaction() {
  ProgramAir::InteractionLine line;
  line.bus = static_cast<std::uint16_t>(
      number("bus", std::uint64_t{std::numeric_limits<std::uint16_t>::max()} + 1));
  line.weight =
      number("count weight", std::uint64_t{std::numeric_limits<std::uint32_t>::max()} + 1);
  line.count = operand("count");
  while (!error_ && !at_end()) line.message.push_back(operand("message field"));
  air_.interactions_.push_back(std::move(line));
}

std::string ProgramError::message() const {
  return line == 0 ? "program: " + detail : "program, line " + std::to_string(line) + ": " + detail;
}

Result<ProgramAir, ProgramError> ProgramAir::parse(std::string_view text, Shape shape) {
  ProgramAir air(std::move(shape));
  if (std::optional<ProgramError> error = ProgramParser(air).parse(text)) {
    return std::move(*error);
  }
  return air;
}

void ProgramAir::eval(AirBuilder& builder) const {
  std::vector<Expression> values;
  values.reserve(operations_.size());
  const auto variable = [&](const Variable& v) -> Expression {
    if (v.source == VariableSource::kPublic) return builder.public_value(v.index);
    const TraceWindow window =
        v.source == VariableSource::kMain ? builder.main_part(v.part) : builder.preprocessed();
    return (v.offset == 0 ? window.local() : window.next())[v.index];
  };
  const auto value = [&](const DagNode& operation) -> Expression {
    switch (operation.kind) {
      case NodeKind::kVariable:
        return variable(operation.variable);
      case NodeKind::kIsFirstRow:
        return builder.is_first_row();
      case NodeKind::kIsLastRow:
        return builder.is_last_row();
      case NodeKind::kIsTransition:
        return builder.is_transition();
      case NodeKind::kConstant:
        return builder.constant(operation.constant);
      case NodeKind::kAdd:
        return values[operation.left] + values[operation.right];
      case NodeKind::kSub:
        return values[operation.left] - values[operation.right];
      case NodeKind::kMul:
        return values[operation.left] * values[operation.right];
      case NodeKind::kNeg:
        break;
    }
    return -values[operation.left];
  };
  for (const DagNode& operation : operations_) values.push_back(value(operation));

  for (const std::uint32_t constraint : constraints_) builder.assert_zero(values[constraint]);
  for (const InteractionLine& line : interactions_) {
    std::vector<Expression> message;
    for (const std::uint32_t field : line.message) message.push_back(values[field]);
    builder.push_interaction(line.bus, message, values[line.count], line.weight);
  }
}

}  // namespace gyre
