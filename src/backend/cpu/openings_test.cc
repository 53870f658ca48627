#include "backend/cpu/openings.h"

#include <gtest/gtest.h>

#include "backend/cpu/cpu.h"
#include "gyre/protocol/params.h"
#include "support/random_elements.h"

namespace gyre::cpu {
namespace {

/// One commitment of a tall matrix, one of two columns per height down to a single row.
class OpeningPhases : public testing::Test {
 protected:
  OpeningPhases()
      : context_{.params = presets::app(17), .parallel = Parallel(2), .expressions = {}} {
    for (const unsigned log_height : kLogHeights) {
      RandomElements random(log_height);
      const std::size_t height = std::size_t{1} << log_height;
      matrices_.emplace_back(random.base(2 * height), height, 2);
    }
    std::vector<MatrixView> views(matrices_.begin(), matrices_.end());
    commitment_ = std::make_unique<CpuCommitment>(context_, arena_, CodewordPolicy::kKeep, views);
    RandomElements random(99);
    for (unsigned i = 0; i <= context_.params.log_stacked_height(); ++i) {
      point_.push_back(random.element());
    }
    arena_.reset_peak();
    used_ = arena_.used();
  }

  static constexpr unsigned kLogHeights[] = {15, 9, 4, 2, 0};
  Context context_;
  Arena arena_{std::size_t{1} << 34};
  std::vector<Matrix> matrices_;
  std::unique_ptr<CpuCommitment> commitment_;
  std::vector<Fp4> point_;
  std::size_t used_ = 0;
};

TEST_F(OpeningPhases, StackedSumcheckTakesWhatItsFormulaSays) {
  const std::vector<StackedColumnsInput> inputs = {
      {.commitment = commitment_.get(), .need_rot = {false, true, false, true, false}}};
  {
    const auto phase = make_stacked_sumcheck(context_, arena_, inputs, point_, point_[0]);
    phase->round0();
    phase->fold_prism(point_[1]);
    for (std::uint64_t j = 0; j < context_.params.n_stack; ++j) {
      phase->round();
      phase->fold(point_[2]);
    }
    EXPECT_EQ(phase->openings().front().size(), commitment_->layout().width());
  }
  EXPECT_EQ(arena_.peak() - used_, stacked_sumcheck_bytes(context_.l_skip(), kLogHeights));
  EXPECT_EQ(arena_.used(), used_);
}

TEST_F(OpeningPhases, WhirOpenerTakesWhatItsFormulaSays) {
  const unsigned log_height = context_.params.log_stacked_height();
  const Commitment* const commitment = commitment_.get();
  {
    const auto phase = make_whir_opener(context_, arena_, std::span(&commitment, 1), point_[0],
                                        std::span(point_).first(log_height));
    for (unsigned s = 0; s < context_.k(); ++s) {
      phase->round();
      phase->fold(point_[1]);
    }
  }
  EXPECT_EQ(arena_.peak() - used_, whir_opener_bytes(context_.l_skip(), log_height, context_.k()));
  EXPECT_EQ(arena_.used(), used_);
}

}  // namespace
}  // namespace gyre::cpu
