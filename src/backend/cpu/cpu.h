#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "backend/cpu/air_expressions.h"
#include "backend/cpu/program.h"
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
  std::vector<AirProgram> programs;         ///< per AIR of the key: its interactions
  std::vector<AirExpressions> expressions;  ///< per AIR of the key
  CodewordPolicy codeword_policy = CodewordPolicy::kKeep;  ///< of commitments to traces

  unsigned l_skip() const { return static_cast<unsigned>(params.l_skip); }
  unsigned k() const { return static_cast<unsigned>(params.whir.k); }
};

/// Tables at least this long are worth a second thread.
inline constexpr std::size_t kGrain = 1024;

/// Shape of the codeword of a commitment to traces.
CodewordShape codeword_shape(const Context& context, const StackedLayout& layout);

class CpuCommitment : public Commitment {
 public:
  /// Takes Oracle::retained_bytes from the arena until it ends, and up to Oracle::scratch_bytes
  /// more until it is made.
  CpuCommitment(const Context& context, Arena& arena, std::span<const MatrixView> matrices);
  Digest root() const override { return oracle_.root(); }
  const StackedLayout& layout() const override { return layout_; }
  std::vector<LeafOpening<std::vector<Fp>>> open(
      std::span<const std::size_t> indices) const override;
  /// The stacked matrix, read from the traces.
  const StackedView& view() const { return view_; }
  /// A copy of it, made when it is first asked for.
  MatrixView stacked() const;

 private:
  Arena::Scope scope_;
  StackedLayout layout_;
  StackedView view_;
  StackedColumns columns_;
  Oracle oracle_;
  mutable std::once_flag stacked_made_;
  mutable Matrix stacked_;
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

/// A table of extension elements that folds from its lowest variable.
class FoldingTable {
 public:
  FoldingTable() = default;
  explicit FoldingTable(std::size_t size) : values_(size), size_(size) {}
  explicit FoldingTable(std::span<const Fp4> values);
  std::size_t size() const { return size_; }
  Fp4* data() { return values_.data(); }
  const Fp4& operator[](std::size_t i) const { return values_[i]; }
  Fp4& operator[](std::size_t i) { return values_[i]; }
  /// new[y] = old[2y] + r (old[2y + 1] - old[2y]).
  void bind_lowest(const Context& context, const Fp4& r);

 private:
  Buffer<Fp4> values_;
  std::size_t size_ = 0;
};

/// Weights of the values on the skip domain at a point: L_z(r) for z in [0, 2^l_skip).
std::vector<Fp4> skip_domain_weights(unsigned l_skip, const Fp4& r);

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
