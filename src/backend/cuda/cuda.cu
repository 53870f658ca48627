#include "backend/cuda/cuda.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>

#include "gyre/support/telemetry.h"

namespace gyre::cuda {

DeviceMatrix DeviceMatrices::get(const MatrixView& matrix) {
  const Key key(matrix.values().data(), matrix.values().size());
  const auto known = copies_.find(key);
  if (known != copies_.end()) return known->second;
  const DeviceSpan<Fp> copy = arena_.take<Fp>(matrix.values().size());
  queue_.upload(copy, matrix.values());
  const DeviceMatrix result{copy.data, matrix.height(), matrix.width()};
  copies_.emplace(key, result);
  return result;
}

void DeviceMatrices::add(const MatrixView& matrix, const DeviceMatrix& copy) {
  copies_[Key(matrix.values().data(), matrix.values().size())] = copy;
}

MemoryPlan memory_plan(const Context& context, const Workload& workload) {
  MemoryPlan plan;
  const CommitmentBytes commitments = commitment_bytes(context, workload);
  plan.committed = commitments.retained;
  plan.phases.push_back({"prover.main_trace_commit", commitments.making});
  if (workload.traces.empty()) return plan;
  if (workload.num_gkr_layers > 0) {
    plan.phases.push_back(
        {"prover.rap_constraints.logup_gkr", fraction_tree_bytes(context, workload)});
  }
  plan.phases.push_back({"prover.rap_constraints.round0", round0_bytes(context, workload)});
  plan.phases.push_back({"prover.rap_constraints.mle_rounds", mle_rounds_bytes(context, workload)});
  plan.phases.push_back(
      {"prover.openings.stacked_reduction", stacked_reduction_bytes(context, workload)});
  plan.phases.push_back(
      {"prover.openings.whir", whir_bytes(context, workload) + commitments.opening});
  return plan;
}

namespace {

/// The memory and the stream of the last proof, kept for the next.
struct Place {
  Place(int device, std::size_t capacity) : queue(device), arena(capacity) {}
  Queue queue;
  DeviceArena arena;
};

class PlacePool {
 public:
  std::unique_ptr<Place> take(int device, std::size_t capacity) {
    {
      const std::lock_guard lock(mutex_);
      const auto fits = std::find_if(idle_.begin(), idle_.end(), [&](const auto& place) {
        return place->arena.capacity() >= capacity;
      });
      if (fits != idle_.end()) {
        std::unique_ptr<Place> place = std::move(*fits);
        idle_.erase(fits);
        return place;
      }
      idle_.clear();
    }
    use_device(device);
    return std::make_unique<Place>(device, capacity);
  }
  void give_back(std::unique_ptr<Place> place) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(place));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Place>> idle_;
};

class DeviceSession : public BackendSession {
 public:
  DeviceSession(const Context& context, PlacePool& pool, const Workload& workload)
      : context_(context),
        pool_(pool),
        place_(pool.take(context.device.index, memory_plan(context, workload).arena())),
        scope_(std::in_place, place_->arena),
        matrices_(place_->queue, place_->arena),
        work_{.context = context_,
              .queue = place_->queue,
              .arena = place_->arena,
              .matrices = matrices_,
              .low_memory = workload.low_memory} {
    use_device(context.device.index);
  }
  ~DeviceSession() override {
    scope_.reset();
    pool_.give_back(std::move(place_));
  }

  std::unique_ptr<Commitment> commit(std::span<const MatrixView> matrices) override {
    return make_commitment(work_, matrices);
  }
  std::unique_ptr<FractionTree> fraction_tree(std::span<const TraceInput> traces,
                                              std::span<const FractionBlock> blocks,
                                              unsigned num_layers, const Fp4& alpha,
                                              const Fp4& beta) override {
    return make_fraction_tree(work_, traces, blocks, num_layers, alpha, beta);
  }
  std::unique_ptr<ConstraintSumcheck> constraint_sumcheck(ConstraintSumcheckInput input) override {
    return make_constraint_sumcheck(work_, std::move(input));
  }
  std::unique_ptr<StackedSumcheck> stacked_sumcheck(
      std::span<const StackedColumnsInput> commitments, std::span<const Fp4> r,
      const Fp4& lambda) override {
    return make_stacked_sumcheck(work_, commitments, r, lambda);
  }
  std::unique_ptr<WhirOpener> whir_opener(std::span<const Commitment* const> commitments,
                                          const Fp4& mu, std::span<const Fp4> point) override {
    return make_whir_opener(work_, commitments, mu, point);
  }
  std::optional<Fp> grind(const GrindingChallenge& challenge) override {
    return cuda::grind(work_, challenge);
  }

 private:
  const Context& context_;
  PlacePool& pool_;
  std::unique_ptr<Place> place_;
  std::optional<DeviceArena::Scope> scope_;  ///< of the whole proof
  DeviceMatrices matrices_;
  Work work_;
};

class DeviceBackend : public Backend {
 public:
  DeviceBackend(const VerifyingKey& key, int device)
      : context_{.params = key.params,
                 .device = find_device(device),
                 .expressions = {},
                 .pieces = {},
                 .evaluator = nullptr} {
    for (const AirVerifyingKey& air : key.per_air) {
      context_.expressions.emplace_back(air.symbolic);
    }
    context_.pieces = make_pieces(key.per_air, context_.expressions);
    context_.evaluator = make_interpreter(device, context_.pieces);
  }
  std::string_view name() const override { return "cuda"; }
  std::vector<std::pair<std::string, std::string>> attributes() const override {
    return {{"device", context_.device.name}};
  }
  MemoryPlan plan(const Workload& workload) const override {
    return memory_plan(context_, workload);
  }
  std::unique_ptr<BackendSession> begin(const Workload& workload) const override {
    return std::make_unique<DeviceSession>(context_, pool_, workload);
  }

 private:
  Context context_;
  mutable PlacePool pool_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(const VerifyingKey& key, int device) {
  return std::make_unique<DeviceBackend>(key, device);
}

}  // namespace gyre::cuda
