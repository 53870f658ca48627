#include "gyre/checker/checker.h"

#include <fmt/format.h>

#include "air/dag_text.h"
#include "checker/checks.h"
#include "column_major.h"

namespace gyre {

namespace {

constexpr std::size_t kShownFields = 32;

std::string message_text(std::span<const Fp> message) {
  std::string text = "[";
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (i == kShownFields) return text + fmt::format(", ... {} fields]", message.size());
    if (i > 0) text += ", ";
    text += fmt::format("{}", message[i].canonical());
  }
  return text + "]";
}

}  // namespace

std::string ConstraintViolation::text() const {
  std::string text = fmt::format(
      "AIR {} ({}), constraint {}: {} instead of 0 at row {}, not zero on {} row{}\n  {}\n",
      air_index, air_name, constraint, element_text(value), row, num_rows, num_rows == 1 ? "" : "s",
      expression);
  for (const auto& [variable, variable_value] : variables) {
    text += fmt::format("  {} = {}\n", variable, element_text(variable_value));
  }
  if (more_variables > 0) text += fmt::format("  and {} more variables\n", more_variables);
  return text;
}

std::string BusImbalance::text() const {
  std::string text = fmt::format("bus {}, message {}: the counts sum to {} instead of 0\n",
                                 bus_index, message_text(message), element_text(total));
  for (const Contribution& from : contributions) {
    text += fmt::format("  AIR {} ({}), interaction {}, row {}: {}\n", from.air_index,
                        from.air_name, from.interaction, from.row, element_text(from.count));
  }
  if (more_contributions > 0) {
    text += fmt::format("  and {} more contributions\n", more_contributions);
  }
  return text;
}

std::string CheckReport::text() const {
  if (ok()) {
    return buses_checked ? "all constraints hold, all buses balance\n" : "all constraints hold\n";
  }
  std::string text;
  for (const ConstraintViolation& violation : constraints) text += violation.text();
  if (more_constraints > 0) {
    text += fmt::format("and {} more violated constraints\n", more_constraints);
  }
  for (const BusImbalance& imbalance : buses) text += imbalance.text();
  if (more_buses > 0) text += fmt::format("and {} more unbalanced messages\n", more_buses);
  if (!buses_checked) text += "buses were not checked\n";
  return text;
}

CheckReport check_traces(const ProvingKey& key, std::span<const AirTraces> given,
                         const CheckOptions& options) {
  check_trace_shapes(key, given);
  const ColumnMajorTraces column_major(given);
  const std::span<const AirTraces> traces = column_major.traces();
  CheckReport report;
  for (const AirTraces& air : traces) check_constraints(key, air, options, report);
  const bool constraints_hold = report.constraints.empty() && report.more_constraints == 0;
  if (constraints_hold || options.always_check_buses) check_buses(key, traces, options, report);
  return report;
}

}  // namespace gyre
