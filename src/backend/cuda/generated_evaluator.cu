#include "backend/cuda/generated_evaluator.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "gyre/support/error.h"

namespace gyre::cuda {
namespace {

/// Threads that compile at a time.
constexpr unsigned kMostThreads = 16;

/// A kernel of the key, for all AIRs that have its text.
struct KernelJob {
  GeneratedKernel kernel;
  std::shared_ptr<const RunnableKernel> built;
  std::atomic<const RunnableKernel*> ready{nullptr};  ///< `built`
};

/// The kernels of a key.
class KernelJobs {
 public:
  KernelJob& add(GeneratedKernel kernel) {
    const auto [place, first] = by_source_.try_emplace(kernel.source, jobs_.size());
    if (first) jobs_.emplace_back().kernel = std::move(kernel);
    return jobs_[place->second];
  }
  /// From now on no more are added. The longest come first, so that none is waited for alone.
  void order() {
    by_source_.clear();
    for (KernelJob& job : jobs_) ordered_.push_back(&job);
    std::stable_sort(ordered_.begin(), ordered_.end(), [](const KernelJob* a, const KernelJob* b) {
      return a->kernel.instructions > b->kernel.instructions;
    });
  }
  const std::vector<KernelJob*>& jobs() const { return ordered_; }
  std::size_t num_ready() const {
    return static_cast<std::size_t>(std::count_if(
        jobs_.begin(), jobs_.end(), [](const KernelJob& job) { return job.ready != nullptr; }));
  }

 private:
  std::deque<KernelJob> jobs_;
  std::map<std::string, std::size_t> by_source_;
  std::vector<KernelJob*> ordered_;
};

/// What is launched together: items for one kernel or, without one, for the interpreter.
struct ItemRun {
  const RunnableKernel* kernel = nullptr;
  std::uint32_t first_piece = 0;
  std::size_t first = 0, count = 0;
  std::uint64_t work = 0;

  bool takes(const RunnableKernel* other, std::uint32_t other_first) const {
    return kernel == other && first_piece == other_first;
  }
};

/// The AIRs of a key as kernels of one form see them.
class CompiledAirs {
 public:
  CompiledAirs(KernelForm form, std::span<const GeneratorAir> airs, const CompilationRule& rule,
               KernelJobs& jobs)
      : rule_(rule) {
    for (const GeneratorAir& air : airs) {
      const bool base = form == KernelForm::kBase;
      const std::size_t count = base ? air.pieces->base.size() : air.pieces->extension.size();
      if (count == 0) continue;
      Air& result = airs_.emplace_back();
      result.first_piece = base ? air.pieces->first_base : air.pieces->first_extension;
      result.num_pieces = count;
      std::vector<GeneratedKernel> kernels = generate_kernels(
          form, air, rule.most_kernel_instructions.value_or(kernel_instructions(form)));
      for (const GeneratedKernel& kernel : kernels) result.instructions += kernel.executed;
      if (!rule.compiles(result.instructions)) continue;
      for (GeneratedKernel& kernel : kernels) {
        const std::uint32_t first = result.first_piece + kernel.first_piece;
        result.parts.push_back({first, &jobs.add(std::move(kernel))});
      }
    }
  }

  /// Which is run how is decided once per AIR, so that all its pieces go the same way.
  template <class Item>
  std::vector<ItemRun> runs(std::span<const Item> items) const {
    std::vector<std::size_t> air_of_item;
    std::vector<std::uint64_t> work(airs_.size());
    for (const Item& item : items) {
      const bool same = !air_of_item.empty() && airs_[air_of_item.back()].has(item.piece);
      air_of_item.push_back(same ? air_of_item.back() : air_of(item.piece));
      work[air_of_item.back()] += airs_[air_of_item.back()].work_of(item.num_points);
    }
    const auto present = static_cast<std::size_t>(
        std::count_if(work.begin(), work.end(), [](std::uint64_t w) { return w != 0; }));
    std::vector<bool> compiled;
    for (std::size_t a = 0; a < airs_.size(); ++a) {
      compiled.push_back(rule_.runs_compiled(work[a], present) && airs_[a].ready());
    }
    std::vector<ItemRun> runs;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Air& air = airs_[air_of_item[i]];
      Part part{0, nullptr};
      if (compiled[air_of_item[i]]) part = air.part_of(items[i].piece);
      const RunnableKernel* const kernel = part.job == nullptr ? nullptr : part.job->ready.load();
      if (runs.empty() || !runs.back().takes(kernel, part.first_piece)) {
        runs.push_back({kernel, part.first_piece, i, 0, 0});
      }
      ++runs.back().count;
      runs.back().work += air.work_of(items[i].num_points);
    }
    // What takes longest begins first.
    std::stable_sort(runs.begin(), runs.end(), [](const ItemRun& a, const ItemRun& b) {
      const bool a_compiled = a.kernel != nullptr, b_compiled = b.kernel != nullptr;
      return a_compiled != b_compiled ? b_compiled : a.work > b.work;
    });
    return runs;
  }

 private:
  struct Part {
    std::uint32_t first_piece;  ///< in the key
    const KernelJob* job;
  };
  struct Air {
    std::uint32_t first_piece = 0;
    std::size_t num_pieces = 0;
    std::size_t instructions = 0;  ///< of a point
    std::vector<Part> parts;       ///< none: it is not compiled

    bool has(std::uint32_t piece) const { return piece - first_piece < num_pieces; }
    /// As if the pieces were all the same; not 0.
    std::uint64_t work_of(std::uint64_t num_points) const {
      return (instructions / num_pieces + 1) * num_points;
    }
    bool ready() const {
      return !parts.empty() && std::all_of(parts.begin(), parts.end(), [](const Part& part) {
        return part.job->ready.load() != nullptr;
      });
    }
    const Part& part_of(std::uint32_t piece) const {
      const auto after =
          std::upper_bound(parts.begin(), parts.end(), piece,
                           [](std::uint32_t p, const Part& part) { return p < part.first_piece; });
      return *(after - 1);
    }
  };

  std::size_t air_of(std::uint32_t piece) const {
    const auto after =
        std::upper_bound(airs_.begin(), airs_.end(), piece,
                         [](std::uint32_t p, const Air& air) { return p < air.first_piece; });
    return static_cast<std::size_t>(after - airs_.begin()) - 1;
  }

  CompilationRule rule_;
  std::vector<Air> airs_;
};

class GeneratedEvaluator : public Evaluator {
 public:
  GeneratedEvaluator(std::shared_ptr<const Evaluator> interpreter,
                     std::span<const GeneratorAir> airs,
                     std::unique_ptr<const KernelBuilder> builder, CodegenMode mode,
                     const CompilationRule& rule)
      : interpreter_(std::move(interpreter)),
        builder_(std::move(builder)),
        base_(KernelForm::kBase, airs, rule, jobs_),
        extension_(KernelForm::kExtension, airs, rule, jobs_) {
    jobs_.order();
    const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
    const std::size_t count = std::min({jobs_.jobs().size(), cores, std::size_t{kMostThreads}});
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
    std::string text = std::to_string(jobs_.num_ready()) + " of " +
                       std::to_string(jobs_.jobs().size()) + " kernels compiled";
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

  /// A thread's work: the kernels that no other has begun.
  void build_kernels() {
    while (!stop_) {
      const std::size_t next = next_job_.fetch_add(1);
      if (next >= jobs_.jobs().size()) return;
      KernelJob& job = *jobs_.jobs()[next];
      try {
        job.built = builder_->build(job.kernel);
        job.ready = job.built.get();
      } catch (const std::exception& error) {
        const std::lock_guard lock(mutex_);
        failure_ = error.what();
      }
    }
  }

  template <class Item>
  void run(const CompiledAirs& airs, Queue& queue, std::span<const Item> items,
           const Item* device_items) const {
    const std::vector<ItemRun> runs = airs.runs(items);
    queue.side_by_side(runs.size(), [&](std::size_t i) {
      const ItemRun& run = runs[i];
      const std::span<const Item> part = items.subspan(run.first, run.count);
      const Item* const device_part = device_items + run.first;
      if (run.kernel == nullptr) return interpreter_->evaluate(queue, part, device_part);
      std::uint64_t bytes = 0;
      for (const Item& item : part) bytes += std::uint64_t{item.num_points} * sizeof(Fp4);
      run.kernel->launch(queue, {dim3(num_blocks(part)), dim3(kEvaluationThreads), 0}, bytes,
                         device_part, static_cast<std::uint32_t>(run.count), run.first_piece);
    });
  }

  std::shared_ptr<const Evaluator> interpreter_;
  std::unique_ptr<const KernelBuilder> builder_;
  KernelJobs jobs_;
  CompiledAirs base_, extension_;
  mutable std::mutex mutex_;  ///< of failure_
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
    std::unique_ptr<const KernelBuilder> builder, CodegenMode mode, const CompilationRule& rule) {
  if (mode == CodegenMode::kOff || builder == nullptr) return interpreter;
  return std::make_shared<GeneratedEvaluator>(std::move(interpreter), airs, std::move(builder),
                                              mode, rule);
}

}  // namespace gyre::cuda
