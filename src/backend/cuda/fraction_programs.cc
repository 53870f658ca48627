#include "backend/cuda/fraction_programs.h"

#include <algorithm>
#include <map>
#include <utility>

namespace gyre::cuda {
namespace {

/// A form with more terms becomes a value of its own.
constexpr std::size_t kLongestForm = 64;

/// constant + sum of factor * node; ascending nodes, no factor 0.
struct LinearForm {
  Fp constant;
  std::vector<std::pair<std::uint32_t, Fp>> terms;
};

LinearForm scaled(LinearForm form, Fp factor) {
  if (factor.is_zero()) return {};
  form.constant *= factor;
  for (auto& [node, value] : form.terms) value *= factor;
  return form;
}

/// a + factor b.
LinearForm sum(const LinearForm& a, const LinearForm& b, Fp factor) {
  LinearForm result{.constant = a.constant + factor * b.constant, .terms = {}};
  std::size_t i = 0, j = 0;
  while (i < a.terms.size() || j < b.terms.size()) {
    const bool from_a =
        j == b.terms.size() || (i < a.terms.size() && a.terms[i].first <= b.terms[j].first);
    const bool from_b =
        i == a.terms.size() || (j < b.terms.size() && b.terms[j].first <= a.terms[i].first);
    const std::uint32_t node = from_a ? a.terms[i].first : b.terms[j].first;
    Fp value;
    if (from_a) value += a.terms[i++].second;
    if (from_b) value += factor * b.terms[j++].second;
    if (!value.is_zero()) result.terms.emplace_back(node, value);
  }
  return result;
}

/// The part of a DAG that an interaction uses, its nodes numbered anew.
SymbolicConstraints used_part(const SymbolicConstraints& symbolic, Interaction& interaction) {
  std::map<std::uint32_t, std::uint32_t> number;
  std::vector<std::uint32_t> open = interaction.message;
  open.push_back(interaction.count);
  while (!open.empty()) {
    const std::uint32_t index = open.back();
    open.pop_back();
    if (!number.emplace(index, 0).second) continue;
    const DagNode& node = symbolic.nodes[index];
    if (node.kind < NodeKind::kAdd) continue;
    open.push_back(node.left);
    if (node.kind != NodeKind::kNeg) open.push_back(node.right);
  }
  SymbolicConstraints part;
  for (auto& [index, place] : number) {
    place = static_cast<std::uint32_t>(part.nodes.size());
    DagNode& node = part.nodes.emplace_back(symbolic.nodes[index]);
    if (node.kind < NodeKind::kAdd) continue;
    node.left = number.at(node.left);
    if (node.kind != NodeKind::kNeg) node.right = number.at(node.right);
  }
  for (std::uint32_t& field : interaction.message) field = number.at(field);
  interaction.count = number.at(interaction.count);
  return part;
}

/// Each node as a linear form in inputs and in nodes that are not linear.
std::vector<LinearForm> linear_forms(std::span<const DagNode> nodes) {
  std::vector<LinearForm> forms(nodes.size());
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    const DagNode& node = nodes[i];
    const LinearForm itself{.constant = Fp(), .terms = {{i, Fp::one()}}};
    LinearForm& form = forms[i];
    switch (node.kind) {
      case NodeKind::kConstant:
        form.constant = node.constant;
        break;
      case NodeKind::kAdd:
        form = sum(forms[node.left], forms[node.right], Fp::one());
        break;
      case NodeKind::kSub:
        form = sum(forms[node.left], forms[node.right], -Fp::one());
        break;
      case NodeKind::kNeg:
        form = scaled(forms[node.left], -Fp::one());
        break;
      case NodeKind::kMul:
        if (forms[node.left].terms.empty()) {
          form = scaled(forms[node.right], forms[node.left].constant);
        } else if (forms[node.right].terms.empty()) {
          form = scaled(forms[node.left], forms[node.right].constant);
        } else {
          form = itself;
        }
        break;
      default:
        form = itself;
        break;
    }
    if (form.terms.size() > kLongestForm) form = itself;
  }
  return forms;
}

}  // namespace

InteractionProgram::InteractionProgram(const SymbolicConstraints& symbolic,
                                       const Interaction& whole) {
  Interaction interaction = whole;
  const SymbolicConstraints part = used_part(symbolic, interaction);
  const std::vector<LinearForm> forms = linear_forms(part.nodes);

  std::map<std::uint32_t, std::vector<Part>> in_count, in_message;  // per atom
  const auto add_field = [&](std::uint32_t node, std::uint32_t field) {
    if (!forms[node].constant.is_zero()) constants.push_back({field, forms[node].constant});
    for (const auto& [atom, factor] : forms[node].terms) {
      (field == kCount ? in_count : in_message)[atom].push_back({field, factor});
    }
  };
  add_field(interaction.count, kCount);
  for (std::uint32_t field = 0; field < interaction.message.size(); ++field) {
    add_field(interaction.message[field], field);
  }

  OutputGroup products[2];
  const auto split = [&](const std::map<std::uint32_t, std::vector<Part>>& atoms,
                         std::vector<Term>& terms, OutputGroup& group) {
    for (const auto& [index, parts] : atoms) {
      const DagNode& node = part.nodes[index];
      if (node.kind < NodeKind::kAdd) {
        terms.push_back({.atom = {node.kind, node.variable, node.constant}, .parts = parts});
      } else {
        group.nodes.push_back(index);
        product_parts.push_back(parts);
      }
    }
  };
  split(in_count, count_terms, products[0]);
  split(in_message, message_terms, products[1]);
  if (product_parts.empty()) return;

  std::vector<std::uint32_t> roots = products[0].nodes;
  roots.insert(roots.end(), products[1].nodes.begin(), products[1].nodes.end());
  const InputTable table(part, roots);
  program = ExpressionProgram(part, table, products, {.loads = false, .outputs_per_sum = 1});
  inputs = table.inputs;
}

std::vector<std::vector<InteractionProgram>> interaction_programs(const VerifyingKey& key) {
  std::vector<std::vector<InteractionProgram>> programs;
  for (const AirVerifyingKey& air : key.per_air) {
    auto& of_air = programs.emplace_back();
    for (const Interaction& interaction : air.symbolic.interactions) {
      of_air.emplace_back(air.symbolic, interaction);
    }
  }
  return programs;
}

}  // namespace gyre::cuda
