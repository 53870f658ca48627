#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gyre/field/fp.h"
#include "gyre/keys/proving_key.h"
#include "gyre/traces.h"

namespace gyre {

/// A constraint that is not zero on some rows of an AIR.
struct ConstraintViolation {
  std::size_t air_index = 0;
  std::string air_name;
  std::size_t constraint = 0;  ///< position in the AIR's `constraint_nodes`
  std::uint32_t node = 0;
  std::size_t row = 0;                                ///< the first row where it fails
  std::size_t num_rows = 0;                           ///< how many rows fail
  Fp value;                                           ///< of the constraint at `row`
  std::string expression;                             ///< may be cut off
  std::vector<std::pair<std::string, Fp>> variables;  ///< of the expression, at `row`
  std::size_t more_variables = 0;

  std::string text() const;
};

/// A message whose counts do not sum to zero over all traces.
struct BusImbalance {
  struct Contribution {
    std::size_t air_index = 0;
    std::string air_name;
    std::size_t interaction = 0;
    std::size_t row = 0;
    Fp count;
  };

  std::uint16_t bus_index = 0;
  std::vector<Fp> message;
  Fp total;
  std::vector<Contribution> contributions;
  std::size_t more_contributions = 0;

  std::string text() const;
};

struct CheckOptions {
  std::size_t max_constraint_findings = 16;
  std::size_t max_bus_findings = 16;
  std::size_t max_contributions = 64;  ///< listed per bus finding
  std::size_t max_variables = 32;      ///< listed per constraint finding
  std::size_t max_expression_length = 400;
  /// The bus check runs only if every constraint holds, unless this is set.
  bool always_check_buses = false;
};

struct CheckReport {
  std::vector<ConstraintViolation> constraints;
  std::size_t more_constraints = 0;  ///< violated constraints that are not listed
  std::vector<BusImbalance> buses;
  std::size_t more_buses = 0;  ///< unbalanced messages that are not listed
  bool buses_checked = false;

  bool ok() const {
    return constraints.empty() && more_constraints == 0 && buses.empty() && more_buses == 0;
  }
  /// For people: one paragraph per finding; "all constraints hold, ..." if there is none.
  std::string text() const;
};

/// Refuses traces that do not have the shapes of the key: gyre::Error(kMisuse) that names AIR,
/// part, what was expected and what came. One entry per present AIR, ascending air_index, required
/// AIRs included; parts of one AIR have the same power-of-two height.
void check_trace_shapes(const ProvingKey& key, std::span<const AirTraces> traces);

/// Evaluates every constraint on every row and balances every bus; for debugging, no proof is
/// made. Spec 02, section 7. Works on keys from any source. Memory: a few MB per thread, and the
/// bus check about 64 bytes per message that is unbalanced at a time. Shapes as above.
CheckReport check_traces(const ProvingKey& key, std::span<const AirTraces> traces,
                         const CheckOptions& options = {});

}  // namespace gyre
