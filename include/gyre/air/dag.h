#pragma once

#include <cstdint>
#include <vector>

#include "gyre/field/fp.h"

namespace gyre {

/// Where a variable of an AIR lives. The numbers are those of the key encoding.
enum class VariableSource : std::uint8_t {
  kPreprocessed = 0,
  kMain = 1,
  kPublic = 2,
  kChallenge = 3
};

/// One cell of the two-row window of an AIR, or a public value. Main parts are numbered cached
/// 0..c-1, then the common main as part c (if its width is not 0).
struct Variable {
  VariableSource source = VariableSource::kMain;
  std::uint32_t part = 0;    ///< kMain
  std::uint32_t offset = 0;  ///< 0 this row, 1 the next row (cyclic); kPreprocessed and kMain
  std::uint32_t index = 0;   ///< column, or number of the public value
  friend auto operator<=>(const Variable&, const Variable&) = default;
};

/// The numbers are those of the key encoding.
enum class NodeKind : std::uint8_t {
  kVariable = 0,
  kIsFirstRow = 1,
  kIsLastRow = 2,
  kIsTransition = 3,
  kConstant = 4,
  kAdd = 5,
  kSub = 6,
  kNeg = 7,
  kMul = 8,
};

/// A node of the constraint DAG; children come before their parents. Spec 02, section 3.
struct DagNode {
  NodeKind kind = NodeKind::kConstant;
  Variable variable;         ///< kVariable
  Fp constant;               ///< kConstant
  std::uint32_t left = 0;    ///< kAdd, kSub, kMul; the child of kNeg
  std::uint32_t right = 0;   ///< kAdd, kSub, kMul
  std::uint32_t degree = 0;  ///< inner nodes: degree of the expression before simplification
  friend bool operator==(const DagNode&, const DagNode&) = default;
};

/// Adds `count` to the multiplicity of `message` on a bus, for each row. Node indices.
/// Spec 02, section 4.
struct Interaction {
  std::vector<std::uint32_t> message;
  std::uint32_t count = 0;
  std::uint16_t bus_index = 0;
  std::uint32_t count_weight = 0;
  friend bool operator==(const Interaction&, const Interaction&) = default;
};

/// Constraints and interactions of one AIR.
struct SymbolicConstraints {
  std::vector<DagNode> nodes;
  std::vector<std::uint32_t> constraint_nodes;  ///< `constraint_idx`: ascending, without repeats
  std::vector<Interaction> interactions;
  friend bool operator==(const SymbolicConstraints&, const SymbolicConstraints&) = default;
};

}  // namespace gyre
