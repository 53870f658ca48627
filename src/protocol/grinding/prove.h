#pragma once

#include "backend/backend.h"
#include "gyre/transcript/transcript.h"

namespace gyre {

/// Supplies the proof-of-work witnesses of one proof, in transcript order: searched by the backend
/// (the smallest), or taken from a list. Spec 01, section 5.1.
class Grinder {
 public:
  /// `forced` may be null; the list must outlive the grinder.
  Grinder(BackendSession& backend, const std::vector<Fp>* forced)
      : backend_(backend), forced_(forced) {}

  /// Finds a witness, observes it and samples its bits; zero and no transcript operation for
  /// bits = 0. gyre::Error(kMisuse) when a forced witness is invalid or the list too short.
  Fp grind(Transcript& transcript, std::uint64_t bits);
  /// Whether witnesses are the smallest ones, not given.
  bool searches() const { return forced_ == nullptr; }
  /// gyre::Error(kMisuse) when forced witnesses are left over.
  void finish() const;

 private:
  BackendSession& backend_;
  const std::vector<Fp>* forced_;
  std::size_t next_ = 0;
};

/// Brings the transcript to where `rounds` with proofs of work of `pow_bits` have left it,
/// `sponge`.
void take_over(Transcript& transcript, const FinishedRounds& rounds, std::uint64_t pow_bits,
               const DuplexState& sponge);

}  // namespace gyre
