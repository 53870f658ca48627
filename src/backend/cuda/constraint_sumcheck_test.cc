#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "backend/cuda/cuda.h"
#include "backend/reference/reference.h"
#include "gyre/airs/keccak.h"
#include "gyre/keys/keygen.h"
#include "gyre/transcript/transcript.h"
#include "poly/kernels.h"
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

/// Openings of the parts [trace, part], and all of them in the order in which they came.
using Openings =
    std::pair<std::map<std::pair<std::size_t, std::size_t>, std::vector<Fp4>>, std::vector<Fp4>>;

Openings openings_of(ConstraintSumcheck& sumcheck) {
  Openings openings;
  auto& [parts, in_order] = openings;
  sumcheck.openings([&](std::size_t trace, std::size_t part, std::span<const Fp4> values) {
    if (values.empty()) return;
    std::vector<Fp4>& of_part = parts[{trace, part}];
    of_part.insert(of_part.end(), values.begin(), values.end());
    in_order.insert(in_order.end(), values.begin(), values.end());
  });
  return openings;
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
    has_plan_ = seed % 4 == 1;
  }

  void run() {
    with_work([&](Work& work) {
      const std::size_t before = work.arena.used();
      const ConstraintSumcheckInput input = random_input();
      const auto expected = reference::make_constraint_sumcheck(context_.params, input);
      const auto actual = make_constraint_sumcheck(work, input);
      work.arena.reset_peak();
      compare_round0(expected->round0(), actual->round0());
      if (has_plan_) {
        EXPECT_LE(work.arena.peak(), work.planned_bytes);
      } else {
        EXPECT_EQ(work.arena.peak() - before, round0_bytes(context_, workload_, policy_));
      }
      work.arena.reset_peak();
      compare_rounds(*expected, *actual);
      EXPECT_EQ(openings_of(*expected), openings_of(*actual));
      EXPECT_EQ(work.arena.peak() - before, mle_rounds_bytes(context_, workload_));
    });
  }

  /// The device takes over from the host after each number of rounds; `one_at`: the round with the
  /// coordinate 1, if there is such a round.
  void run_with_tails(unsigned one_at) {
    ConstraintSumcheckInput input = random_input();
    const unsigned n_max = system_.n_max();
    if (one_at >= 1 && one_at <= n_max) input.xi[context_.l_skip() + one_at - 1] = Fp4::one();
    const RoundsStart start = random_start();
    const auto plain = reference::make_constraint_sumcheck(context_.params, input);
    const Rounds expected = prove_rounds(input, start, *plain);
    EXPECT_EQ(expected.by_device, 0u);
    for (unsigned tail = 0; tail <= n_max; ++tail) {
      SCOPED_TRACE(testing::Message() << "tail of " << tail << " of " << n_max << " rounds");
      context_.constraint_tail = tail;
      with_work([&](Work& work) {
        const std::size_t before = work.arena.used();
        const auto phase = make_constraint_sumcheck(work, input);
        work.arena.reset_peak();
        const Rounds actual = prove_rounds(input, start, *phase);
        EXPECT_EQ(actual.by_device, one_at <= n_max ? std::min(tail, n_max - one_at) : tail);
        EXPECT_EQ(actual.polynomials, expected.polynomials);
        EXPECT_EQ(actual.r, expected.r);
        EXPECT_EQ(actual.sponge, expected.sponge);
        EXPECT_EQ(actual.openings, expected.openings);
        EXPECT_EQ(work.arena.peak() - before, mle_rounds_bytes(context_, workload_));
      });
    }
  }

 private:
  /// Calls f(Work&) with the memory that the phase takes by plan, traces on the device.
  template <class F>
  void with_work(F&& f) {
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
    // Room for larger tiles where other rounds need more memory than the first.
    if (has_plan_) work.planned_bytes = arena.capacity();
    for (const TraceInput& trace : system_.traces) {
      matrices.get(trace.preprocessed);
      for (const MatrixView& part : trace.main_parts) matrices.get(part);
    }
    const std::size_t before = arena.used();
    f(work);
    EXPECT_EQ(arena.used(), before);
  }

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
    const RoundsStart start = random_start();
    expected.fold_prism(start.r0, start.weights);
    actual.fold_prism(start.r0, start.weights);
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

  struct RoundsStart {
    Fp4 r0, claim;
    std::vector<TraceWeights> weights;
  };
  RoundsStart random_start() {
    RoundsStart start{.r0 = random_.element(), .claim = random_.element(), .weights = {}};
    for (std::size_t t = 0; t < system_.traces.size(); ++t) {
      start.weights.push_back({random_.element(), random_.element(), random_.element()});
    }
    return start;
  }

  struct Rounds {
    std::vector<std::vector<Fp4>> polynomials;
    std::vector<Fp4> r;
    unsigned by_device = 0;
    DuplexState sponge;
    Openings openings;
  };
  /// The driver, with any claim to begin with.
  Rounds prove_rounds(const ConstraintSumcheckInput& input, const RoundsStart& start,
                      ConstraintSumcheck& sumcheck) {
    Rounds rounds;
    Transcript transcript;
    sumcheck.fold_prism(start.r0, start.weights);
    ConstraintSumcheck::RoundClaim claim{start.claim, Fp4::one(), Fp4::zero()};
    const auto finish_traces = [&](unsigned round) {
      for (std::size_t t = 0; t < system_.traces.size(); ++t) {
        if (system_.n_lifted(t) != round) continue;
        claim.finished += claim.eq_bound * sumcheck.finished_value(t);
      }
    };
    finish_traces(0);
    while (rounds.r.size() < system_.n_max()) {
      DuplexState sponge = transcript.export_state();
      if (const auto rest = sumcheck.finish_rounds(claim, sponge)) {
        transcript.import_state(sponge);
        rounds.by_device = static_cast<unsigned>(rest->challenges.size());
        rounds.polynomials.insert(rounds.polynomials.end(), rest->round_polynomials.begin(),
                                  rest->round_polynomials.end());
        rounds.r.insert(rounds.r.end(), rest->challenges.begin(), rest->challenges.end());
        break;
      }
      EXPECT_EQ(sponge, transcript.export_state());
      const Fp4 xi = input.xi[context_.l_skip() + rounds.r.size()];
      const std::vector<Fp4> s = round_polynomial(claim, xi, sumcheck);
      rounds.polynomials.emplace_back(s.begin() + 1, s.end());
      transcript.observe(rounds.polynomials.back());
      const Fp4 r = transcript.sample_ext();
      rounds.r.push_back(r);
      sumcheck.fold(r);
      claim = {interpolate_at(s, r), claim.eq_bound * eq1(xi, r), claim.finished * r};
      finish_traces(static_cast<unsigned>(rounds.r.size()));
    }
    rounds.sponge = transcript.export_state();
    rounds.openings = openings_of(sumcheck);
    return rounds;
  }
  /// At 0 .. d + 1.
  std::vector<Fp4> round_polynomial(const ConstraintSumcheck::RoundClaim& claim, const Fp4& xi,
                                    ConstraintSumcheck& sumcheck) const {
    const bool derive = xi != Fp4::one();
    std::vector<Fp4> h = sumcheck.round(derive ? 1 : 0), s;
    for (Fp4& value : h) value *= claim.eq_bound;
    if (derive) {
      const Fp4 at_0 = (claim.value - xi * h[0] - claim.finished) * (Fp4::one() - xi).inverse();
      h.insert(h.begin(), at_0);
    }
    for (unsigned i = 0; i < h.size() + 1; ++i) {
      const Fp4 x(Fp::from_canonical(i));
      s.push_back(eq1(xi, x) * interpolate_at(h, x) + claim.finished * x);
    }
    return s;
  }

  const System& system_;
  Context context_;
  Workload workload_;
  MemoryPolicy policy_;
  bool has_plan_ = false;
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

TEST(ConstraintSumcheck, RoundsWithoutTheHost) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const RandomSystem random(seed, 7);
    SCOPED_TRACE(random.text());
    const System system(random.keygen(), random.traces());
    const PieceLimits limits =
        seed % 2 == 0 ? PieceLimits{} : PieceLimits{.base = 3, .extension = 2};
    Comparison(system, limits, std::size_t{1} << 20, seed)
        .run_with_tails(seed % 3 == 0 ? static_cast<unsigned>(seed % 5) : ~0u);
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
