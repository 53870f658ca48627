#include <fmt/format.h>

#include <limits>
#include <map>

#include "gyre/keys/keygen.h"

namespace gyre {

namespace {

std::uint32_t to_coefficient(std::uint64_t value, std::size_t air, std::string_view what) {
  if (value <= std::numeric_limits<std::uint32_t>::max()) return static_cast<std::uint32_t>(value);
  throw misuse(fmt::format("AIR {}: {} is {}, above 2^32 - 1", air, what, value));
}

/// For each bus that occurs, by ascending index: the sum of weights per AIR.
std::map<std::uint16_t, LinearConstraint> bus_constraints(std::span<const AirVerifyingKey> airs) {
  std::map<std::uint16_t, LinearConstraint> constraints;
  for (std::size_t i = 0; i < airs.size(); ++i) {
    for (const Interaction& interaction : airs[i].symbolic.interactions) {
      LinearConstraint& constraint = constraints[interaction.bus_index];
      constraint.threshold = Fp::kModulus;
      constraint.coefficients.resize(airs.size());
      const std::uint64_t weight =
          std::uint64_t{constraint.coefficients[i]} + interaction.count_weight;
      constraint.coefficients[i] = to_coefficient(
          weight, i, fmt::format("the sum of count weights on bus {}", interaction.bus_index));
    }
  }
  return constraints;
}

/// Whether every choice of heights that satisfies `stronger` satisfies `weaker`.
bool is_implied_by(const LinearConstraint& weaker, const LinearConstraint& stronger) {
  if (weaker.threshold < stronger.threshold) return false;
  for (std::size_t i = 0; i < weaker.coefficients.size(); ++i) {
    if (weaker.coefficients[i] > stronger.coefficients[i]) return false;
  }
  return true;
}

void add_unless_implied(std::vector<LinearConstraint>& kept, LinearConstraint constraint) {
  for (const LinearConstraint& member : kept) {
    if (is_implied_by(constraint, member)) return;
  }
  std::erase_if(kept,
                [&](const LinearConstraint& member) { return is_implied_by(member, constraint); });
  kept.push_back(std::move(constraint));
}

}  // namespace

std::vector<LinearConstraint> trace_height_constraints(std::span<const AirVerifyingKey> airs,
                                                       std::uint32_t max_interaction_count) {
  std::vector<LinearConstraint> kept;
  for (auto& [bus, constraint] : bus_constraints(airs)) {
    add_unless_implied(kept, std::move(constraint));
  }
  LinearConstraint total{.threshold = max_interaction_count};
  for (std::size_t i = 0; i < airs.size(); ++i) {
    total.coefficients.push_back(
        to_coefficient(airs[i].symbolic.interactions.size(), i, "the number of interactions"));
  }
  add_unless_implied(kept, std::move(total));
  return kept;
}

}  // namespace gyre
