#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "backend/cuda/codegen/shapes.h"
#include "backend/expressions/expression_program.h"

namespace gyre::cuda {

/// Writes a unit as a straight list of definitions. Inputs are numbered in the order in which they
/// are first read, so that units that do the same with other cells get the same text.
class ShapeWriter {
 public:
  ShapeWriter(KernelForm form, const SubDag& part);

  const Shape& shape() const { return shape_; }
  /// Nodes of the whole DAG that are the inputs of the unit, as its table has them.
  const std::vector<std::uint32_t>& input_nodes() const { return input_nodes_; }

 private:
  /// The present name of an input's value.
  struct Reading {
    std::string name;
    std::size_t last_use = 0;
    std::uint32_t place = InputTable::kNoInput;  ///< in the table
  };

  /// A line of the body, and what it needs from memory.
  struct Statement {
    std::string text, fetch;
  };

  void write(const Instruction& instruction);
  void define(const Instruction& instruction, const char* function,
              std::initializer_list<Operand> operands);
  void add_to_sum(std::uint32_t output);
  const std::string& value(Operand operand);
  void read(std::uint32_t input);
  std::string new_name(const std::string& definition, std::string fetch = {});
  /// Defines and names what `expression` reads; for a later statement.
  std::string fetch_as(std::string& fetch, const std::string& expression);
  std::string body() const;

  KernelForm form_;
  const SubDag& part_;
  InputTable inputs_;
  ExpressionProgram program_;
  Shape shape_;
  std::vector<std::uint32_t> input_nodes_, node_of_input_;
  std::vector<std::string> registers_;  ///< what stands for each now
  std::vector<Reading> readings_;       ///< per input
  std::vector<Statement> statements_;
  std::size_t names_ = 0, fetches_ = 0;
  unsigned unsettled_ = 0;  ///< outputs added to a base field sum since it was settled
};

}  // namespace gyre::cuda
