#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gyre/air/builder.h"
#include "gyre/matrix.h"

namespace gyre {

/// An algebraic intermediate representation: the shape of a trace, and the constraints and bus
/// interactions of its rows. Spec 02, section 1. Key generation reads it once; it is not needed
/// for proving.
class Air {
 public:
  virtual ~Air() = default;

  /// For people; in no hash.
  virtual std::string name() const = 0;
  /// The fixed trace that is committed at key generation: width at least 1, power-of-two height.
  virtual std::optional<Matrix> preprocessed_trace() const { return std::nullopt; }
  /// Widths of the separately committed main parts 0..c-1.
  virtual std::vector<std::uint32_t> cached_main_widths() const { return {}; }
  /// Width of the main part that all AIRs commit together; 0: none.
  virtual std::uint32_t common_main_width() const = 0;
  virtual std::size_t num_public_values() const { return 0; }
  /// Records constraints and interactions. Must do the same on every call.
  virtual void eval(AirBuilder& builder) const = 0;
};

}  // namespace gyre
