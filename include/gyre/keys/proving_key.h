#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gyre/keys/verifying_key.h"
#include "gyre/matrix.h"

namespace gyre {

struct AirProvingKey {
  std::string name;  ///< for people; in no hash
  /// The preprocessed trace, when the AIR has one. Its commitment is recomputed by a backend when
  /// it loads the key.
  std::optional<Matrix> preprocessed_trace;
};

/// Everything a prover needs besides the traces. Immutable after creation.
struct ProvingKey {
  VerifyingKey vk;
  std::vector<AirProvingKey> per_air;  ///< same order as vk.per_air
};

}  // namespace gyre
