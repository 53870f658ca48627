#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "backend/cpu/folded_trace.h"
#include "backend/cpu/round0.h"
#include "gyre/airs/keccak.h"
#include "gyre/keys/keygen.h"
#include "gyre/simd/targets.h"
#include "support/forced_target.h"
#include "support/random_elements.h"

namespace gyre::cpu {
namespace {

class ConstraintPhases : public testing::TestWithParam<std::string> {
 protected:
  ForcedTarget forced_{GetParam()};
  RandomElements random_{7};
};

/// Keccak-f has columns with and without a table, and with the next row read or not.
TEST_P(ConstraintPhases, TakeWhatTheirFormulasSay) {
  const KeccakAir keccak;
  const Matrix matrix = keccak_trace(random_keccak_inputs(3, 1));
  for (const unsigned l_skip : {0u, 3u, 5u}) {
    SCOPED_TRACE(l_skip);
    KeyGenerator generator(presets::test_small(l_skip, 16, 1));
    generator.add_air(keccak);
    const ProvingKey key = generator.generate();
    const AirVerifyingKey& air = key.vk.per_air[0];
    Context context{.params = key.vk.params, .parallel = Parallel(2), .expressions = {}};
    context.expressions.emplace_back(air.symbolic);
    TraceInput trace;
    trace.air = &air;
    trace.log_height = matrix.view().log_height();
    trace.main_parts = {matrix};
    trace.preprocessed = MatrixView({}, matrix.height(), 0);
    const PrismShape shape(l_skip, trace.log_height);
    const std::vector<Fp4> point = random_.extension(trace.log_height - l_skip);

    Arena arena(std::size_t{1} << 30);
    run_round0(context, arena, trace,
               {.interaction_weights = {},
                .row_point = point,
                .beta = random_.element(),
                .lambda = random_.element()});
    EXPECT_EQ(arena.peak(), Round0Sizes(context, 0, air, trace.log_height).bytes());
    EXPECT_EQ(arena.used(), 0u);

    const Arena::Scope scope(arena);
    arena.reset_peak();
    FoldedTrace folded(context, arena, trace, skip_domain_weights(l_skip, random_.element()));
    const std::size_t tables = FoldedTrace::bytes(context.expressions[0], shape);
    EXPECT_EQ(arena.peak(), tables);
    for (const Fp4& challenge : point) folded.fold(challenge);
    folded.openings(point);
    EXPECT_EQ(arena.peak(), tables + FoldedTrace::opening_bytes(shape));
    EXPECT_EQ(arena.used(), tables);
  }
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const std::string_view name : simd::available_targets()) result.emplace_back(name);
  return result;
}

INSTANTIATE_TEST_SUITE_P(Targets, ConstraintPhases, testing::ValuesIn(names()),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace gyre::cpu
