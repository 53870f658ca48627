#include <fmt/format.h>

#include <map>

#include "inspect.h"
#include "report.h"

namespace gyre::cli {
namespace {

/// Interactions of each AIR on one bus.
using Bus = std::map<std::size_t, std::size_t>;

std::map<unsigned, Bus> buses(const VerifyingKey& key) {
  std::map<unsigned, Bus> result;
  for (std::size_t i = 0; i < key.per_air.size(); ++i) {
    for (const Interaction& interaction : key.per_air[i].symbolic.interactions) {
      ++result[interaction.bus_index][i];
    }
  }
  return result;
}

Json air_json(const AirVerifyingKey& air) {
  Json preprocessed;
  if (air.preprocessed) {
    preprocessed = {{"commit", canonical_json(air.preprocessed->commit)},
                    {"hypercube_dim", air.preprocessed->hypercube_dim},
                    {"stacking_width", air.preprocessed->stacking_width}};
  }
  Json width = {{"preprocessed", nullptr},
                {"cached", air.width.cached_mains},
                {"common", air.width.common_main}};
  if (air.width.preprocessed) width["preprocessed"] = *air.width.preprocessed;
  return {{"required", air.is_required},
          {"width", std::move(width)},
          {"preprocessed", std::move(preprocessed)},
          {"num_public_values", air.num_public_values},
          {"max_constraint_degree", air.max_constraint_degree},
          {"need_rot", air.need_rot},
          {"num_constraints", air.symbolic.constraint_nodes.size()},
          {"num_interactions", air.symbolic.interactions.size()},
          {"num_dag_nodes", air.symbolic.nodes.size()},
          {"num_unused_variables", air.unused_variables.size()}};
}

Json key_json(const VerifyingKey& key, std::size_t bytes) {
  Json airs = Json::array();
  for (const AirVerifyingKey& air : key.per_air) airs.push_back(air_json(air));
  Json bus_list = Json::array();
  for (const auto& [index, bus] : buses(key)) {
    Json users = Json::array();
    for (const auto& [air, count] : bus) users.push_back({{"air", air}, {"interactions", count}});
    bus_list.push_back({{"bus", index}, {"airs", std::move(users)}});
  }
  Json constraints = Json::array();
  for (const LinearConstraint& constraint : key.trace_height_constraints) {
    constraints.push_back(
        {{"coefficients", constraint.coefficients}, {"threshold", constraint.threshold}});
  }
  return {{"kind", "verifying_key"},
          {"bytes", bytes},
          {"vk_pre_hash", canonical_json(key.pre_hash)},
          {"params", params_json(key.params)},
          {"airs", std::move(airs)},
          {"buses", std::move(bus_list)},
          {"trace_height_constraints", std::move(constraints)}};
}

std::string width_text(const TraceWidth& width) {
  std::string text;
  if (width.preprocessed) text += fmt::format("{} prep + ", *width.preprocessed);
  for (const std::uint32_t cached : width.cached_mains) text += fmt::format("{} cached + ", cached);
  return text + std::to_string(width.common_main);
}

void print_text(const VerifyingKey& key, std::size_t bytes) {
  fmt::print("verifying key: {} bytes, {} AIRs\n", grouped(bytes), key.per_air.size());
  fmt::print("pre-hash: {}\n\nparameters\n", canonical_json(key.pre_hash).dump());
  const Json params = params_json(key.params);
  for (const auto& [name, value] : params.items()) {
    fmt::print("  {:<30}{}\n", name, value.dump());
  }
  fmt::print("\n{:>5}  {:<24}  {:>6}  {:>6}  {:>11}  {:>12}  {:>8}  {:>8}  flags\n", "AIR", "width",
             "public", "degree", "constraints", "interactions", "nodes", "unused");
  for (std::size_t i = 0; i < key.per_air.size(); ++i) {
    const AirVerifyingKey& air = key.per_air[i];
    fmt::print("{:>5}  {:<24}  {:>6}  {:>6}  {:>11}  {:>12}  {:>8}  {:>8}  {}{}\n", i,
               width_text(air.width), air.num_public_values, air.max_constraint_degree,
               air.symbolic.constraint_nodes.size(), air.symbolic.interactions.size(),
               air.symbolic.nodes.size(), air.unused_variables.size(),
               air.is_required ? "required " : "", air.need_rot ? "next-row" : "");
  }
  fmt::print("\n");
  for (const auto& [index, bus] : buses(key)) {
    fmt::print("bus {:>5}:", index);
    for (const auto& [air, count] : bus) fmt::print("  AIR {} x {}", air, count);
    fmt::print("\n");
  }
  fmt::print("height constraints: sum of coefficient * 2^max(log_height, l_skip) < threshold\n");
  for (const LinearConstraint& constraint : key.trace_height_constraints) {
    fmt::print("  {} < {}\n", Json(constraint.coefficients).dump(), constraint.threshold);
  }
}

}  // namespace

int inspect_key(const VerifyingKey& key, std::size_t bytes, const Format& format) {
  if (format.json) {
    print_json(key_json(key, bytes));
  } else {
    print_text(key, bytes);
  }
  return kDone;
}

}  // namespace gyre::cli
