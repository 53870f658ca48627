#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "backend/cuda/codegen/units.h"
#include "backend/expressions/air_expressions.h"

namespace gyre::cuda {

/// The field that a kernel evaluates in; base: round 0, extension: the rounds on tables.
enum class KernelForm { kBase, kExtension };

/// A unit as an instance of a shape: the text of the shape reads the numbers of its outputs and
/// inputs from a table.
struct UnitCode {
  std::uint32_t shape = 0;
  std::vector<std::uint32_t> table;  ///< outputs, then inputs of the AIR in the order of reading
  std::size_t cost = 0;              ///< in base field operations, roughly
};

/// What is done for a unit, with the places of its inputs and outputs left open.
struct Shape {
  std::string body;  ///< statements that use `point`, `table` and `sum`
  std::size_t nodes = 0, outputs = 0, products = 0, sums = 0;  ///< instructions of a unit
  std::size_t cells = 0;                                       ///< readings of cells
  std::size_t units = 0;
  std::uint32_t registers = 0;  ///< most intermediate values that live at the same time
};

/// Collects the shapes of one kernel.
class ShapeList {
 public:
  explicit ShapeList(KernelForm form) : form_(form) {}

  /// The units of some outputs of an AIR, of the same shape one after another. The outputs are
  /// numbered from first_output on.
  std::vector<UnitCode> add(const SymbolicConstraints& symbolic, const InputTable& inputs,
                            std::span<const std::uint32_t> outputs, std::uint32_t first_output);
  const std::vector<Shape>& shapes() const { return shapes_; }

 private:
  std::uint32_t shape_of(const Shape& shape);

  KernelForm form_;
  std::vector<Shape> shapes_;
  std::map<std::string, std::uint32_t> by_body_;
};

}  // namespace gyre::cuda
