#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gyre/airs/program.h"
#include "gyre/keys/proving_key.h"
#include "gyre/traces.h"

namespace gyre {

/// One AIR of a random system, with a trace that satisfies it.
struct RandomAir {
  std::string program;  ///< for people who look into a failure
  ProgramAir air;
  bool required = false;
  bool present = true;
  std::vector<Matrix> main_parts;  ///< as the DAG numbers them
  std::vector<Fp> public_values;
};

/// Parameters, AIRs and satisfying traces made from a seed: l_skip 0 to 5, heights from one row,
/// zero to two cached parts, with and without preprocessed trace, common main, public values,
/// rotations and interactions; optional AIRs that are absent; buses that balance within an AIR and
/// between two AIRs.
struct RandomSystem {
  SystemParams params;
  std::vector<RandomAir> airs;

  /// Heights of at most 2^max_log_height rows, max_log_height >= 2.
  explicit RandomSystem(std::uint64_t seed, unsigned max_log_height = 6);

  ProvingKey keygen() const;
  /// Of the present AIRs. The views point into this object.
  std::vector<AirTraces> traces() const;
  /// Parameters, shapes and programs.
  std::string text() const;
};

}  // namespace gyre
