#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "gyre/air/dag.h"

namespace gyre {

/// "M(3)", "M1'(0)" (main part 1, next row), "Q(0)", "U(2)". `M` without a number is part 0.
std::string variable_name(const Variable& variable);

/// A node by itself: the variable, selector or constant, or "(#2 + #5)" with the numbers of the
/// children.
std::string node_label(const DagNode& node);

/// The expression of a node as text, cut off with "..." near `limit` characters. Constants are
/// shown as the integer of least magnitude. Requires children before parents.
std::string expression_text(std::span<const DagNode> nodes, std::uint32_t node, std::size_t limit);

/// The integer of least magnitude that a field element is: "-1" for p - 1.
std::string element_text(Fp value);

}  // namespace gyre
