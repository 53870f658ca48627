#include "backend/reference/reference.h"

namespace gyre {
namespace reference {

PlainBackendCommitment::PlainBackendCommitment(const SystemParams& params,
                                               std::span<const MatrixView> matrices)
    : k_(static_cast<unsigned>(params.whir.k)), commitment_(plain_commitment(params, matrices)) {}

LeafOpening<std::vector<Fp>> PlainBackendCommitment::open_leaf(std::size_t index) const {
  LeafOpening<std::vector<Fp>> opening{.rows = {}, .path = commitment_.tree.path(index)};
  const std::size_t leaves = commitment_.tree.layers.front().size();
  for (std::size_t t = 0; t < std::size_t{1} << k_; ++t) {
    std::vector<Fp> row(commitment_.codeword.width());
    for (std::size_t c = 0; c < row.size(); ++c)
      row[c] = commitment_.codeword(index + t * leaves, c);
    opening.rows.push_back(std::move(row));
  }
  return opening;
}

std::vector<LeafOpening<std::vector<Fp>>> PlainBackendCommitment::open(
    std::span<const std::size_t> indices) const {
  std::vector<LeafOpening<std::vector<Fp>>> openings;
  for (const std::size_t index : indices) openings.push_back(open_leaf(index));
  return openings;
}

void bind_lowest(std::vector<Fp4>& table, const Fp4& r) {
  for (std::size_t y = 0; y < table.size() / 2; ++y) {
    table[y] = table[2 * y] + r * (table[2 * y + 1] - table[2 * y]);
  }
  table.resize(table.size() / 2);
}

namespace {

class ReferenceSession : public BackendSession {
 public:
  explicit ReferenceSession(const SystemParams& params) : params_(params) {}
  std::unique_ptr<Commitment> commit(std::span<const MatrixView> matrices) override {
    return std::make_unique<PlainBackendCommitment>(params_, matrices);
  }
  std::unique_ptr<FractionTree> fraction_tree(std::span<const TraceInput> traces,
                                              std::span<const FractionBlock> blocks,
                                              unsigned num_layers, const Fp4& alpha,
                                              const Fp4& beta) override {
    return make_fraction_tree(traces, blocks, num_layers, static_cast<unsigned>(params_.l_skip),
                              alpha, beta);
  }
  std::unique_ptr<ConstraintSumcheck> constraint_sumcheck(ConstraintSumcheckInput input) override {
    return make_constraint_sumcheck(params_, std::move(input));
  }
  std::unique_ptr<StackedSumcheck> stacked_sumcheck(
      std::span<const StackedColumnsInput> commitments, std::span<const Fp4> r,
      const Fp4& lambda) override {
    return make_stacked_sumcheck(params_, commitments, r, lambda);
  }
  std::unique_ptr<WhirOpener> whir_opener(std::span<const Commitment* const> commitments,
                                          const Fp4& mu, std::span<const Fp4> point) override {
    return make_whir_opener(params_, commitments, mu, point);
  }
  std::optional<Fp> grind(const GrindingChallenge& challenge) override {
    return smallest_witness(challenge);
  }

 private:
  const SystemParams& params_;
};

class ReferenceBackend : public Backend {
 public:
  explicit ReferenceBackend(const VerifyingKey& key) : params_(key.params) {}
  std::string_view name() const override { return "reference"; }
  MemoryPlan plan(const Workload& workload) const override {
    return {.traces = trace_bytes(workload)};
  }
  std::unique_ptr<BackendSession> begin(const Workload&) const override {
    return std::make_unique<ReferenceSession>(params_);
  }

 private:
  SystemParams params_;
};

}  // namespace
}  // namespace reference

std::unique_ptr<Backend> make_reference_backend(const VerifyingKey& key) {
  return std::make_unique<reference::ReferenceBackend>(key);
}

}  // namespace gyre
