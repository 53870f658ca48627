#include "backend/cuda/cuda.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/cuda/device_backend.h"
#include "backend/cuda/device_clock.h"
#include "backend/cuda/generated_evaluator.h"
#include "backend/cuda/trace_upload.h"
#include "gyre/support/error.h"
#include "gyre/support/telemetry.h"

namespace gyre::cuda {

DeviceMatrices::Place DeviceMatrices::place(const MatrixView& matrix) {
  const auto known = copies_.find(key(matrix));
  if (known != copies_.end()) {
    return {.copy = {known->second, matrix.height(), matrix.width()}};
  }
  Fp* const values = arena_.take<Fp>(matrix.values().size()).data;
  copies_.emplace(key(matrix), values);
  return {.copy = {values, matrix.height(), matrix.width()},
          .to_fill = values,
          .order = row_major_.contains(key(matrix)) ? MatrixOrder::kRowMajor
                                                    : MatrixOrder::kColumnMajor};
}

DeviceMatrix DeviceMatrices::get(const MatrixView& matrix) {
  const Place found = place(matrix);
  if (found.to_fill != nullptr) {
    queue_.begin_copies();
    upload_columns(queue_, matrix, found.order, 0, matrix.width(), found.to_fill);
    queue_.finish_copies();
  }
  return found.copy;
}

void DeviceMatrices::add(const MatrixView& matrix, const DeviceMatrix& copy) {
  copies_[key(matrix)] = copy.values;
}

std::size_t DeviceMatrices::bytes(const Workload::Oracle& oracle) {
  if (oracle.resident) return 0;
  std::map<std::uint32_t, std::size_t> cells;
  for (const StackedColumn& column : oracle.layout->columns()) {
    cells[column.matrix] += std::size_t{1} << column.log_height;
  }
  std::size_t bytes = 0;
  for (const auto& [matrix, count] : cells) bytes += DeviceArena::bytes_of<Fp>(count);
  return bytes;
}

namespace {

/// A matrix in device memory of its own.
class DeviceResidentMatrix : public ResidentMatrix {
 public:
  DeviceResidentMatrix(Queue& queue, const MatrixView& matrix, MatrixOrder order)
      : host_(matrix), memory_(DeviceArena::bytes_of<Fp>(matrix.values().size())) {
    const DeviceSpan<Fp> copy = memory_.take<Fp>(matrix.values().size());
    upload_columns(queue, matrix, order, 0, matrix.width(), copy.data);
    queue.finish_copies();
    queue.synchronize();
    device_ = {copy.data, matrix.height(), matrix.width()};
  }
  std::uint64_t bytes() const override { return memory_.capacity(); }
  const MatrixView& host() const { return host_; }
  const DeviceMatrix& device() const { return device_; }

 private:
  MatrixView host_;
  DeviceArena memory_;
  DeviceMatrix device_;
};

/// The memory and the stream of a proof.
struct Place {
  Place(int device, std::size_t capacity) : queue(device), arena(capacity), clock(queue, arena) {}
  Queue queue;
  DeviceArena arena;
  DeviceClock clock;
};

/// The places of earlier proofs on a device, kept for later ones of all provers of the process. A
/// proof takes the smallest that is large enough. One is given back to the device when kPatience
/// proofs have not needed it, when all are too small for a proof, or when the device is full.
class PlacePool {
 public:
  /// It lives as long as it has users.
  static std::shared_ptr<PlacePool> of_device(int device) {
    static std::mutex mutex;
    static std::map<int, std::weak_ptr<PlacePool>> pools;
    const std::lock_guard lock(mutex);
    std::shared_ptr<PlacePool> pool = pools[device].lock();
    if (!pool) pools[device] = pool = std::make_shared<PlacePool>(device);
    return pool;
  }
  explicit PlacePool(int device) : device_(device) {}

  /// What `make_memory` returns; if it fails, once more with the idle places out of the way.
  template <class MakeMemory>
  auto retried(const MakeMemory& make_memory) {
    use_device(device_);
    try {
      return make_memory();
    } catch (const Error&) {
      clear();
    }
    return make_memory();
  }

  std::unique_ptr<Place> take(std::size_t capacity) {
    if (auto place = take_idle(capacity)) return place;
    return make(capacity);
  }
  /// A place beside the pool.
  std::unique_ptr<Place> make(std::size_t capacity) {
    return retried([&] { return std::make_unique<Place>(device_, capacity); });
  }
  void give_back(std::unique_ptr<Place> place) {
    const std::lock_guard lock(mutex_);
    idle_.push_back({std::move(place), taken_});
  }

 private:
  static constexpr std::uint64_t kPatience = 16;
  struct Idle {
    std::unique_ptr<Place> place;
    std::uint64_t since;  ///< proofs begun before
  };

  std::unique_ptr<Place> take_idle(std::size_t capacity) {
    const std::lock_guard lock(mutex_);
    ++taken_;
    auto best = idle_.end();
    for (auto it = idle_.begin(); it != idle_.end(); ++it) {
      const std::size_t size = it->place->arena.capacity();
      // Of equal ones the last that was used, so that those too many grow old.
      if (size >= capacity && (best == idle_.end() || size <= best->place->arena.capacity())) {
        best = it;
      }
    }
    if (best == idle_.end()) {
      idle_.clear();
      return nullptr;
    }
    std::unique_ptr<Place> place = std::move(best->place);
    idle_.erase(best);
    std::erase_if(idle_, [&](const Idle& idle) { return taken_ - idle.since > kPatience; });
    return place;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    idle_.clear();
  }

  const int device_;
  std::mutex mutex_;
  std::vector<Idle> idle_;  ///< in the order in which they were given back
  std::uint64_t taken_ = 0;
};

class DeviceSession : public BackendSession {
 public:
  DeviceSession(const Context& context, PlacePool& pool, const Workload& workload)
      : context_(context),
        pool_(pool),
        // A key's commitments stay: they must not take hold of a proof's memory.
        pooled_(!workload.traces.empty()),
        memory_(choose_memory(context, workload)),
        place_(take_place(memory_.plan.arena())),
        scope_(std::in_place, place_->arena),
        matrices_(place_->queue, place_->arena),
        work_{.context = context_,
              .queue = place_->queue,
              .arena = place_->arena,
              .matrices = matrices_,
              .policy = memory_.policy,
              .planned_bytes = memory_.plan.arena()} {
    use_device(context.device.index);
    // Of a proof that failed there may be copies on their way to the memory of this one.
    place_->queue.finish_copies();
    for (const MatrixView& matrix : workload.row_major) matrices_.add_row_major(matrix);
    std::uint64_t resident_bytes = 0;
    for (const ResidentMatrix* matrix : workload.resident) {
      const auto& resident = static_cast<const DeviceResidentMatrix&>(*matrix);
      matrices_.add(resident.host(), resident.device());
      resident_bytes += resident.bytes();
    }
    place_->clock.set_beside_arena(resident_bytes);
    watched_.emplace(place_->clock);
  }
  ~DeviceSession() override {
    watched_.reset();
    scope_.reset();
    if (pooled_) pool_.give_back(std::move(place_));
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
  std::unique_ptr<Place> take_place(std::size_t capacity) {
    return pooled_ ? pool_.take(capacity) : pool_.make(capacity);
  }

  const Context& context_;
  PlacePool& pool_;
  const bool pooled_;
  const MemoryChoice memory_;
  std::unique_ptr<Place> place_;
  std::optional<DeviceArena::Scope> scope_;  ///< of the whole proof
  DeviceMatrices matrices_;
  Work work_;
  std::optional<TelemetryDeviceScope> watched_;
};

class DeviceBackend : public Backend {
 public:
  DeviceBackend(const VerifyingKey& key, int device)
      : context_{.params = key.params,
                 .device = find_device(device),
                 .expressions = {},
                 .pieces = {},
                 .evaluator = nullptr,
                 .interactions = interaction_programs(key)},
        pool_(PlacePool::of_device(device)),
        upload_queue_(device) {
    for (const AirVerifyingKey& air : key.per_air) {
      context_.expressions.emplace_back(air.symbolic);
    }
    context_.pieces = make_pieces(key.per_air, context_.expressions);
    std::vector<GeneratorAir> airs;
    for (std::size_t i = 0; i < key.per_air.size(); ++i) {
      airs.push_back({&key.per_air[i].symbolic, &context_.expressions[i], &context_.pieces[i]});
    }
    context_.evaluator = make_generated_evaluator(make_interpreter(device, context_.pieces), airs,
                                                  make_kernel_builder(device), codegen_mode());
  }
  std::string_view name() const override { return "cuda"; }
  std::vector<std::pair<std::string, std::string>> attributes() const override {
    return {{"device", context_.device.name}, {"constraints", context_.evaluator->description()}};
  }
  MemoryPlan plan(const Workload& workload) const override {
    return choose_memory(context_, workload).plan;
  }
  Memory memory() const override {
    return {.owner = "the device", .bytes = context_.device.memory_bytes};
  }
  std::optional<DeviceInfo> device() const override { return find_device(context_.device.index); }
  bool takes_row_major() const override { return true; }
  std::shared_ptr<const ResidentMatrix> make_resident(const MatrixView& matrix,
                                                      MatrixOrder order) const override {
    const std::lock_guard lock(upload_mutex_);
    return pool_->retried(
        [&] { return std::make_shared<DeviceResidentMatrix>(upload_queue_, matrix, order); });
  }
  std::unique_ptr<BackendSession> begin(const Workload& workload) const override {
    return std::make_unique<DeviceSession>(context_, *pool_, workload);
  }

 private:
  Context context_;
  std::shared_ptr<PlacePool> pool_;
  mutable std::mutex upload_mutex_;
  mutable Queue upload_queue_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(const VerifyingKey& key, int device) {
  return std::make_unique<DeviceBackend>(key, device);
}

}  // namespace gyre::cuda
