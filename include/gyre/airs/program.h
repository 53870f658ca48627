#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gyre/air/air.h"
#include "gyre/support/result.h"

namespace gyre {

/// Why the text of a symbolic program was refused.
struct ProgramError {
  std::size_t line = 0;  ///< from 1; 0: the program as a whole
  std::string detail;

  std::string message() const;
};

/// An AIR given as text, for AIRs that are made by tools. One operation per line, its operands
/// being the numbers of earlier operations, from 0:
///
///     P o c           preprocessed variable, row offset o, column c
///     M part o c      main variable; cached parts first, then the common main
///     U i             public value
///     F | L | T       selector of the first row, the last row, transitions
///     C x             constant, 0 <= x < p
///     + a b | - a b | * a b | n a
///     A a             records the constraint a; makes no operation
///     I bus weight count m0 m1 ...    records an interaction; makes no operation
///
/// Fields are separated by blanks; empty lines are ignored.
class ProgramAir : public Air {
 public:
  /// What the text does not say.
  struct Shape {
    std::string name = "Program";
    std::optional<Matrix> preprocessed_trace;
    std::vector<std::uint32_t> cached_main_widths;
    std::uint32_t common_main_width = 0;
    std::size_t num_public_values = 0;
  };

  /// Reads untrusted text; every operand and variable is checked against what comes before it and
  /// against `shape`.
  static Result<ProgramAir, ProgramError> parse(std::string_view text, Shape shape);

  std::string name() const override { return shape_.name; }
  std::optional<Matrix> preprocessed_trace() const override { return shape_.preprocessed_trace; }
  std::vector<std::uint32_t> cached_main_widths() const override {
    return shape_.cached_main_widths;
  }
  std::uint32_t common_main_width() const override { return shape_.common_main_width; }
  std::size_t num_public_values() const override { return shape_.num_public_values; }
  void eval(AirBuilder& builder) const override;

 private:
  friend class ProgramParser;

  struct InteractionLine {
    std::uint16_t bus;
    std::uint32_t weight;
    std::uint32_t count;
    std::vector<std::uint32_t> message;
  };

  explicit ProgramAir(Shape shape) : shape_(std::move(shape)) {}

  Shape shape_;
  std::vector<DagNode> operations_;  ///< degrees unset
  std::vector<std::uint32_t> constraints_;
  std::vector<InteractionLine> interactions_;
};

}  // namespace gyre
