#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "backend/cuda/commitment.h"
#include "backend/cuda/cuda.h"
#include "backend/reference/reference.h"
#include "gyre/transcript/transcript.h"
#include "support/random_elements.h"

namespace gyre::cuda {
namespace {

/// A trace with one common main and any number of cached mains of its height.
struct TraceShape {
  unsigned log_height;
  bool need_rot;
  std::uint32_t width;
  std::vector<std::uint32_t> cached_widths = {};
};

struct Shape {
  std::string name;
  unsigned l_skip, n_stack, k;
  std::vector<TraceShape> traces;  ///< in descending height
};

/// The commitments to random traces of a shape, on the device and by the reference.
struct Committed {
  explicit Committed(const Shape& shape)
      : context{.params = presets::test_small(shape.l_skip, shape.n_stack, shape.k),
                .device = find_device(0)} {
    RandomElements random(shape.l_skip + 100 * shape.n_stack);
    const auto make = [&](unsigned log_height, std::size_t width) -> MatrixView {
      const std::size_t height = std::size_t{1} << log_height;
      return matrices.emplace_back(random.base(width * height), height, width);
    };
    std::vector<MatrixView> common_main;
    matrices.reserve(64);
    std::vector<bool> need_rot;
    for (const TraceShape& trace : shape.traces) {
      common_main.push_back(make(trace.log_height, trace.width));
      need_rot.push_back(trace.need_rot);
      AirVerifyingKey& air = airs.emplace_back();
      air.need_rot = trace.need_rot;
      air.width.common_main = trace.width;
      air.width.cached_mains = trace.cached_widths;
    }
    add(common_main, need_rot);
    for (std::size_t t = 0; t < shape.traces.size(); ++t) {
      const TraceShape& trace = shape.traces[t];
      workload.traces.push_back({.air_index = t, .air = &airs[t], .log_height = trace.log_height});
      for (const std::uint32_t width : trace.cached_widths) {
        add(std::vector{make(trace.log_height, width)}, {trace.need_rot});
      }
    }
    for (std::size_t i = 0; i < on_device.size(); ++i) {
      workload.commitments.push_back({.layout = &on_device[i]->layout()});
    }
  }

  void add(const std::vector<MatrixView>& views, std::vector<bool> need_rot) {
    on_device.push_back(std::make_unique<DeviceCommitment>(work, views));
    plain.push_back(std::make_unique<reference::PlainBackendCommitment>(context.params, views));
    device_inputs.push_back({.commitment = on_device.back().get(), .need_rot = need_rot});
    plain_inputs.push_back({.commitment = plain.back().get(), .need_rot = need_rot});
  }

  Context context;
  Queue queue{0};
  DeviceArena arena{std::size_t{1} << 28};
  DeviceMatrices device_matrices{queue, arena};
  Work work{.context = context, .queue = queue, .arena = arena, .matrices = device_matrices};
  std::vector<Matrix> matrices;
  std::vector<AirVerifyingKey> airs;
  Workload workload;
  std::vector<std::unique_ptr<DeviceCommitment>> on_device;
  std::vector<std::unique_ptr<reference::PlainBackendCommitment>> plain;
  std::vector<StackedColumnsInput> device_inputs, plain_inputs;
};

class DeviceOpenings : public testing::TestWithParam<Shape> {};

TEST_P(DeviceOpenings, StackedSumcheckIsTheReferences) {
  Committed committed(GetParam());
  RandomElements random(7);
  const std::size_t used = committed.arena.used();
  committed.arena.reset_peak();
  const unsigned n_stack = GetParam().n_stack;
  const std::vector<Fp4> r = random.extension(1 + n_stack);
  const Fp4 lambda = random.element();
  {
    const auto phase = make_stacked_sumcheck(committed.work, committed.device_inputs, r, lambda);
    const auto plain = reference::make_stacked_sumcheck(committed.context.params,
                                                        committed.plain_inputs, r, lambda);
    EXPECT_EQ(phase->round0(), plain->round0());
    const Fp4 u0 = random.element();
    phase->fold_prism(u0);
    plain->fold_prism(u0);
    for (unsigned j = 1; j <= n_stack; ++j) {
      EXPECT_EQ(phase->round(), plain->round()) << "round " << j;
      const Fp4 challenge = random.element();
      phase->fold(challenge);
      plain->fold(challenge);
    }
    EXPECT_EQ(phase->openings(), plain->openings());
  }
  EXPECT_EQ(committed.arena.peak() - used,
            stacked_reduction_bytes(committed.context, committed.workload));
  EXPECT_EQ(committed.arena.used(), used);
}

/// Random terms, most of them at points of the base field as the queries are.
std::vector<WhirOpener::WeightTerm> random_terms(RandomElements& random, std::size_t count) {
  std::vector<WhirOpener::WeightTerm> terms;
  for (std::size_t i = 0; i < count; ++i) {
    const Fp4 z = random.element();
    terms.push_back({.z = i % 7 == 0 ? z : Fp4(z.c[0]), .factor = random.element()});
  }
  return terms;
}

template <class Row>
void expect_same_leaves(const std::vector<std::vector<LeafOpening<Row>>>& opened,
                        const std::vector<std::vector<LeafOpening<Row>>>& expected) {
  ASSERT_EQ(opened.size(), expected.size());
  for (std::size_t i = 0; i < opened.size(); ++i) {
    ASSERT_EQ(opened[i].size(), expected[i].size());
    for (std::size_t q = 0; q < opened[i].size(); ++q) {
      EXPECT_EQ(opened[i][q].rows, expected[i][q].rows);
      EXPECT_EQ(opened[i][q].path, expected[i][q].path);
    }
  }
}

TEST_P(DeviceOpenings, WhirOpenerIsTheReferences) {
  Committed committed(GetParam());
  RandomElements random(8);
  const std::size_t used = committed.arena.used();
  committed.arena.reset_peak();
  const SystemParams& params = committed.context.params;
  const unsigned log_height = params.log_stacked_height();
  const std::vector<Fp4> point = random.extension(log_height);
  const Fp4 mu = random.element();
  {
    std::vector<const Commitment*> on_device, plain_commitments;
    for (const auto& each : committed.on_device) on_device.push_back(each.get());
    for (const auto& each : committed.plain) plain_commitments.push_back(each.get());
    const auto phase = make_whir_opener(committed.work, on_device, mu, point);
    const auto plain = reference::make_whir_opener(params, plain_commitments, mu, point);
    for (unsigned r = 0; r < params.num_whir_rounds(); ++r) {
      for (unsigned s = 0; s < params.whir.k; ++s) {
        EXPECT_EQ(phase->round(), plain->round()) << "round " << r << ", " << s;
        const Fp4 challenge = random.element();
        phase->fold(challenge);
        plain->fold(challenge);
      }
      const bool last = r + 1 == params.num_whir_rounds();
      const unsigned log_domain = log_height + static_cast<unsigned>(params.log_blowup) - r;
      if (!last) {
        EXPECT_EQ(phase->commit_folded(log_domain - 1), plain->commit_folded(log_domain - 1));
        const Fp4 z = random.element();
        EXPECT_EQ(phase->evaluate(z), plain->evaluate(z));
      }
      EXPECT_EQ(phase->final_polynomial(), plain->final_polynomial());
      const std::size_t num_queries = params.whir.num_queries[r];
      std::vector<std::size_t> indices;
      for (std::size_t q = 0; q < num_queries; ++q) {
        indices.push_back(random.base(1)[0].canonical() %
                          (std::size_t{1} << (log_domain - params.whir.k)));
      }
      phase->open(r, indices);
      plain->open(r, indices);
      if (!last) {
        const auto terms = random_terms(random, num_queries + 1);
        phase->add_weight(terms);
        plain->add_weight(terms);
      }
    }
    const WhirOpenings opened = phase->openings(), expected = plain->openings();
    expect_same_leaves(opened.commitments, expected.commitments);
    expect_same_leaves(opened.codewords, expected.codewords);
  }
  EXPECT_EQ(committed.arena.peak() - used, whir_bytes(committed.context, committed.workload, 0));
  EXPECT_EQ(committed.arena.used(), used);
}

void append(FinishedRounds& to, const FinishedRounds& more) {
  to.round_polynomials.insert(to.round_polynomials.end(), more.round_polynomials.begin(),
                              more.round_polynomials.end());
  to.witnesses.insert(to.witnesses.end(), more.witnesses.begin(), more.witnesses.end());
  to.challenges.insert(to.challenges.end(), more.challenges.begin(), more.challenges.end());
}

/// The next of `left` rounds, or as many of them as the phase does by itself: `finish` of a sponge.
template <class Phase, class Finish>
void prove_rounds(Phase& phase, unsigned left, unsigned pow_bits, const Finish& finish,
                  Transcript& transcript, FinishedRounds& rounds, unsigned& finished) {
  for (; left > 0; --left) {
    DuplexState sponge = transcript.export_state();
    if (const std::optional<FinishedRounds> rest = finish(left, sponge)) {
      EXPECT_EQ(rest->challenges.size(), left);
      append(rounds, *rest);
      transcript.import_state(sponge);
      finished += left;
      return;
    }
    EXPECT_EQ(sponge, transcript.export_state());
    FinishedRounds one{.round_polynomials = {phase.round()}, .witnesses = {Fp()}, .challenges = {}};
    transcript.observe(one.round_polynomials[0]);
    if (pow_bits != 0) {
      one.witnesses[0] = *smallest_witness(transcript.grinding_challenge(pow_bits));
      EXPECT_TRUE(transcript.check_witness(pow_bits, one.witnesses[0]));
    }
    one.challenges = {transcript.sample_ext()};
    phase.fold(one.challenges[0]);
    append(rounds, one);
  }
}

void expect_same_rounds(const FinishedRounds& a, const FinishedRounds& b) {
  EXPECT_EQ(a.round_polynomials, b.round_polynomials);
  EXPECT_EQ(a.witnesses, b.witnesses);
  EXPECT_EQ(a.challenges, b.challenges);
}

struct StackedPart {
  FinishedRounds rounds;
  std::vector<std::vector<Fp4>> openings;
  DuplexState sponge;
  unsigned finished = 0;  ///< rounds that the phase did by itself
};

StackedPart prove_stacked(StackedSumcheck& phase, unsigned n_stack) {
  Transcript transcript;
  StackedPart part;
  transcript.observe(phase.round0());
  phase.fold_prism(transcript.sample_ext());
  const auto finish = [&](unsigned, DuplexState& sponge) { return phase.finish_rounds(sponge); };
  prove_rounds(phase, n_stack, 0, finish, transcript, part.rounds, part.finished);
  part.openings = phase.openings();
  part.sponge = transcript.export_state();
  return part;
}

/// The device takes over from the host before every round.
TEST_P(DeviceOpenings, StackedRoundsWithoutTheHost) {
  Committed committed(GetParam());
  RandomElements random(9);
  const unsigned n_stack = GetParam().n_stack;
  const std::vector<Fp4> r = random.extension(1 + n_stack);
  const Fp4 lambda = random.element();
  const StackedPart expected =
      prove_stacked(*reference::make_stacked_sumcheck(committed.context.params,
                                                      committed.plain_inputs, r, lambda),
                    n_stack);
  EXPECT_EQ(expected.finished, 0u);
  for (unsigned log_tail = 0; log_tail <= n_stack; ++log_tail) {
    SCOPED_TRACE(testing::Message() << "tail of " << log_tail << " rounds");
    committed.context.log_stacked_tail = log_tail;
    const StackedPart part = prove_stacked(
        *make_stacked_sumcheck(committed.work, committed.device_inputs, r, lambda), n_stack);
    EXPECT_EQ(part.finished, log_tail);
    expect_same_rounds(part.rounds, expected.rounds);
    EXPECT_EQ(part.openings, expected.openings);
    EXPECT_EQ(part.sponge, expected.sponge);
  }
}

struct WhirPart {
  FinishedRounds rounds;
  std::vector<Digest> roots;
  std::vector<Fp4> values, final_polynomial;
  DuplexState sponge;
  unsigned finished = 0;  ///< folds that the phase did by itself
};

WhirPart prove_whir(WhirOpener& phase, const SystemParams& params, unsigned pow_bits) {
  Transcript transcript;
  WhirPart part;
  RandomElements random(11);
  const auto finish = [&](unsigned count, DuplexState& sponge) {
    return phase.finish_folds(count, pow_bits, sponge);
  };
  for (unsigned r = 0; r < params.num_whir_rounds(); ++r) {
    const auto k = static_cast<unsigned>(params.whir.k);
    prove_rounds(phase, k, pow_bits, finish, transcript, part.rounds, part.finished);
    if (r + 1 == params.num_whir_rounds()) break;
    const auto log_code = static_cast<unsigned>(params.log_stacked_height() + params.log_blowup);
    part.roots.push_back(phase.commit_folded(log_code - r - 1));
    transcript.observe(part.roots.back());
    part.values.push_back(phase.evaluate(transcript.sample_ext()));
    transcript.observe(part.values.back());
    phase.add_weight(random_terms(random, 5));
  }
  part.final_polynomial = phase.final_polynomial();
  part.sponge = transcript.export_state();
  return part;
}

class DeviceWhirFolds : public DeviceOpenings {};

/// The device takes over from the host at every size of the tables.
TEST_P(DeviceWhirFolds, WithoutTheHost) {
  Committed committed(GetParam());
  RandomElements random(10);
  const SystemParams& params = committed.context.params;
  const unsigned log_height = params.log_stacked_height(), l_skip = GetParam().l_skip;
  const std::vector<Fp4> point = random.extension(log_height);
  const Fp4 mu = random.element();
  std::vector<const Commitment*> on_device, plain;
  for (const auto& each : committed.on_device) on_device.push_back(each.get());
  for (const auto& each : committed.plain) plain.push_back(each.get());
  WhirPart expected[2];
  constexpr unsigned kPowBits[] = {0, 5};
  for (unsigned i = 0; i < 2; ++i) {
    expected[i] =
        prove_whir(*reference::make_whir_opener(params, plain, mu, point), params, kPowBits[i]);
    EXPECT_EQ(expected[i].finished, 0u);
  }
  for (unsigned log_tail = 0; log_tail <= log_height + 1; ++log_tail) {
    const unsigned i = log_tail % 2;
    SCOPED_TRACE(testing::Message()
                 << "tables of 2^" << log_tail << ", " << kPowBits[i] << " bits");
    committed.context.log_whir_tail = log_tail;
    const WhirPart part =
        prove_whir(*make_whir_opener(committed.work, on_device, mu, point), params, kPowBits[i]);
    unsigned by_itself = 0;
    for (unsigned bound = std::min<unsigned>(l_skip, GetParam().k);
         bound < params.num_whir_sumcheck_rounds(); ++bound) {
      by_itself += log_height - bound <= log_tail ? 1 : 0;
    }
    EXPECT_EQ(part.finished, by_itself);
    expect_same_rounds(part.rounds, expected[i].rounds);
    EXPECT_EQ(part.roots, expected[i].roots);
    EXPECT_EQ(part.values, expected[i].values);
    EXPECT_EQ(part.final_polynomial, expected[i].final_polynomial);
    EXPECT_EQ(part.sponge, expected[i].sponge);
  }
}

/// One block would search for too long.
TEST(DeviceWhirOpener, HardProofsOfWorkAreLeftToTheHost) {
  Committed committed({"no_skip", 0, 4, 2, {{4, true, 1}}});
  RandomElements random(12);
  const Commitment* const commitment = committed.on_device[0].get();
  const auto phase = make_whir_opener(committed.work, std::span(&commitment, 1), random.element(),
                                      random.extension(4));
  DuplexState sponge;
  EXPECT_FALSE(phase->finish_folds(2, 9, sponge).has_value());
  EXPECT_EQ(sponge, DuplexState());
  EXPECT_TRUE(phase->finish_folds(2, 8, sponge).has_value());
  EXPECT_NE(sponge, DuplexState());
}

const Shape kShapes[] = {
    {"one_column", 2, 5, 2, {{7, true, 1}}},
    {"one_row", 3, 2, 1, {{0, true, 1}}},
    {"no_skip", 0, 6, 2, {{6, true, 3}, {5, false, 2}, {3, true, 2}, {0, false, 3}}},
    {"skip_1", 1, 6, 2, {{7, true, 1, {2}}, {4, true, 2}, {1, true, 5}, {0, true, 3}}},
    {"every_height",
     3,
     5,
     3,
     {{8, false, 2, {3, 1}},
      {8, true, 1},
      {7, true, 3},
      {6, true, 2, {5}},
      {5, false, 7},
      {4, true, 1},
      {3, true, 4, {2}},
      {2, true, 3},
      {1, false, 2, {1}},
      {0, true, 5}}},
    {"skip_5", 5, 4, 2, {{9, true, 2}, {5, true, 3}, {3, true, 9}, {1, false, 1}}},
    {"skip_4_of_many_columns", 4, 5, 4, {{6, true, 300, {17}}, {6, false, 21}, {2, true, 40}}},
    {"tall", 4, 9, 4, {{13, true, 2}, {12, false, 3}, {11, true, 9}, {10, false, 1}, {4, true, 3}}},
    {"many_rounds", 2, 12, 3, {{14, true, 1}}},
    {"in_pieces", 4, 12, 4, {{16, true, 1}, {12, true, 1}}},
};
std::string name_of(const testing::TestParamInfo<Shape>& shape) {
  return shape.param.name;
}
INSTANTIATE_TEST_SUITE_P(Shapes, DeviceOpenings, testing::ValuesIn(kShapes), name_of);
// The small ones, as every one is proven many times.
INSTANTIATE_TEST_SUITE_P(Shapes, DeviceWhirFolds, testing::ValuesIn(kShapes, kShapes + 7), name_of);

}  // namespace
}  // namespace gyre::cuda
