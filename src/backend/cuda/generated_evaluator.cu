#include "backend/cuda/generated_evaluator.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "gyre/support/error.h"

namespace gyre::cuda {
namespace {

/// Threads that compile at a time.
constexpr unsigned kMostThreads = 8;

/// The kernels of one form, and which of them an AIR needs.
class KernelSet {
 public:
  KernelSet(KernelForm form, std::span<const GeneratorAir> airs, std::size_t most_instructions)
      : kernels_(generate_kernels(form, airs, most_instructions)), built_(kernels_.size()) {
    for (const GeneratorAir& air : airs) {
      const bool base = form == KernelForm::kBase;
      const std::uint32_t first = base ? air.pieces->first_base : air.pieces->first_extension;
      const std::size_t count = base ? air.pieces->base.size() : air.pieces->extension.size();
      if (count == 0) continue;
      airs_.push_back(
          {first, kernel_of(first), kernel_of(first + static_cast<std::uint32_t>(count) - 1) + 1});
    }
  }

  const std::vector<GeneratedKernel>& kernels() const { return kernels_; }
  void set(std::size_t kernel, std::unique_ptr<const RunnableKernel> built) {
    owned_.reserve(kernels_.size());
    owned_.push_back(std::move(built));
    built_[kernel].store(owned_.back().get(), std::memory_order_release);
  }
  std::size_t num_built() const {
    return static_cast<std::size_t>(std::count_if(
        built_.begin(), built_.end(), [](const auto& k) { return k.load() != nullptr; }));
  }

  /// Runs of items for one kernel, or for none of an AIR that is not ready. What is ready is asked
  /// once per AIR, so that all its pieces go the same way.
  template <class Item, class Run>
  void for_each_run(std::span<const Item> items, Run&& run) const {
    std::vector<std::optional<bool>> ready(airs_.size());
    const auto kernel_for = [&](const Item& item) -> const RunnableKernel* {
      const std::size_t a = air_of(item.piece);
      if (!ready[a]) ready[a] = is_ready(airs_[a]);
      return *ready[a] ? built_[kernel_of(item.piece)].load(std::memory_order_acquire) : nullptr;
    };
    for (std::size_t begin = 0; begin < items.size();) {
      const RunnableKernel* const kernel = kernel_for(items[begin]);
      std::size_t end = begin + 1;
      while (end < items.size() && kernel_for(items[end]) == kernel) ++end;
      run(kernel, begin, end - begin);
      begin = end;
    }
  }

 private:
  struct Air {
    std::uint32_t first_piece;
    std::size_t first_kernel, end_kernel;
  };

  std::size_t kernel_of(std::uint32_t piece) const {
    const auto after = std::upper_bound(
        kernels_.begin(), kernels_.end(), piece,
        [](std::uint32_t p, const GeneratedKernel& kernel) { return p < kernel.first_piece; });
    return static_cast<std::size_t>(after - kernels_.begin()) - 1;
  }
  std::size_t air_of(std::uint32_t piece) const {
    const auto after =
        std::upper_bound(airs_.begin(), airs_.end(), piece,
                         [](std::uint32_t p, const Air& air) { return p < air.first_piece; });
    return static_cast<std::size_t>(after - airs_.begin()) - 1;
  }
  bool is_ready(const Air& air) const {
    for (std::size_t k = air.first_kernel; k < air.end_kernel; ++k) {
      if (built_[k].load(std::memory_order_acquire) == nullptr) return false;
    }
    return true;
  }

  std::vector<GeneratedKernel> kernels_;
  std::vector<Air> airs_;
  std::vector<std::atomic<const RunnableKernel*>> built_;
  std::vector<std::unique_ptr<const RunnableKernel>> owned_;
};

class GeneratedEvaluator : public Evaluator {
 public:
  GeneratedEvaluator(std::shared_ptr<const Evaluator> interpreter,
                     std::span<const GeneratorAir> airs,
                     std::unique_ptr<const KernelBuilder> builder, CodegenMode mode,
                     std::size_t most_instructions)
      : interpreter_(std::move(interpreter)),
        builder_(std::move(builder)),
        base_(KernelForm::kBase, airs, most_instructions),
        extension_(KernelForm::kExtension, airs, most_instructions) {
    const std::size_t jobs = base_.kernels().size() + extension_.kernels().size();
    const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
    const std::size_t count = std::min({jobs, cores, std::size_t{kMostThreads}});
    for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this] { build_kernels(); });
    if (mode == CodegenMode::kWait) join();
  }
  ~GeneratedEvaluator() override {
    stop_ = true;
    join();
  }

  void evaluate(Queue& queue, std::span<const BaseItem> items,
                const BaseItem* device_items) const override {
    run(base_, queue, items, device_items);
  }
  void evaluate(Queue& queue, std::span<const ExtensionItem> items,
                const ExtensionItem* device_items) const override {
    run(extension_, queue, items, device_items);
  }
  std::string description() const override {
    const std::lock_guard lock(mutex_);
    const std::size_t all = base_.kernels().size() + extension_.kernels().size();
    std::string text = std::to_string(base_.num_built() + extension_.num_built()) + " of " +
                       std::to_string(all) + " kernels compiled";
    for (const std::string& note : {builder_->note(), failure_}) {
      if (!note.empty()) text += "; " + note;
    }
    return text;
  }

 private:
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  /// A thread's work: the kernels that no other has begun. Those of the rounds on tables take the
  /// compiler longest and come first.
  void build_kernels() {
    while (!stop_) {
      std::size_t job = next_job_.fetch_add(1);
      KernelSet* set = &extension_;
      if (job >= extension_.kernels().size()) {
        job -= extension_.kernels().size();
        set = &base_;
      }
      if (job >= set->kernels().size()) return;
      try {
        std::unique_ptr<const RunnableKernel> built = builder_->build(set->kernels()[job]);
        const std::lock_guard lock(mutex_);
        set->set(job, std::move(built));
      } catch (const std::exception& error) {
        const std::lock_guard lock(mutex_);
        failure_ = error.what();
      }
    }
  }

  template <class Item>
  void run(const KernelSet& kernels, Queue& queue, std::span<const Item> items,
           const Item* device_items) const {
    kernels.for_each_run(
        items, [&](const RunnableKernel* kernel, std::size_t first, std::size_t count) {
          const std::span<const Item> part = items.subspan(first, count);
          if (kernel == nullptr) return interpreter_->evaluate(queue, part, device_items + first);
          std::uint64_t bytes = 0;
          for (const Item& item : part) bytes += std::uint64_t{item.num_points} * sizeof(Fp4);
          kernel->launch(queue, {dim3(num_blocks(part)), dim3(kEvaluationThreads), 0}, bytes,
                         device_items + first, static_cast<std::uint32_t>(count));
        });
  }

  std::shared_ptr<const Evaluator> interpreter_;
  std::unique_ptr<const KernelBuilder> builder_;
  KernelSet base_, extension_;
  mutable std::mutex mutex_;  ///< of failure_ and of what the sets own
  std::string failure_;       ///< of the last kernel that could not be had
  std::atomic<std::size_t> next_job_{0};
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace

CodegenMode codegen_mode() {
  const char* const value = std::getenv("GYRE_CUDA_CODEGEN");
  const std::string_view mode = value == nullptr ? "" : value;
  if (mode.empty() || mode == "background") return CodegenMode::kBackground;
  if (mode == "wait") return CodegenMode::kWait;
  if (mode == "off") return CodegenMode::kOff;
  throw misuse("GYRE_CUDA_CODEGEN is '" + std::string(mode) + "', not off, background or wait");
}

std::shared_ptr<const Evaluator> make_generated_evaluator(
    std::shared_ptr<const Evaluator> interpreter, std::span<const GeneratorAir> airs,
    std::unique_ptr<const KernelBuilder> builder, CodegenMode mode, std::size_t most_instructions) {
  if (mode == CodegenMode::kOff || builder == nullptr) return interpreter;
  return std::make_shared<GeneratedEvaluator>(std::move(interpreter), airs, std::move(builder),
                                              mode, most_instructions);
}

}  // namespace gyre::cuda
