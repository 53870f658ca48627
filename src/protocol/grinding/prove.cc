#include <string>

#include "gyre/support/error.h"
#include "protocol/grinding/prove.h"

namespace gyre {

Fp Grinder::grind(Transcript& transcript, std::uint64_t bits_wide) {
  const auto bits = static_cast<unsigned>(bits_wide);
  if (bits == 0) return Fp::zero();
  std::optional<Fp> witness;
  if (forced_ == nullptr) {
    witness = backend_.grind(transcript.grinding_challenge(bits));
    if (!witness) throw Error(ErrorKind::kResource, "no proof-of-work witness exists below p");
  } else {
    if (next_ >= forced_->size()) {
      throw misuse("forced witnesses: " + std::to_string(forced_->size()) +
                   " given, the proof needs more");
    }
    witness = (*forced_)[next_++];
  }
  if (!transcript.check_witness(bits, *witness)) {
    throw misuse("forced witness " + std::to_string(next_ - 1) + " (" +
                 std::to_string(witness->canonical()) + ") does not solve its " +
                 std::to_string(bits) + "-bit challenge");
  }
  return *witness;
}

void Grinder::finish() const {
  if (forced_ == nullptr || next_ == forced_->size()) return;
  throw misuse("forced witnesses: " + std::to_string(forced_->size()) + " given, the proof has " +
               std::to_string(next_) + " steps with more than 0 bits");
}

void take_over(Transcript& transcript, const FinishedRounds& rounds, std::uint64_t pow_bits,
               const DuplexState& sponge) {
  if (!transcript.recording()) {
    transcript.import_state(sponge);
    return;
  }
  for (std::size_t i = 0; i < rounds.round_polynomials.size(); ++i) {
    for (const Fp4& value : rounds.round_polynomials[i]) transcript.observe(value);
    static_cast<void>(
        transcript.check_witness(static_cast<unsigned>(pow_bits), rounds.witnesses[i]));
    static_cast<void>(transcript.sample_ext());
  }
}

}  // namespace gyre
