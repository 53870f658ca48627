#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "backend/cpu/cpu.h"
#include "backend/cpu/prism_kernels.h"
#include "backend/cpu/program_kernels.h"

namespace gyre::cpu {

/// What a trace is after round 0: a table over the cube for each cell or selector that its
/// expressions read, and the weights of the expressions. Spec 05, section 4.
class FoldedTrace {
 public:
  /// `skip_weights`: L_z(r_0). The tables come from the arena.
  FoldedTrace(const Context& context, Arena& arena, const TraceInput& trace,
              std::span<const Fp4> skip_weights);

  /// What the constructor takes from the arena.
  static std::size_t bytes(const AirExpressions& air, const PrismShape& shape);
  /// What `openings` takes until it returns.
  static std::size_t opening_bytes(const PrismShape& shape) {
    return Arena::bytes_of<Fp>(Fp4::kDegree * shape.height);
  }

  void set_weights(const TraceWeights& weights, std::span<const Fp4> interaction_weights,
                   const Fp4& beta, const Fp4& lambda);
  /// Entries of the tables.
  std::size_t size() const { return size_; }
  void fold(const Fp4& challenge);
  /// Values of a round at first, first + 1, ...; `rest` are the coordinates that stay unbound.
  void add_round(unsigned first, std::span<const Fp4> rest, std::span<Fp4> values) const;
  /// The weighted sum at the only entry. Requires size() == 1.
  Fp4 value() const;
  /// The columns' openings, each followed by that of its rotation if `offsets` is 2; columns in the
  /// order preprocessed, main parts. Requires size() == 1.
  std::vector<Fp4> openings(std::span<const Fp4> challenges) const;

 private:
  void fill_selector(NodeKind kind, Fp* table) const;
  std::vector<Fp4> sums_on_pairs(unsigned first, unsigned count, std::span<const Fp4> rest) const;
  std::vector<Fp4> sums_on_picks(unsigned first, unsigned count, std::span<const Fp4> rest) const;
  Fp4 entry_0(std::uint32_t input) const;
  Buffer<Fp> opening_weights(std::size_t offset, std::span<const Fp4> challenges) const;

  const Context* context_;
  Arena* arena_;
  const TraceInput* trace_;
  const AirExpressions* air_;
  PrismShape shape_;
  std::vector<Fp4> skip_weights_;
  std::size_t size_, table_size_, num_tables_ = 0;
  Buffer<Fp> values_;
  std::vector<const Fp*> tables_;  ///< per input; null for uniform ones
  std::vector<Fp> uniform_;        ///< per input
  std::vector<ExtensionWeight> weights_;
  Fp4 constant_;  ///< the bus terms
};

}  // namespace gyre::cpu
