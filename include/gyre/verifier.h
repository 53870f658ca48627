#pragma once

#include <optional>

#include "gyre/keys/verifying_key.h"
#include "gyre/proof/proof.h"
#include "gyre/protocol/verify_error.h"
#include "gyre/transcript/transcript.h"

namespace gyre {

struct VerifyOptions {
  /// The parameters the caller insists on; the key's own when absent. A difference is
  /// SystemParamsMismatch.
  std::optional<SystemParams> params;
  /// Records the transcript for debugging.
  TranscriptLog* transcript_log = nullptr;
};

/// Checks `proof` against `key`. Nothing if the proof is valid, else the first failed check, in the
/// order of spec 08, section 3. Never throws on account of the proof's contents.
/// The public values are part of the proof: compare them with what you expect.
/// Requires a key made by keygen or accepted by `decode_verifying_key`. Thread-safe.
[[nodiscard]] std::optional<VerifyError> verify(const VerifyingKey& key, const Proof& proof,
                                                const VerifyOptions& options = {});

}  // namespace gyre
