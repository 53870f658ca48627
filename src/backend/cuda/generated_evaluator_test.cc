#include "backend/cuda/generated_evaluator.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "gyre/support/error.h"
#include "support/generated_kernels/airs.h"

namespace gyre::cuda {
namespace {

/// Pieces that were run, by whom: kernel -1 is the interpreter.
struct Log {
  struct Run {
    int kernel;
    std::vector<std::uint32_t> pieces;
    bool operator==(const Run&) const = default;
  };
  std::vector<Run> runs;
};

template <class Item>
std::vector<std::uint32_t> pieces_of(const Item* items, std::size_t count) {
  std::vector<std::uint32_t> pieces;
  for (std::size_t i = 0; i < count; ++i) pieces.push_back(items[i].piece);
  return pieces;
}

class FakeInterpreter : public Evaluator {
 public:
  explicit FakeInterpreter(Log& log) : log_(log) {}
  void evaluate(Queue&, std::span<const BaseItem> items, const BaseItem* device) const override {
    EXPECT_EQ(items.data(), device);
    log_.runs.push_back({-1, pieces_of(device, items.size())});
  }
  void evaluate(Queue&, std::span<const ExtensionItem> items,
                const ExtensionItem* device) const override {
    log_.runs.push_back({-1, pieces_of(device, items.size())});
  }

 private:
  Log& log_;
};

class FakeKernel : public RunnableKernel {
 public:
  FakeKernel(Log& log, int number) : log_(log), number_(number) {}
  void launch(Queue&, const Grid& grid, std::uint64_t, const void* items,
              std::uint32_t count) const override {
    EXPECT_EQ(grid.blocks.x, 3 * count);
    log_.runs.push_back({number_, pieces_of(static_cast<const BaseItem*>(items), count)});
  }

 private:
  Log& log_;
  int number_;
};

/// Numbers the kernels of the base form by their first piece; refuses those that it is told to.
class FakeBuilder : public KernelBuilder {
 public:
  FakeBuilder(Log& log, std::set<std::uint32_t> refused)
      : log_(log), refused_(std::move(refused)) {}
  std::unique_ptr<const RunnableKernel> build(const GeneratedKernel& kernel) const override {
    if (kernel.form == KernelForm::kBase && refused_.contains(kernel.first_piece)) {
      throw Error(ErrorKind::kResource, "refused");
    }
    return std::make_unique<FakeKernel>(log_, static_cast<int>(kernel.first_piece));
  }

 private:
  Log& log_;
  std::set<std::uint32_t> refused_;
};

class GeneratedEvaluators : public testing::Test {
 protected:
  GeneratedEvaluators() {
    for (std::size_t i = 0; i < airs_.names.size(); ++i) {
      generator_airs_.push_back({&airs_.keys[i].symbolic, &airs_.expressions[i], &airs_.pieces[i]});
      for (std::size_t p = 0; p < airs_.pieces[i].base.size(); ++p) {
        BaseItem item{};
        item.piece = airs_.pieces[i].first_base + static_cast<std::uint32_t>(p);
        item.num_points = 300;
        item.first_block = static_cast<std::uint32_t>(3 * items_.size());
        items_.push_back(item);
      }
    }
    kernels_ = generate_kernels(KernelForm::kBase, generator_airs_, kInstructions);
  }

  void evaluate(CodegenMode mode, std::set<std::uint32_t> refused) {
    evaluator_ = make_generated_evaluator(std::make_shared<FakeInterpreter>(log_), generator_airs_,
                                          std::make_unique<FakeBuilder>(log_, std::move(refused)),
                                          mode, kInstructions);
    evaluator_->evaluate(queue_, items_, items_.data());
  }

  static constexpr std::size_t kInstructions = 800;
  const KernelAirs airs_;
  std::vector<GeneratorAir> generator_airs_;
  std::vector<BaseItem> items_;
  std::vector<GeneratedKernel> kernels_;
  Queue queue_{0};
  Log log_;
  std::shared_ptr<const Evaluator> evaluator_;
};

TEST_F(GeneratedEvaluators, EachKernelRunsItsPieces) {
  ASSERT_GT(kernels_.size(), 2u);
  evaluate(CodegenMode::kWait, {});
  ASSERT_EQ(log_.runs.size(), kernels_.size());
  for (std::size_t k = 0; k < kernels_.size(); ++k) {
    EXPECT_EQ(log_.runs[k].kernel, static_cast<int>(kernels_[k].first_piece));
    EXPECT_EQ(log_.runs[k].pieces.size(), kernels_[k].num_pieces);
    EXPECT_EQ(log_.runs[k].pieces.front(), kernels_[k].first_piece);
  }
}

TEST_F(GeneratedEvaluators, AnAirWithoutAllItsKernelsIsInterpreted) {
  evaluate(CodegenMode::kWait, {kernels_.back().first_piece});  // one of Keccak's
  const AirPieces& keccak = airs_.pieces.back();
  std::vector<std::uint32_t> interpreted;
  for (const Log::Run& run : log_.runs) {
    if (run.kernel >= 0) continue;
    interpreted.insert(interpreted.end(), run.pieces.begin(), run.pieces.end());
  }
  ASSERT_EQ(interpreted.size(), keccak.base.size());
  EXPECT_EQ(interpreted.front(), keccak.first_base);
  EXPECT_NE(evaluator_->description().find("refused"), std::string::npos);
  EXPECT_GT(log_.runs.size(), 1u);
}

TEST_F(GeneratedEvaluators, OffOrWithoutACompilerAllIsInterpreted) {
  evaluate(CodegenMode::kOff, {});
  EXPECT_EQ(log_.runs, (std::vector<Log::Run>{{-1, pieces_of(items_.data(), items_.size())}}));
  const auto interpreter = std::make_shared<FakeInterpreter>(log_);
  EXPECT_EQ(make_generated_evaluator(interpreter, generator_airs_, nullptr, CodegenMode::kWait),
            interpreter);
}

TEST_F(GeneratedEvaluators, TheModeComesFromTheEnvironment) {
  ::unsetenv("GYRE_CUDA_CODEGEN");
  EXPECT_EQ(codegen_mode(), CodegenMode::kBackground);
  ::setenv("GYRE_CUDA_CODEGEN", "wait", 1);
  EXPECT_EQ(codegen_mode(), CodegenMode::kWait);
  ::setenv("GYRE_CUDA_CODEGEN", "off", 1);
  EXPECT_EQ(codegen_mode(), CodegenMode::kOff);
  ::setenv("GYRE_CUDA_CODEGEN", "on", 1);
  EXPECT_THROW(codegen_mode(), Error);
  ::unsetenv("GYRE_CUDA_CODEGEN");
}

}  // namespace
}  // namespace gyre::cuda
