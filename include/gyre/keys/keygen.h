#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gyre/air/air.h"
#include "gyre/keys/proving_key.h"
#include "gyre/protocol/params.h"
#include "gyre/support/error.h"

namespace gyre {

/// Why an AIR cannot have a key. Spec 02, section 5.2.
class KeygenError : public Error {
 public:
  enum class Code {
    kAirWidthZero,
    kAirNoConstraintsOrInteractions,
    kInteractionMessageEmpty,      ///< payload: interaction
    kMaxConstraintDegreeExceeded,  ///< payload: degree, max_degree
  };

  struct Payload {
    std::size_t interaction = 0;
    std::uint64_t degree = 0;
    std::uint64_t max_degree = 0;
  };

  KeygenError(Code code, std::size_t air_index, std::string air_name, Payload payload);
  KeygenError(Code code, std::size_t air_index, std::string air_name)
      : KeygenError(code, air_index, std::move(air_name), Payload{}) {}

  Code code() const { return code_; }
  /// "AirWidthZero", ...
  std::string_view name() const;
  std::size_t air_index() const { return air_index_; }
  const std::string& air_name() const { return air_name_; }
  const Payload& payload() const { return payload_; }

 private:
  Code code_;
  std::size_t air_index_;
  std::string air_name_;
  Payload payload_;
};

/// Makes the keys of a system of AIRs. Spec 02, section 5. Not thread-safe.
class KeyGenerator {
 public:
  /// Misuse for parameters that are not sound to run with.
  explicit KeyGenerator(SystemParams params);

  /// Adds an AIR that a proof may leave out; returns its index. Takes and commits its preprocessed
  /// trace. `air` must live until generate(). Misuse for a preprocessed trace that cannot be
  /// committed: width 0, height not a power of two or above 2^(l_skip + n_stack).
  std::size_t add_air(const Air& air);
  /// The same for an AIR that must have a trace in every proof.
  std::size_t add_required_air(const Air& air);

  /// KeygenError for the first AIR that fails a check, in the order they were added. Misuse if the
  /// limits of the format are exceeded: message lengths, 32-bit height constraints, columns.
  ProvingKey generate() const;

 private:
  struct Entry {
    const Air* air;
    bool is_required;
    std::optional<Matrix> preprocessed_trace;
    std::optional<PreprocessedCommitment> commitment;
  };

  std::size_t add(const Air& air, bool is_required);
  AirVerifyingKey make_air_key(std::size_t index) const;

  SystemParams params_;
  std::vector<Entry> airs_;
};

/// The key of `airs`, none of them required.
ProvingKey keygen(const SystemParams& params, std::span<const Air* const> airs);

/// The bounds on trace heights that keep bus sums meaningful. Spec 02, section 5.4. Misuse when a
/// coefficient exceeds 32 bits.
std::vector<LinearConstraint> trace_height_constraints(std::span<const AirVerifyingKey> airs,
                                                       std::uint32_t max_interaction_count);

}  // namespace gyre
