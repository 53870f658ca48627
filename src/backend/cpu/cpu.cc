#include "backend/cpu/cpu.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <utility>

#include "gyre/simd/targets.h"
#include "gyre/support/telemetry.h"
#include "hash/batch.h"
#include "poly/kernels.h"

namespace gyre {
namespace cpu {

std::vector<Fp4> skip_domain_weights(unsigned l_skip, const Fp4& r) {
  std::vector<Fp4> weights(std::size_t{1} << l_skip);
  for (std::size_t z = 0; z < weights.size(); ++z) {
    weights[z] = eq_univariate(l_skip, r, Fp4(two_adic_generator(l_skip).pow(z)));
  }
  return weights;
}

namespace {

/// The arena of the last proof, kept for the next: its pages need not be cleared again.
class ArenaPool {
 public:
  std::unique_ptr<Arena> take(std::size_t capacity) {
    const std::lock_guard lock(mutex_);
    if (idle_ && idle_->capacity() >= capacity) return std::move(idle_);
    idle_.reset();
    return std::make_unique<Arena>(capacity);
  }
  void give_back(std::unique_ptr<Arena> arena) {
    const std::lock_guard lock(mutex_);
    if (!idle_ || idle_->capacity() < arena->capacity()) idle_ = std::move(arena);
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<Arena> idle_;
};

class CpuSession : public BackendSession {
 public:
  CpuSession(const Context& context, ArenaPool& pool, const Workload& workload)
      : context_(context),
        policy_(codeword_policy(workload)),
        pool_(pool),
        arena_(pool.take(memory_plan(context, workload).arena())),
        scope_(std::in_place, *arena_) {}
  ~CpuSession() override {
    scope_.reset();
    pool_.give_back(std::move(arena_));
  }

  std::unique_ptr<Commitment> commit(std::span<const MatrixView> matrices) override {
    return std::make_unique<CpuCommitment>(context_, *arena_, policy_, matrices);
  }
  std::unique_ptr<FractionTree> fraction_tree(std::span<const TraceInput> traces,
                                              std::span<const FractionBlock> blocks,
                                              unsigned num_layers, const Fp4& alpha,
                                              const Fp4& beta) override {
    return make_fraction_tree(context_, *arena_, traces, blocks, num_layers, alpha, beta);
  }
  std::unique_ptr<ConstraintSumcheck> constraint_sumcheck(ConstraintSumcheckInput input) override {
    return make_constraint_sumcheck(context_, *arena_, std::move(input));
  }
  std::unique_ptr<StackedSumcheck> stacked_sumcheck(
      std::span<const StackedColumnsInput> commitments, std::span<const Fp4> r,
      const Fp4& lambda) override {
    return make_stacked_sumcheck(context_, *arena_, commitments, r, lambda);
  }
  std::unique_ptr<WhirOpener> whir_opener(std::span<const Commitment* const> commitments,
                                          const Fp4& mu, std::span<const Fp4> point) override {
    return make_whir_opener(context_, *arena_, commitments, mu, point);
  }
  std::optional<Fp> grind(const GrindingChallenge& challenge) override;

 private:
  const Context& context_;
  CodewordPolicy policy_;
  ArenaPool& pool_;
  std::unique_ptr<Arena> arena_;
  std::optional<Arena::Scope> scope_;  ///< of the whole proof
};

class CpuBackend : public Backend {
 public:
  CpuBackend(const VerifyingKey& key, unsigned threads)
      : context_{.params = key.params, .parallel = Parallel(threads), .expressions = {}} {
    for (const AirVerifyingKey& air : key.per_air) {
      context_.expressions.emplace_back(air.symbolic);
    }
  }
  std::string_view name() const override { return "cpu"; }
  std::vector<std::pair<std::string, std::string>> attributes() const override {
    return {{"simd", std::string(simd::target())},
            {"threads", std::to_string(context_.parallel.threads())}};
  }
  MemoryPlan plan(const Workload& workload) const override {
    return memory_plan(context_, workload);
  }
  std::unique_ptr<BackendSession> begin(const Workload& workload) const override {
    return std::make_unique<CpuSession>(context_, pool_, workload);
  }

 private:
  Context context_;
  mutable ArenaPool pool_;
};

/// Scans ascending windows of pieces. Threads take the pieces of a window in order and leave out
/// those above a hit, so that the first piece with a hit, the smallest witness, is always searched.
std::optional<Fp> CpuSession::grind(const GrindingChallenge& challenge) {
  constexpr std::uint32_t kPiece = 1024, kPieces = 64;
  for (std::uint64_t first = 0; first < Fp::kModulus; first += kPiece * kPieces) {
    std::array<std::optional<Fp>, kPieces> hits;
    std::atomic<std::uint32_t> next{0}, first_hit{kPieces};
    const auto search = [&](std::size_t) {
      const std::uint32_t piece = next.fetch_add(1);
      const std::uint64_t begin = first + std::uint64_t{piece} * kPiece;
      if (piece > first_hit || begin >= Fp::kModulus) return;
      const auto count =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(kPiece, Fp::kModulus - begin));
      hits[piece] = smallest_witness_in(challenge, static_cast<std::uint32_t>(begin), count);
      if (!hits[piece]) return;
      std::uint32_t known = first_hit;
      while (piece < known && !first_hit.compare_exchange_weak(known, piece)) {
      }
    };
    if (first == 0) {
      search(0);  // Few bits: the first piece nearly always has a witness.
      if (hits[0]) return hits[0];
    }
    count_dispatch();
    context_.parallel.each(first == 0 ? kPieces - 1 : kPieces, search);
    if (first_hit != kPieces) return hits[first_hit];
  }
  return std::nullopt;
}

}  // namespace
}  // namespace cpu

std::unique_ptr<Backend> make_cpu_backend(const VerifyingKey& key, unsigned threads) {
  return std::make_unique<cpu::CpuBackend>(key, threads);
}

}  // namespace gyre
