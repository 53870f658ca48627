#pragma once

#include <optional>

#include "gyre/field/fp.h"
#include "gyre/hash/scheme.h"

namespace gyre {

/// Proof of work on the hash scheme. Spec 01, section 5.1.

/// The part of a transcript that a proof-of-work search needs: with `witness` written at
/// `position` and the permutation applied, the tested element is `state[kSpongeRate - 1]`.
struct GrindingChallenge {
  SpongeState state;
  unsigned position;
  unsigned bits;
};

/// Whether `witness` solves `challenge`, by one permutation.
bool is_valid_witness(const GrindingChallenge& challenge, Fp witness);

/// The smallest solution, by a plain scan from 0; nothing if there is none below p.
std::optional<Fp> smallest_witness(const GrindingChallenge& challenge);

}  // namespace gyre
