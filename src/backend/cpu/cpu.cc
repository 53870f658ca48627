#include "backend/cpu/cpu.h"

#include <algorithm>
#include <utility>

#include "gyre/support/telemetry.h"
#include "hash/batch.h"
#include "poly/kernels.h"

namespace gyre {
namespace cpu {

FoldingTable::FoldingTable(std::span<const Fp4> values) : FoldingTable(values.size()) {
  std::copy(values.begin(), values.end(), values_.begin());
}

void FoldingTable::bind_lowest(const Context& context, const Fp4& r) {
  const std::size_t half = size_ / 2;
  const auto bind = [&](Fp4* out, std::size_t begin, std::size_t end) {
    for (std::size_t y = begin; y < end; ++y) {
      out[y] = values_[2 * y] + r * (values_[2 * y + 1] - values_[2 * y]);
    }
  };
  if (half < kGrain) {
    bind(values_.data(), 0, half);
  } else {
    Buffer<Fp4> folded(half);
    context.parallel.ranges(
        half, kGrain, [&](std::size_t begin, std::size_t end) { bind(folded.data(), begin, end); });
    values_ = std::move(folded);
  }
  size_ = half;
}

std::vector<Fp4> skip_domain_weights(unsigned l_skip, const Fp4& r) {
  std::vector<Fp4> weights(std::size_t{1} << l_skip);
  for (std::size_t z = 0; z < weights.size(); ++z) {
    weights[z] = eq_univariate(l_skip, r, Fp4(two_adic_generator(l_skip).pow(z)));
  }
  return weights;
}

namespace {

/// Address space of a session; pages are taken as they are written.
constexpr std::size_t kArenaCapacity = std::size_t{1} << 36;

class CpuSession : public BackendSession {
 public:
  explicit CpuSession(const Context& context) : context_(context), arena_(kArenaCapacity) {}

  std::unique_ptr<Commitment> commit(std::span<const MatrixView> matrices) override {
    return std::make_unique<CpuCommitment>(context_, arena_, matrices);
  }
  std::unique_ptr<FractionTree> fraction_tree(std::span<const TraceInput> traces,
                                              std::span<const FractionBlock> blocks,
                                              unsigned num_layers, const Fp4& alpha,
                                              const Fp4& beta) override {
    return make_fraction_tree(context_, arena_, traces, blocks, num_layers, alpha, beta);
  }
  std::unique_ptr<ConstraintSumcheck> constraint_sumcheck(ConstraintSumcheckInput input) override {
    return make_constraint_sumcheck(context_, arena_, std::move(input));
  }
  std::unique_ptr<StackedSumcheck> stacked_sumcheck(
      std::span<const StackedColumnsInput> commitments, std::span<const Fp4> r,
      const Fp4& lambda) override {
    return make_stacked_sumcheck(context_, arena_, commitments, r, lambda);
  }
  std::unique_ptr<WhirOpener> whir_opener(std::span<const Commitment* const> commitments,
                                          const Fp4& mu, std::span<const Fp4> point) override {
    return make_whir_opener(context_, arena_, commitments, mu, point);
  }
  std::optional<Fp> grind(const GrindingChallenge& challenge) override;

 private:
  const Context& context_;
  Arena arena_;
};

class CpuBackend : public Backend {
 public:
  CpuBackend(const VerifyingKey& key, unsigned threads)
      : context_{.params = key.params,
                 .parallel = Parallel(threads),
                 .programs = {},
                 .codeword_policy = {}} {
    for (const AirVerifyingKey& air : key.per_air) context_.programs.emplace_back(air.symbolic);
  }
  std::string_view name() const override { return "cpu"; }
  std::unique_ptr<BackendSession> begin() const override {
    return std::make_unique<CpuSession>(context_);
  }

 private:
  Context context_;
};

/// Scans ascending windows of pieces; the first hit of the first piece that has one is the
/// smallest witness.
std::optional<Fp> CpuSession::grind(const GrindingChallenge& challenge) {
  constexpr std::uint32_t kPiece = 1024, kPieces = 16;
  for (std::uint64_t first = 0; first < Fp::kModulus; first += kPiece * kPieces) {
    std::array<std::optional<Fp>, kPieces> hits;
    const auto search = [&](std::size_t piece) {
      const std::uint64_t begin = first + piece * kPiece;
      if (begin >= Fp::kModulus) return;
      const auto count =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(kPiece, Fp::kModulus - begin));
      hits[piece] = smallest_witness_in(challenge, static_cast<std::uint32_t>(begin), count);
    };
    if (first == 0) {
      search(0);  // Few bits: one piece nearly always has a witness.
      if (hits[0]) return hits[0];
    }
    count_dispatch();
    context_.parallel.each(kPieces, search);
    for (const auto& hit : hits) {
      if (hit) return hit;
    }
  }
  return std::nullopt;
}

}  // namespace
}  // namespace cpu

std::unique_ptr<Backend> make_cpu_backend(const VerifyingKey& key, unsigned threads) {
  return std::make_unique<cpu::CpuBackend>(key, threads);
}

}  // namespace gyre
