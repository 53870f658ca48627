#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gyre {

/// What a proof will hold, known from the shapes before it starts. All in bytes. Beside it stand
/// the proof itself, lists of a few bytes a row (equality tables), and up to 1 MiB of scratch for
/// each thread.
struct MemoryPlan {
  /// What a phase holds beside what is kept from phase to phase; given back when it ends.
  struct Phase {
    std::string_view name;  ///< of its telemetry span
    std::uint64_t bytes = 0;
  };

  std::uint64_t traces = 0;  ///< preprocessed and main traces, which the caller and the key hold;
                             ///< on a device, those that stay there from proof to proof
  std::uint64_t preprocessed = 0;  ///< commitments made when the key was loaded
  std::uint64_t committed = 0;     ///< codewords and trees, from commitment to openings
  std::vector<Phase> phases;       ///< in the order of the proof
  /// What the proof does without, and takes more time for, to keep to a limit, in words such as "35
  /// of 42 columns of the codeword kept". Empty: nothing, or the backend has no choice.
  std::string savings;

  /// Size of the reservation that a proof works in: what is kept and the largest phase.
  std::uint64_t arena() const {
    std::uint64_t largest = 0;
    for (const Phase& phase : phases) {
      if (phase.bytes > largest) largest = phase.bytes;
    }
    return committed + largest;
  }
  /// Of so many proofs at once, which share traces and preprocessed commitments.
  std::uint64_t total(unsigned proofs = 1) const {
    return traces + preprocessed + proofs * arena();
  }
};

}  // namespace gyre
