#pragma once

#include <memory>
#include <span>

#include "backend/backend.h"
#include "gyre/protocol/params.h"
#include "stacking/commitment.h"

namespace gyre::reference {

/// The plain backend: one thread, the formulas of the spec, tables in full. The oracle of the
/// others; not to be optimised.

class PlainBackendCommitment : public Commitment {
 public:
  PlainBackendCommitment(const SystemParams& params, std::span<const MatrixView> matrices);
  Digest root() const override { return commitment_.tree.root(); }
  const StackedLayout& layout() const override { return commitment_.layout; }
  /// In the order of the indices.
  std::vector<LeafOpening<std::vector<Fp>>> open(std::span<const std::size_t> indices) const;
  MatrixView stacked() const { return commitment_.stacked; }

 private:
  LeafOpening<std::vector<Fp>> open_leaf(std::size_t index) const;

  unsigned k_;
  PlainCommitment commitment_;
};

/// new[y] = old[2y] + r (old[2y + 1] - old[2y]).
void bind_lowest(std::vector<Fp4>& table, const Fp4& r);

/// Row z + 2^l_skip x of a column seen on its lifted domain is row (z + 2^l_skip x) mod height.
std::unique_ptr<FractionTree> make_fraction_tree(std::span<const TraceInput> traces,
                                                 std::span<const FractionBlock> blocks,
                                                 unsigned num_layers, unsigned l_skip,
                                                 const Fp4& alpha, const Fp4& beta);
std::unique_ptr<ConstraintSumcheck> make_constraint_sumcheck(const SystemParams& params,
                                                             ConstraintSumcheckInput input);
std::unique_ptr<StackedSumcheck> make_stacked_sumcheck(
    const SystemParams& params, std::span<const StackedColumnsInput> commitments,
    std::span<const Fp4> r, const Fp4& lambda);
std::unique_ptr<WhirOpener> make_whir_opener(const SystemParams& params,
                                             std::span<const Commitment* const> commitments,
                                             const Fp4& mu, std::span<const Fp4> point);

}  // namespace gyre::reference
