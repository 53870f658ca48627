#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "gyre/field/fp.h"
#include "gyre/field/fp4.h"
#include "gyre/hash/grinding.h"
#include "gyre/hash/scheme.h"

namespace gyre {

/// What a recording transcript keeps: one entry per base-field element that was observed or
/// sampled, in order, and named positions between them. Spec 01, section 5.2.
struct TranscriptLog {
  struct Entry {
    bool sampled;
    Fp value;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  struct Mark {
    std::string_view name;  ///< a string literal
    unsigned index;         ///< layer or round, where the phase has one
    std::size_t position;   ///< number of entries before the mark
  };
  std::vector<Entry> entries;
  std::vector<SpongeState> permutations;  ///< the zero state, then the state after each permutation
  std::vector<Mark> marks;
};

/// Duplex sponge in overwrite mode: the Fiat-Shamir transcript. Spec 01, section 5.
/// Not thread-safe; copying it forks the transcript (the copy does not record).
class Transcript {
 public:
  Transcript() = default;
  /// Records every operation into `log`, which must outlive the transcript. Null: no recording.
  explicit Transcript(TranscriptLog* log);
  Transcript(const Transcript& other);
  Transcript& operator=(const Transcript&) = delete;

  void observe(Fp value);
  void observe(const Fp4& value);
  void observe(const Digest& digest);
  void observe(std::span<const Fp4> values);

  Fp sample();
  /// Coefficient of 1 first.
  Fp4 sample_ext();
  /// Low `bits` bits of the canonical value of one sample, bits <= 30.
  std::uint32_t sample_bits(unsigned bits);

  /// Observes a proof-of-work witness and tests it; with bits = 0 touches nothing and accepts.
  [[nodiscard]] bool check_witness(unsigned bits, Fp witness);
  /// The search problem whose solutions `check_witness(bits, w)` accepts in the present state.
  GrindingChallenge grinding_challenge(unsigned bits) const;

  /// For a device that goes on with the transcript and hands it back. What happened there is not
  /// in the log: a recording transcript does not take a state, its owner repeats the operations.
  bool recording() const { return log_ != nullptr; }
  const DuplexState& export_state() const { return duplex_; }
  void import_state(const DuplexState& state);

  /// Names the present position in the log, when there is one.
  void mark(std::string_view name, unsigned index = 0);

 private:
  void permute_state();

  DuplexState duplex_;
  TranscriptLog* log_ = nullptr;
};

}  // namespace gyre
