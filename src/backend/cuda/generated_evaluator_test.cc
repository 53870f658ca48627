#include "backend/cuda/generated_evaluator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
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
  std::atomic<int> built{0};
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

/// Logs what it runs, by the number that it was built with.
class FakeKernel : public RunnableKernel {
 public:
  FakeKernel(Log& log, int number, std::uint32_t num_pieces)
      : log_(log), number_(number), num_pieces_(num_pieces) {}
  void launch(Queue&, const Grid& grid, std::uint64_t, const void* items, std::uint32_t count,
              std::uint32_t first_piece) const override {
    EXPECT_EQ(grid.blocks.x, 3 * count);
    const auto pieces = pieces_of(static_cast<const BaseItem*>(items), count);
    for (const std::uint32_t piece : pieces) {
      EXPECT_GE(piece, first_piece);
      EXPECT_LT(piece, first_piece + num_pieces_);
    }
    log_.runs.push_back({number_, pieces});
  }
  std::size_t code_bytes() const override { return 1; }

 private:
  Log& log_;
  int number_;
  std::uint32_t num_pieces_;
};

/// Numbers the sources of the base form as they are in `sources`; refuses those it is told to.
class FakeBuilder : public KernelBuilder {
 public:
  FakeBuilder(Log& log, std::vector<std::string> sources, std::set<int> refused)
      : log_(log), sources_(std::move(sources)), refused_(std::move(refused)) {}
  std::shared_ptr<const RunnableKernel> build(const GeneratedKernel& kernel) const override {
    ++log_.built;
    const auto found = std::find(sources_.begin(), sources_.end(), kernel.source);
    const int number = static_cast<int>(found - sources_.begin());
    if (refused_.contains(number)) throw Error(ErrorKind::kResource, "refused");
    return std::make_shared<FakeKernel>(log_, number, kernel.num_pieces);
  }

 private:
  Log& log_;
  std::vector<std::string> sources_;
  std::set<int> refused_;
};

class GeneratedEvaluators : public testing::Test {
 protected:
  GeneratedEvaluators() {
    for (std::size_t i = 0; i < airs_.names.size(); ++i) {
      generator_airs_.push_back({&airs_.keys[i].symbolic, &airs_.expressions[i], &airs_.pieces[i]});
      for (std::size_t p = 0; p < airs_.pieces[i].base.size(); ++p) {
        BaseItem item{};
        item.piece = airs_.pieces[i].first_base + static_cast<std::uint32_t>(p);
        item.num_points = kPoints;
        item.block_points = block_points(kPoints);
        item.first_block = static_cast<std::uint32_t>(3 * items_.size());
        items_.push_back(item);
      }
      for (GeneratedKernel& kernel :
           generate_kernels(KernelForm::kBase, generator_airs_.back(), kInstructions)) {
        kernel.first_piece += airs_.pieces[i].first_base;
        kernels_.push_back(std::move(kernel));
      }
    }
    rule_.few_airs = airs_.names.size();
    rule_.most_kernel_instructions = kInstructions;
    rule_.least_instructions = 0;
  }

  void evaluate(CodegenMode mode, std::set<int> refused) {
    std::vector<std::string> sources;
    for (const GeneratedKernel& kernel : kernels_) sources.push_back(kernel.source);
    evaluator_ = make_generated_evaluator(
        std::make_shared<FakeInterpreter>(log_), generator_airs_,
        std::make_unique<FakeBuilder>(log_, sources, std::move(refused)), mode, rule_);
    evaluator_->evaluate(queue_, items_, items_.data());
  }
  std::vector<std::uint32_t> interpreted() const {
    std::vector<std::uint32_t> pieces;
    for (const Log::Run& run : log_.runs) {
      if (run.kernel < 0) pieces.insert(pieces.end(), run.pieces.begin(), run.pieces.end());
    }
    return pieces;
  }
  /// Instructions of a point in all pieces of an AIR.
  std::size_t instructions(std::size_t air) const {
    std::size_t sum = 0;
    for (const GeneratedKernel& kernel :
         generate_kernels(KernelForm::kBase, generator_airs_[air], kInstructions)) {
      sum += kernel.executed;
    }
    return sum;
  }
  std::vector<std::uint32_t> pieces(std::size_t air) const {
    std::vector<std::uint32_t> result(airs_.pieces[air].base.size());
    std::iota(result.begin(), result.end(), airs_.pieces[air].first_base);
    return result;
  }

  static constexpr std::size_t kInstructions = 800;
  static constexpr std::uint32_t kPoints = 300;
  const KernelAirs airs_;
  std::vector<GeneratorAir> generator_airs_;
  std::vector<BaseItem> items_;
  std::vector<GeneratedKernel> kernels_;  ///< first_piece: in the key
  CompilationRule rule_;
  Queue queue_{0};
  Log log_;
  std::shared_ptr<const Evaluator> evaluator_;
};

TEST_F(GeneratedEvaluators, EachKernelRunsItsPieces) {
  ASSERT_GT(kernels_.size(), airs_.names.size());
  evaluate(CodegenMode::kWait, {});
  ASSERT_EQ(log_.runs.size(), kernels_.size());
  std::set<int> seen;
  for (const Log::Run& run : log_.runs) {
    ASSERT_GE(run.kernel, 0);
    const GeneratedKernel& kernel = kernels_[static_cast<std::size_t>(run.kernel)];
    EXPECT_TRUE(seen.insert(run.kernel).second);
    EXPECT_EQ(run.pieces.size(), kernel.num_pieces);
    EXPECT_EQ(run.pieces.front(), kernel.first_piece);
  }
}

TEST_F(GeneratedEvaluators, AnAirWithoutAllItsKernelsIsInterpreted) {
  evaluate(CodegenMode::kWait, {static_cast<int>(kernels_.size()) - 1});  // one of Keccak's
  EXPECT_EQ(interpreted(), pieces(3));
  EXPECT_NE(evaluator_->description().find("refused"), std::string::npos);
  EXPECT_GT(log_.runs.size(), 1u);
}

TEST_F(GeneratedEvaluators, AirsThatAreAlikeShareTheirKernels) {
  const std::size_t once = kernels_.size();
  evaluate(CodegenMode::kWait, {});
  const int built = log_.built;
  // The same AIRs again, as if they had other pieces.
  KernelAirs again;
  const std::uint32_t base = airs_.pieces.back().first_base + 1000, extension = base;
  for (std::size_t i = 0; i < again.names.size(); ++i) {
    again.pieces[i].first_base += base;
    again.pieces[i].first_extension += extension;
    generator_airs_.push_back({&again.keys[i].symbolic, &again.expressions[i], &again.pieces[i]});
    for (std::size_t p = 0; p < again.pieces[i].base.size(); ++p) {
      BaseItem item = items_.back();
      item.piece = again.pieces[i].first_base + static_cast<std::uint32_t>(p);
      item.first_block += 3;
      items_.push_back(item);
    }
  }
  rule_.few_airs *= 2;
  log_.runs.clear();
  log_.built = 0;
  evaluate(CodegenMode::kWait, {});
  EXPECT_EQ(log_.built, built);
  EXPECT_EQ(log_.runs.size(), 2 * once);
}

TEST_F(GeneratedEvaluators, SmallAirsAreNotCompiled) {
  const std::size_t fibonacci = instructions(0);
  ASSERT_LT(fibonacci, instructions(1));
  rule_.least_instructions = fibonacci + 1;
  evaluate(CodegenMode::kWait, {});
  EXPECT_EQ(interpreted(), pieces(0));
}

TEST_F(GeneratedEvaluators, InLaunchesOfManyAirsThoseWithLittleWorkAreInterpreted) {
  rule_.few_airs = airs_.names.size() - 1;
  rule_.least_work = std::uint64_t{kPoints} * instructions(3);  // Keccak's
  evaluate(CodegenMode::kWait, {});
  std::vector<std::uint32_t> others;
  for (std::size_t air = 0; air < 3; ++air) {
    for (const std::uint32_t piece : pieces(air)) others.push_back(piece);
  }
  EXPECT_EQ(interpreted(), others);
  EXPECT_EQ(log_.runs.front().kernel, -1);  // one launch, which begins first
  EXPECT_EQ(log_.runs.front().pieces, others);
  EXPECT_GT(log_.runs.size(), 1u);
}

TEST(CompilationRule, FewAirsAlwaysRunCompiledOthersWhenTheyAreWorkEnough) {
  const CompilationRule rule{.least_instructions = 10, .few_airs = 2, .least_work = 1000};
  EXPECT_FALSE(rule.compiles(9));
  EXPECT_TRUE(rule.compiles(10));
  EXPECT_TRUE(rule.runs_compiled(1, 2));
  EXPECT_FALSE(rule.runs_compiled(999, 3));
  EXPECT_TRUE(rule.runs_compiled(1000, 3));
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
