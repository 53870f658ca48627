#pragma once

#include <string>

#include "gyre/keys/verifying_key.h"
#include "gyre/proof/proof.h"

namespace gyre {

/// The verdicts of the verifier's later stages on a proof that an earlier one refuses.
struct StageVerdicts {
  bool has_shape = false;  ///< the others ran
  std::string batch_constraints, stacked_reduction, whir;
};

/// Runs every stage of the verifier on `proof`, so that code behind checks that only honest proofs
/// pass is reached with any values. What the first checks of a stage compare is made to fit: the
/// incoming claims, one coefficient of each univariate, and Merkle trees of equal leaves. What is
/// left is the check at the end: InconsistentClaims, FinalSumMismatch, FinalPolyConstraint.
StageVerdicts verify_stages(const VerifyingKey& key, Proof proof);

}  // namespace gyre
