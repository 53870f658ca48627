#pragma once

#include <cstdint>
#include <vector>

#include "backend/expressions/expression_program.h"
#include "gyre/air/dag.h"
#include "gyre/keys/verifying_key.h"

namespace gyre::cuda {

/// How the fraction of one interaction is computed at a row, prepared once per key. Count and
/// message fields are linear forms in atoms: cells, selectors, public values, and products of
/// these. Atoms that are read from the trace stand in `terms`; products are made by `program`,
/// which adds them itself with a weight. Weights are powers of beta, which a proof brings.
/// Immutable.
struct InteractionProgram {
  static constexpr std::uint32_t kCount = ~std::uint32_t{0};
  /// factor times what stands beside it, as a part of the count (field kCount) or of a message
  /// field.
  struct Part {
    std::uint32_t field = 0;
    Fp factor;
  };
  /// An atom and all that it is a part of.
  struct Term {
    ProgramInput atom;
    std::vector<Part> parts;
  };

  std::vector<Part> constants;
  std::vector<Term> count_terms, message_terms;
  /// Groups: 0, products in the count; 1, products in the message. `product_parts` per output.
  ExpressionProgram program;
  std::vector<ProgramInput> inputs;  ///< of the program
  std::vector<std::vector<Part>> product_parts;

  InteractionProgram(const SymbolicConstraints& symbolic, const Interaction& interaction);
};

/// Of each AIR of the key, in its order: the programs of its interactions.
std::vector<std::vector<InteractionProgram>> interaction_programs(const VerifyingKey& key);

}  // namespace gyre::cuda
