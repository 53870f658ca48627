#pragma once

#include <memory>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "backend/expressions/air_expressions.h"
#include "gyre/protocol/params.h"
#include "stacking/oracle.h"
#include "stacking/stacked_view.h"
#include "support/memory.h"
#include "support/parallel.h"

namespace gyre::cpu {

/// The default backend: threads over columns, rows and tables; inner loops over blocks that
/// compilers vectorise. Same results as backend/reference.

/// What all phases of one key share.
struct Context {
  SystemParams params;
  Parallel parallel;
  std::vector<AirExpressions> expressions;  ///< per AIR of the key

  unsigned l_skip() const { return static_cast<unsigned>(params.l_skip); }
  unsigned k() const { return static_cast<unsigned>(params.whir.k); }
};

/// Tables at least this long are worth a second thread.
inline constexpr std::size_t kGrain = 1024;

/// Shape of the codeword of a commitment to traces.
CodewordShape codeword_shape(const Context& context, const StackedLayout& layout);
/// Shape of the codeword at 2^log_domain points of a folded polynomial of 2^log_message
/// coefficients.
CodewordShape folded_codeword_shape(const Context& context, unsigned log_message,
                                    unsigned log_domain);

class CpuCommitment : public Commitment {
 public:
  /// Takes Oracle::retained_bytes from the arena for good, and up to Oracle::scratch_bytes more
  /// until it is made.
  CpuCommitment(const Context& context, Arena& arena, CodewordPolicy policy,
                std::span<const MatrixView> matrices);
  Digest root() const override { return oracle_.root(); }
  const StackedLayout& layout() const override { return layout_; }
  /// In the order of the indices.
  std::vector<LeafOpening<std::vector<Fp>>> open(std::span<const std::size_t> indices) const;
  /// The stacked matrix, read from the traces.
  const StackedView& view() const { return view_; }

 private:
  StackedLayout layout_;
  StackedView view_;
  StackedColumns columns_;
  Oracle oracle_;
};

/// A round polynomial of degree 2 as its protocol sends it.
struct RoundSums {
  Fp4 at_1, at_2;
  RoundSums& operator+=(const RoundSums& other) {
    at_1 += other.at_1;
    at_2 += other.at_2;
    return *this;
  }
};

/// Weights of the values on the skip domain at a point: L_z(r) for z in [0, 2^l_skip).
std::vector<Fp4> skip_domain_weights(unsigned l_skip, const Fp4& r);

/// What becomes of the codewords of a proof's commitments.
inline CodewordPolicy codeword_policy(const Workload& workload) {
  return workload.low_memory ? CodewordPolicy::kRecompute : CodewordPolicy::kKeep;
}

/// Bytes that the phases of a proof take from its arena.
MemoryPlan memory_plan(const Context& context, const Workload& workload);

std::unique_ptr<FractionTree> make_fraction_tree(const Context& context, Arena& arena,
                                                 std::span<const TraceInput> traces,
                                                 std::span<const FractionBlock> blocks,
                                                 unsigned num_layers, const Fp4& alpha,
                                                 const Fp4& beta);
std::unique_ptr<ConstraintSumcheck> make_constraint_sumcheck(const Context& context, Arena& arena,
                                                             ConstraintSumcheckInput input);
std::unique_ptr<StackedSumcheck> make_stacked_sumcheck(
    const Context& context, Arena& arena, std::span<const StackedColumnsInput> commitments,
    std::span<const Fp4> r, const Fp4& lambda);
std::unique_ptr<WhirOpener> make_whir_opener(const Context& context, Arena& arena,
                                             std::span<const Commitment* const> commitments,
                                             const Fp4& mu, std::span<const Fp4> point);

}  // namespace gyre::cpu
