#include "check.h"

#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "gyre/bundle/bundle.h"

namespace gyre::cli {
namespace {

struct Options {
  std::string bundle;
  std::size_t max_findings = 16;
};

int check_bundle(const Options& options, const Format& format) {
  const Bundle bundle = read_bundle(options.bundle);
  CheckOptions check_options;
  check_options.max_constraint_findings = options.max_findings;
  check_options.max_bus_findings = options.max_findings;
  const CheckReport report = check_traces(bundle.proving_key, bundle.traces(), check_options);
  if (format.json) {
    print_json(
        {{"status", report.ok() ? "satisfied" : "unsatisfied"}, {"check", check_json(report)}});
  } else {
    fmt::print("{}", report.text());
  }
  return report.ok() ? kDone : kInvalid;
}

Json violation_json(const ConstraintViolation& violation) {
  Json variables = Json::object();
  for (const auto& [name, value] : violation.variables) variables[name] = value.canonical();
  return {{"air", violation.air_index},
          {"air_name", violation.air_name},
          {"constraint", violation.constraint},
          {"node", violation.node},
          {"row", violation.row},
          {"num_rows", violation.num_rows},
          {"value", violation.value.canonical()},
          {"expression", violation.expression},
          {"variables", std::move(variables)}};
}

Json imbalance_json(const BusImbalance& imbalance) {
  Json contributions = Json::array();
  for (const BusImbalance::Contribution& part : imbalance.contributions) {
    contributions.push_back({{"air", part.air_index},
                             {"air_name", part.air_name},
                             {"interaction", part.interaction},
                             {"row", part.row},
                             {"count", part.count.canonical()}});
  }
  return {{"bus", imbalance.bus_index},
          {"message", canonical_json(imbalance.message)},
          {"total", imbalance.total.canonical()},
          {"contributions", std::move(contributions)},
          {"more_contributions", imbalance.more_contributions}};
}

}  // namespace

Json check_json(const CheckReport& report) {
  Json constraints = Json::array(), buses = Json::array();
  for (const auto& violation : report.constraints) constraints.push_back(violation_json(violation));
  for (const auto& imbalance : report.buses) buses.push_back(imbalance_json(imbalance));
  return {{"ok", report.ok()},
          {"constraints", std::move(constraints)},
          {"more_constraints", report.more_constraints},
          {"buses_checked", report.buses_checked},
          {"buses", std::move(buses)},
          {"more_buses", report.more_buses}};
}

void add_check(CLI::App& app, Format& format, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "check", "Debug a bundle: evaluate every constraint on every row, balance every bus");
  add_path(*command, "--bundle", options->bundle, "Folder with a key and traces", "DIR")
      ->required();
  command->add_option("--max-findings", options->max_findings, "List at most so many of each kind")
      ->check(CLI::Range(1u, 1000000u))
      ->capture_default_str();
  add_format(*command, format);
  command->footer("Exit code 0 if the traces satisfy their AIRs, 1 if not.");
  command->callback(
      [=, &format, &action] { action = [=, &format] { return check_bundle(*options, format); }; });
}

}  // namespace gyre::cli
