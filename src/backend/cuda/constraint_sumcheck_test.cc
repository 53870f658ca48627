#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "backend/cuda/cuda.h"
#include "backend/reference/reference.h"
#include "gyre/airs/keccak.h"
#include "gyre/keys/keygen.h"
#include "support/random_elements.h"
#include "support/random_system.h"

namespace gyre::cuda {
namespace {

/// Traces for AIRs of a key, by falling height.
struct System {
  ProvingKey key;
  std::vector<AirTraces> given;
  std::vector<TraceInput> traces;

  System(ProvingKey key_, std::vector<AirTraces> given_)
      : key(std::move(key_)), given(std::move(given_)) {
    for (const AirTraces& air : given) {
      TraceInput& input = traces.emplace_back();
      input.air_index = air.air_index;
      input.air = &key.vk.per_air[air.air_index];
      input.main_parts = air.cached_mains;
      if (input.air->width.common_main != 0) input.main_parts.push_back(air.common_main);
      if (input.air->preprocessed) {
        input.preprocessed = key.per_air[air.air_index].preprocessed_trace->view();
      }
      input.log_height = input.main_parts.empty() ? input.preprocessed.log_height()
                                                  : input.main_parts.front().log_height();
      input.public_values = air.public_values;
    }
    std::stable_sort(traces.begin(), traces.end(), [](const TraceInput& a, const TraceInput& b) {
      return a.log_height > b.log_height;
    });
  }

  unsigned n_lifted(std::size_t t) const {
    const auto l_skip = static_cast<unsigned>(key.vk.params.l_skip);
    return std::max(traces[t].log_height, l_skip) - l_skip;
  }
  unsigned n_max() const {
    unsigned n = 0;
    for (std::size_t t = 0; t < traces.size(); ++t) n = std::max(n, n_lifted(t));
    return n;
  }
};

Context make_context(const VerifyingKey& key, const PieceLimits& limits,
                     std::size_t round0_tile_bytes) {
  Context context{.params = key.params,
                  .device = find_device(0),
                  .expressions = {},
                  .pieces = {},
                  .evaluator = nullptr};
  for (const AirVerifyingKey& air : key.per_air) context.expressions.emplace_back(air.symbolic);
  context.pieces = make_pieces(key.per_air, context.expressions, limits);
  context.evaluator = make_interpreter(0, context.pieces);
  context.round0_tile_bytes = round0_tile_bytes;
  return context;
}

/// Runs the phase beside the reference with the same random challenges.
class Comparison {
 public:
  Comparison(const System& system, const PieceLimits& limits, std::size_t round0_tile_bytes,
             std::uint64_t seed)
      : system_(system),
        context_(make_context(system.key.vk, limits, round0_tile_bytes)),
        random_(seed) {
    for (const TraceInput& trace : system.traces) {
      workload_.traces.push_back(
          {.air_index = trace.air_index, .air = trace.air, .log_height = trace.log_height});
    }
    policy_.log_tile_reduction = seed % 3 == 0 ? 1 : 0;
  }

  void run() {
    std::size_t traces = 0;
    for (const TraceInput& trace : system_.traces) {
      traces += DeviceArena::bytes_of<Fp>(trace.preprocessed.values().size());
      for (const MatrixView& part : trace.main_parts) {
        traces += DeviceArena::bytes_of<Fp>(part.values().size());
      }
    }
    DeviceArena arena(traces + std::max(round0_bytes(context_, workload_, policy_),
                                        mle_rounds_bytes(context_, workload_)));
    DeviceMatrices matrices(queue_, arena);
    Work work{context_, queue_, arena, matrices, policy_};
    for (const TraceInput& trace : system_.traces) {
      matrices.get(trace.preprocessed);
      for (const MatrixView& part : trace.main_parts) matrices.get(part);
    }
    const std::size_t before = arena.used();
    {
      const ConstraintSumcheckInput input = random_input();
      const auto expected = reference::make_constraint_sumcheck(context_.params, input);
      const auto actual = make_constraint_sumcheck(work, input);
      arena.reset_peak();
      compare_round0(expected->round0(), actual->round0());
      EXPECT_EQ(arena.peak() - before, round0_bytes(context_, workload_, policy_));
      arena.reset_peak();
      compare_rounds(*expected, *actual);
      EXPECT_EQ(expected->openings(), actual->openings());
      EXPECT_EQ(arena.peak() - before, mle_rounds_bytes(context_, workload_));
    }
    EXPECT_EQ(arena.used(), before);
  }

 private:
  ConstraintSumcheckInput random_input() {
    ConstraintSumcheckInput input;
    input.traces = system_.traces;
    for (const TraceInput& trace : system_.traces) {
      input.interaction_weights.push_back(
          random_.extension(trace.air->symbolic.interactions.size()));
    }
    input.xi = random_.extension(context_.l_skip() + system_.n_max() + 1);
    input.beta = random_.element();
    input.lambda = random_.element();
    return input;
  }

  /// Polynomials are equal up to zeros at the end.
  static void expect_equal(std::vector<Fp4> a, std::vector<Fp4> b) {
    const std::size_t size = std::max(a.size(), b.size());
    a.resize(size);
    b.resize(size);
    EXPECT_EQ(a, b);
  }
  static void compare_round0(const std::vector<TraceRoundPolynomials>& expected,
                             const std::vector<TraceRoundPolynomials>& actual) {
    ASSERT_EQ(expected.size(), actual.size());
    for (std::size_t t = 0; t < expected.size(); ++t) {
      SCOPED_TRACE(testing::Message() << "trace " << t);
      expect_equal(expected[t].numerator, actual[t].numerator);
      expect_equal(expected[t].denominator, actual[t].denominator);
      expect_equal(expected[t].zerocheck, actual[t].zerocheck);
    }
  }

  void compare_rounds(ConstraintSumcheck& expected, ConstraintSumcheck& actual) {
    const Fp4 r0 = random_.element();
    std::vector<TraceWeights> weights;
    for (std::size_t t = 0; t < system_.traces.size(); ++t) {
      weights.push_back({random_.element(), random_.element(), random_.element()});
    }
    expected.fold_prism(r0, weights);
    actual.fold_prism(r0, weights);
    for (unsigned j = 0; j <= system_.n_max(); ++j) {
      SCOPED_TRACE(testing::Message() << "round " << j);
      if (j > 0) {
        const unsigned first = j % 2;
        EXPECT_EQ(expected.round(first), actual.round(first));
        const Fp4 challenge = random_.element();
        expected.fold(challenge);
        actual.fold(challenge);
      }
      for (std::size_t t = 0; t < system_.traces.size(); ++t) {
        if (system_.n_lifted(t) != j) continue;
        EXPECT_EQ(expected.finished_value(t), actual.finished_value(t));
      }
    }
  }

  const System& system_;
  Context context_;
  Workload workload_;
  MemoryPolicy policy_;
  RandomElements random_;
  Queue queue_{0};
};

TEST(ConstraintSumcheck, EqualsTheReferenceOnRandomSystems) {
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    const RandomSystem random(seed, 6);
    SCOPED_TRACE(random.text());
    const System system(random.keygen(), random.traces());
    const PieceLimits limits =
        seed % 2 == 0 ? PieceLimits{} : PieceLimits{.base = 3, .extension = 2};
    Comparison(system, limits, std::size_t{1000} << seed % 8, seed).run();
    if (testing::Test::HasFailure()) break;
  }
}

/// Columns with and without a table, next rows that are read and others that are only opened.
TEST(ConstraintSumcheck, EqualsTheReferenceOnKeccak) {
  for (const unsigned l_skip : {2u, 4u}) {
    SCOPED_TRACE(l_skip);
    KeyGenerator generator(presets::test_small(l_skip, 16, 1));
    const KeccakAir keccak;
    generator.add_air(keccak);
    const Matrix matrix = keccak_trace(random_keccak_inputs(1, 1));
    AirTraces traces;
    traces.common_main = matrix.view();
    const System system(generator.generate(), {traces});
    Comparison(system, {}, std::size_t{1} << 20, l_skip).run();
  }
}

}  // namespace
}  // namespace gyre::cuda
