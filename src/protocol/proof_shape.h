#pragma once

#include <vector>

#include "gyre/keys/verifying_key.h"
#include "gyre/proof/proof.h"
#include "gyre/protocol/verify_error.h"
#include "gyre/support/result.h"
#include "protocol/statement.h"

namespace gyre {

/// What the shape checks establish: the statement that the heights make, and the layouts of its
/// commitments.
struct ProofShape {
  Statement statement;
  std::vector<StackedCommitment> commitments;
};

/// Compares every length in the proof with the key, in the order of spec 08, section 5. After it,
/// the verifier may index freely. Allocates no more than a multiple of the proof's own size.
Result<ProofShape, VerifyError> check_proof_shape(const VerifyingKey& key, const Proof& proof);

}  // namespace gyre
