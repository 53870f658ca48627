#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gyre/proof/proof.h"
#include "gyre/support/result.h"

namespace gyre {

/// Binary proof codec, version 3. Spec 08, section 4.
inline constexpr std::uint32_t kProofCodecVersion = 3;

/// Why bytes are not a proof. Spec 08, section 6.
struct ProofDecodeError {
  enum class Code {
    kUnexpectedEof,
    kBadVersion,  ///< value: the version that came
    kBitmapPadding,
    kNonCanonicalField,  ///< value: the word that is not below p
    kTrailingBytes,      ///< value: how many
    kRoundsNotMultiple,
    kZeroCommits,
    kLimitExceeded,  ///< value: the count asked for
  };
  Code code;
  std::size_t offset = 0;  ///< byte position in the input
  std::uint64_t value = 0;
  const char* field = "";  ///< the proof field being read

  /// The code as an identifier: "UnexpectedEof", ...
  const char* name() const;
  std::string message() const;
};

/// Decodes untrusted bytes. Memory stays within a small multiple of the input's size.
Result<Proof, ProofDecodeError> decode_proof(std::span<const std::uint8_t> bytes);

/// Encodes a proof whose lists are consistent, as every proof that passes the shape checks is.
/// Misuse (gyre::Error) when they are not: a list that the format derives from another has another
/// length, or a length does not fit 32 bits.
std::vector<std::uint8_t> encode_proof(const Proof& proof);

/// Encoded bytes of each part, in encoding order; they add up to the encoding's size.
struct ProofPartSize {
  const char* part;
  std::size_t bytes;
};
std::vector<ProofPartSize> proof_part_sizes(const Proof& proof);

}  // namespace gyre
