#include "gyre/hash/grinding.h"

namespace gyre {

bool is_valid_witness(const GrindingChallenge& challenge, Fp witness) {
  SpongeState state = challenge.state;
  state[challenge.position] = witness;
  permute(state);
  const std::uint32_t mask = (std::uint32_t{1} << challenge.bits) - 1;
  return (state[kSpongeRate - 1].canonical() & mask) == 0;
}

std::optional<Fp> smallest_witness(const GrindingChallenge& challenge) {
  for (std::uint32_t candidate = 0; candidate < Fp::kModulus; ++candidate) {
    const Fp witness = Fp::from_canonical(candidate);
    if (is_valid_witness(challenge, witness)) return witness;
  }
  return std::nullopt;
}

}  // namespace gyre
