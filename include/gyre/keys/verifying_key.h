#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gyre/air/dag.h"
#include "gyre/air/trace_width.h"
#include "gyre/hash/scheme.h"
#include "gyre/protocol/params.h"
#include "gyre/support/result.h"

namespace gyre {

/// The commitment to a preprocessed trace, made at key generation.
struct PreprocessedCommitment {
  Digest commit{};
  std::int64_t hypercube_dim = 0;  ///< log2(height) - l_skip
  std::uint64_t stacking_width = 0;
  friend bool operator==(const PreprocessedCommitment&, const PreprocessedCommitment&) = default;
};

/// What the verifier knows about one AIR. Spec 02, section 6.2.
struct AirVerifyingKey {
  std::optional<PreprocessedCommitment> preprocessed;
  TraceWidth width;
  std::uint64_t num_public_values = 0;
  bool need_rot = false;  ///< whether any expression reads the next row
  SymbolicConstraints symbolic;
  std::uint8_t max_constraint_degree = 0;
  bool is_required = false;
  std::vector<Variable> unused_variables;
  friend bool operator==(const AirVerifyingKey&, const AirVerifyingKey&) = default;

  std::size_t num_cached_mains() const { return width.cached_mains.size(); }
  /// Openings per column: 2 with rotations, 1 without.
  std::size_t openings_per_column() const { return need_rot ? 2 : 1; }
};

/// sum over present AIRs of coefficient * 2^max(log_height, l_skip) < threshold.
struct LinearConstraint {
  std::vector<std::uint32_t> coefficients;  ///< one per AIR
  std::uint32_t threshold = 0;
  friend bool operator==(const LinearConstraint&, const LinearConstraint&) = default;
};

/// The verifying key of a system of AIRs. Immutable after creation; share it between threads.
struct VerifyingKey {
  SystemParams params;
  std::vector<AirVerifyingKey> per_air;
  std::vector<LinearConstraint> trace_height_constraints;
  Digest pre_hash{};  ///< hash of the encoding; the first thing a transcript absorbs
  friend bool operator==(const VerifyingKey&, const VerifyingKey&) = default;
};

/// Why the bytes of a verifying key were refused.
struct KeyDecodeError {
  enum class Code {
    kUnexpectedEof,      ///< the input ends inside `field`
    kMalformedVarint,    ///< not the shortest form, or above the field's range
    kNonCanonicalField,  ///< a Montgomery word not below p
    kUnknownVariant,     ///< an enum, option or bool byte out of range
    kTrailingBytes,      ///< bytes after the end of the key
    kLimitExceeded,      ///< a count that the input cannot hold, or a value above 32 bits
    kInvalid,            ///< decodes, but is not a key that is sound to use (spec 08, section 7.2)
  };
  Code code;
  std::size_t offset = 0;  ///< byte position in the input
  std::string detail;      ///< names the field, what was expected and what came

  std::string message() const;
};

/// Encoding without the pre-hash (`vk0`, postcard). Spec 02, section 6.
std::vector<std::uint8_t> encode_verifying_key(const VerifyingKey& key);

/// Decodes and validates untrusted bytes and computes the pre-hash. Memory stays within a small
/// multiple of the input's size.
Result<VerifyingKey, KeyDecodeError> decode_verifying_key(std::span<const std::uint8_t> bytes);

/// Spec 02, section 6.3: the hash of the codec version, the length and the encoding.
Digest verifying_key_pre_hash(std::span<const std::uint8_t> encoded);

}  // namespace gyre
