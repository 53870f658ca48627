#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gyre/protocol/params.h"

namespace gyre::bench {

/// Vector instructions by the part of the processor that they need.
struct Instructions {
  double multiply = 0;  ///< 32 x 32 -> 64 bits
  double add = 0;       ///< additions, subtractions, bit operations
  double min = 0;
  double shift = 0;
  double shuffle = 0;  ///< even and odd places exchanged

  double total() const { return multiply + add + min + shift + shuffle; }
  friend Instructions operator+(const Instructions& a, const Instructions& b);
  friend Instructions operator*(double count, const Instructions& a);
};

/// Instructions of one operation on a whole vector of elements: the fewest that we know of, without
/// loads and stores.
namespace cost {
Instructions addition();
Instructions product();
/// Of values in E, 11 times one factor prepared.
Instructions extension_product();
/// E += E F, the sum kept in 64-bit words.
Instructions accumulation();
/// Of radix 2; a quarter of one of radix 4.
Instructions butterfly();
/// Poseidon2 of width 16.
Instructions permutation();
}  // namespace cost

/// What has to be done, in single operations (not vectors of them).
struct Work {
  double additions = 0, products = 0;
  double accumulations = 0, extension_products = 0;
  double butterflies = 0, permutations = 0;
  double bytes = 0;  ///< read from and written to main memory

  friend Work operator+(const Work& a, const Work& b);
};

/// Rates per second, measured by bench/ceilings.cc.
struct Ceilings {
  double lanes = 1;                                               ///< elements in a vector
  double multiply = 0, add = 0, min = 0, shift = 0, shuffle = 0;  ///< instructions of one kind
  double min_shift = 0;                                           ///< of these two, mixed
  double mixed = 0;                                               ///< of several kinds, mixed
  double bytes = 0;
};

/// Seconds that the work takes at least: each kind of instruction at its own rate, all of them at
/// the highest rate of any, and the bytes at the memory's.
struct Bound {
  double arithmetic = 0, memory = 0;
  double seconds() const { return arithmetic > memory ? arithmetic : memory; }
};
Bound bound(const Work& work, const Ceilings& ceilings);

/// The shape of an AIR and its trace.
struct AirShape {
  double rows = 0, columns = 0;
  double rotated_columns = 0;               ///< whose next row is used
  double node_products = 0, node_sums = 0;  ///< of the constraint DAG
  double constraints = 0, degree = 0;
};
/// Keccak-f. Requires rows of at least 2^l_skip.
AirShape keccak_air(double rows);

/// A phase of a proof, by the path of its telemetry span.
struct Phase {
  std::string span;
  Work work;
};

/// The phases of the proof of one AIR without interactions. Spec 09, section 5.
class ProofWork {
 public:
  ProofWork(const SystemParams& params, const AirShape& air);

  Work encode() const;
  Work tree() const;  ///< over the stacked codeword
  Work logup() const;
  Work round0() const;
  Work fold_prism() const;
  Work multilinear_rounds() const;
  Work stacked_reduction() const;
  Work whir_sums() const;    ///< the columns summed, the sumchecks
  Work whir_encode() const;  ///< the folded codewords
  Work whir_trees() const;
  Work whir_grinding() const;  ///< mean

  /// All of the proof and its parts, some of them within others. A span is known by its path.
  std::vector<Phase> phases() const;

  double stacked_columns() const { return width_; }

 private:
  double skip() const { return static_cast<double>(std::uint64_t{1} << params_.l_skip); }

  SystemParams params_;
  AirShape air_;
  double cells_;  ///< of the trace
  double width_;  ///< stacked columns
};

}  // namespace gyre::bench
