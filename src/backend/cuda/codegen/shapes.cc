#include "backend/cuda/codegen/shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "backend/cuda/codegen/shape_writer.h"
#include "backend/cuda/codegen/split_outputs.h"

namespace gyre::cuda {
namespace {

/// Inner nodes of a sum that is evaluated as one, and with the outputs that go with it.
constexpr std::size_t kExtensionNodes = 40;

/// A unit in the extension field is one warp's work in rounds of few points, which take as long as
/// the longest of them.
UnitLimits limits_of(KernelForm form) {
  return form == KernelForm::kBase
             ? UnitLimits{.most = 512, .guests = 512, .usual = 96}
             : UnitLimits{.most = 256, .guests = kExtensionNodes, .usual = 24};
}

/// The outputs as they are evaluated, a group's one after another.
OutputTerms terms_of(KernelForm form, const SymbolicConstraints& symbolic,
                     std::span<const std::uint32_t> outputs) {
  constexpr std::size_t kWhole = std::numeric_limits<std::size_t>::max();
  return split_outputs(symbolic, outputs, form == KernelForm::kBase ? kWhole : kExtensionNodes);
}

std::vector<std::uint32_t> nodes_of(const Unit& unit, std::span<const std::uint32_t> outputs) {
  std::vector<std::uint32_t> nodes;
  for (const std::uint32_t output : unit.outputs) nodes.push_back(outputs[output]);
  return nodes;
}

/// What two units of the same shape have in common.
std::string shape_key(KernelForm form, const SubDag& part) {
  return ShapeWriter(form, part).shape().body;
}

/// Brings neighbours among units of the same shape together while they are small.
std::vector<Unit> join_small_units(KernelForm form, SubDagCutter& cutter, std::vector<Unit> units,
                                   std::span<const std::uint32_t> outputs) {
  const UnitLimits limits = limits_of(form);
  std::map<std::string, std::size_t> open;  // by shape: the unit that its next one may join
  std::vector<Unit> joined;
  for (Unit& unit : units) {
    const std::size_t size = unit.nodes + unit.outputs.size();
    const auto [place, first] =
        open.try_emplace(shape_key(form, cutter.cut(nodes_of(unit, outputs))), joined.size());
    Unit* host = first ? nullptr : &joined[place->second];
    if (host != nullptr && host->nodes + host->outputs.size() + size <= limits.usual) {
      host->outputs.insert(host->outputs.end(), unit.outputs.begin(), unit.outputs.end());
      host->nodes += unit.nodes;
      continue;
    }
    place->second = joined.size();
    joined.push_back(std::move(unit));
  }
  for (Unit& unit : joined) std::sort(unit.outputs.begin(), unit.outputs.end());
  return joined;
}

}  // namespace

std::vector<UnitCode> ShapeList::add(const SymbolicConstraints& symbolic, const InputTable& inputs,
                                     std::span<const std::uint32_t> outputs,
                                     std::uint32_t first_output) {
  const OutputTerms terms = terms_of(form_, symbolic, outputs);
  SubDagCutter cutter(terms.symbolic);
  const std::vector<Unit> units = join_small_units(
      form_, cutter, make_units(terms.symbolic, terms.nodes, limits_of(form_)), terms.nodes);
  std::vector<UnitCode> codes;
  for (const Unit& unit : units) {
    const ShapeWriter writer(form_, cutter.cut(nodes_of(unit, terms.nodes)));
    UnitCode& code = codes.emplace_back();
    code.shape = shape_of(writer.shape());
    for (const std::uint32_t term : unit.outputs) {
      code.table.push_back(first_output + terms.output_of[term]);
    }
    for (const std::uint32_t node : writer.input_nodes()) {
      code.table.push_back(inputs.input_of_node[node]);
    }
    const Shape& shape = writer.shape();
    code.cost = 5 * shape.products + 2 * shape.sums + 6 * shape.outputs + 4 * shape.cells;
  }
  std::stable_sort(codes.begin(), codes.end(),
                   [](const UnitCode& a, const UnitCode& b) { return a.shape < b.shape; });
  return codes;
}

std::uint32_t ShapeList::shape_of(const Shape& shape) {
  const auto [place, first] =
      by_body_.try_emplace(shape.body, static_cast<std::uint32_t>(shapes_.size()));
  if (first) shapes_.push_back(shape);
  ++shapes_[place->second].units;
  return place->second;
}

}  // namespace gyre::cuda
