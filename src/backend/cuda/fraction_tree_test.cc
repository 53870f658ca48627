#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "backend/backend.h"
#include "backend/cuda/cuda.h"
#include "gyre/airs/interactions.h"
#include "gyre/airs/program.h"
#include "gyre/keys/keygen.h"
#include "gyre/transcript/transcript.h"
#include "poly/kernels.h"
#include "support/random_elements.h"

namespace gyre {
namespace {

/// Linear fields with shared cells, a constant and a public value; selectors, the next row and
/// products, of which one is in a count and a message; a preprocessed column; cells alone, one,
/// four and five of them; buses.
constexpr const char* kProgram = R"(
M 0 0 0
M 0 0 1
M 0 1 2
M 0 0 3
P 0 0
U 0
F
T
C 7
* 0 1
+ 9 8
* 10 2
- 11 3
* 8 3
+ 13 5
+ 14 0
- 15 0
n 4
* 9 6
+ 18 17
L
* 5 2
I 3 1 12 15 9 4
I 0 1 0 8
I 5 1 19 7 16 20 21 14
I 3 1 13 11 11
I 1 1 0 2
I 3 1 0 1 2 3 0
I 1 1 3 4 3 2 1 0
)";

/// Random traces. Dummy AIRs have one interaction of 3 fields, others those of kProgram.
struct System {
  ProvingKey key;
  std::vector<Matrix> matrices;
  std::vector<std::vector<Fp>> publics;
  std::vector<Matrix> preprocessed;
  std::vector<TraceInput> traces;
  std::vector<FractionBlock> blocks;
  std::size_t leaves = 0;
  unsigned num_layers = 0;

  System(unsigned l_skip, const std::vector<unsigned>& log_heights, bool programs = false) {
    RandomElements random(log_heights.size());
    for (const unsigned log_height : log_heights) {
      const std::size_t height = std::size_t{1} << log_height;
      matrices.emplace_back(random.base(4 * height), height, 4);
      preprocessed.emplace_back(random.base(height), height, 1);
      publics.push_back(random.base(1));
    }
    generate(l_skip, programs);
    for (std::size_t t = 0; t < matrices.size(); ++t) {
      TraceInput& input = traces.emplace_back();
      input.air_index = t;
      input.air = &key.vk.per_air[t];
      input.log_height = log_heights[t];
      input.main_parts = {matrices[t].view()};
      if (programs) {
        input.preprocessed = preprocessed[t].view();
        input.public_values = publics[t];
      }
      for (std::size_t i = 0; i < input.air->symbolic.interactions.size(); ++i) {
        blocks.push_back({.trace = t, .interaction = i, .offset = leaves});
        leaves += std::size_t{1} << std::max(l_skip, log_heights[t]);
      }
    }
    while (leaves >> num_layers != 0) ++num_layers;
  }

  Workload workload() const {
    Workload result;
    for (const TraceInput& trace : traces) {
      result.traces.push_back(
          {.air_index = trace.air_index, .air = trace.air, .log_height = trace.log_height});
    }
    result.num_leaves = leaves;
    result.num_gkr_layers = num_layers;
    return result;
  }

 private:
  void generate(unsigned l_skip, bool programs) {
    KeyGenerator generator(presets::test_small(l_skip, 16, 1));
    std::deque<DummyInteractionAir> dummies;  // the generator reads them when it generates
    std::deque<ProgramAir> airs;
    for (std::size_t t = 0; t < matrices.size(); ++t) {
      if (programs) {
        ProgramAir::Shape shape;
        shape.preprocessed_trace = preprocessed[t];
        shape.common_main_width = 4;
        shape.num_public_values = 1;
        auto air = ProgramAir::parse(kProgram, shape);
        EXPECT_TRUE(air.has_value());
        generator.add_air(airs.emplace_back(std::move(air).value()));
      } else {
        generator.add_air(
            dummies.emplace_back(3, t % 2 == 0, static_cast<std::uint16_t>(t), false));
      }
    }
    key = generator.generate();
  }
};

void expect_same_claims(const GkrLayerClaims& a, const GkrLayerClaims& b) {
  EXPECT_EQ(a.p0, b.p0);
  EXPECT_EQ(a.q0, b.q0);
  EXPECT_EQ(a.p1, b.p1);
  EXPECT_EQ(a.q1, b.q1);
}

/// Runs two trees beside one another; coordinate `one_at` of every layer's challenges is 1.
void expect_same_trees(const System& system, FractionTree& expected, FractionTree& tree,
                       unsigned one_at) {
  ASSERT_EQ(tree.root().numerator, expected.root().numerator);
  ASSERT_EQ(tree.root().denominator, expected.root().denominator);
  GkrLayerClaims above = expected.first_layer();
  expect_same_claims(tree.first_layer(), above);
  RandomElements random(system.num_layers);
  std::vector<Fp4> xi = {random.element()};
  for (unsigned layer = 2; layer <= system.num_layers; ++layer) {
    const Fp4 lambda = random.element(), mu = xi[0];
    Fp4 claim =
        above.p0 + mu * (above.p1 - above.p0) + lambda * (above.q0 + mu * (above.q1 - above.q0));
    expected.begin_layer(layer, xi, lambda);
    tree.begin_layer(layer, xi, lambda);
    std::vector<Fp4> next = {random.element()};
    for (unsigned round = 0; round + 1 < layer; ++round) {
      SCOPED_TRACE(testing::Message() << "layer " << layer << ", round " << round);
      const std::array<Fp4, 3> s = expected.round(claim);
      ASSERT_EQ(tree.round(claim), s);
      const Fp4 challenge = round + 1 == one_at ? Fp4::one() : random.element();
      expected.fold(challenge);
      tree.fold(challenge);
      claim = interpolate_at(std::array{claim - s[0], s[0], s[1], s[2]}, challenge);
      next.push_back(challenge);
    }
    above = expected.claims();
    expect_same_claims(tree.claims(), above);
    xi = next;
  }
}

/// A layer's part of the proof, and where the transcript stands then.
struct LayerPart {
  std::vector<std::array<Fp4, 3>> round_polynomials;
  std::vector<Fp4> xi;
  GkrLayerClaims claims;
};

LayerPart prove_layer(unsigned layer, const LayerPart& above, FractionTree& tree,
                      Transcript& transcript, unsigned& finished) {
  LayerPart part;
  const Fp4 lambda = transcript.sample_ext(), mu = above.xi[0];
  const GkrLayerClaims& c = above.claims;
  Fp4 claim = c.p0 + mu * (c.p1 - c.p0) + lambda * (c.q0 + mu * (c.q1 - c.q0));
  tree.begin_layer(layer, above.xi, lambda);
  while (part.xi.size() + 1 < layer) {
    DuplexState sponge = transcript.export_state();
    if (const auto rest = tree.finish_layer(claim, sponge)) {
      transcript.import_state(sponge);
      part.round_polynomials.insert(part.round_polynomials.end(), rest->round_polynomials.begin(),
                                    rest->round_polynomials.end());
      part.xi.insert(part.xi.end(), rest->challenges.begin(), rest->challenges.end());
      part.claims = rest->claims;
      ++finished;
      break;
    }
    EXPECT_EQ(sponge, transcript.export_state());
    const std::array<Fp4, 3> s = tree.round(claim);
    transcript.observe(s);
    part.round_polynomials.push_back(s);
    part.xi.push_back(transcript.sample_ext());
    tree.fold(part.xi.back());
    claim = interpolate_at(std::array{claim - s[0], s[0], s[1], s[2]}, part.xi.back());
    if (part.xi.size() + 1 < layer) continue;
    part.claims = tree.claims();
    for (const Fp4& value : {part.claims.p0, part.claims.q0, part.claims.p1, part.claims.q1}) {
      transcript.observe(value);
    }
  }
  part.xi.insert(part.xi.begin(), transcript.sample_ext());
  return part;
}

/// Runs two trees beside one another, each with a transcript. How many layers `tree` finished.
unsigned expect_same_proofs(const System& system, FractionTree& expected, FractionTree& tree) {
  Transcript expected_transcript, transcript;
  LayerPart expected_part{.claims = expected.first_layer()}, part{.claims = tree.first_layer()};
  expected_part.xi = {expected_transcript.sample_ext()};
  part.xi = {transcript.sample_ext()};
  unsigned finished = 0, none = 0;
  for (unsigned layer = 2; layer <= system.num_layers; ++layer) {
    SCOPED_TRACE(testing::Message() << "layer " << layer);
    expected_part = prove_layer(layer, expected_part, expected, expected_transcript, none);
    part = prove_layer(layer, part, tree, transcript, finished);
    EXPECT_EQ(part.round_polynomials, expected_part.round_polynomials);
    EXPECT_EQ(part.xi, expected_part.xi);
    expect_same_claims(part.claims, expected_part.claims);
    EXPECT_EQ(transcript.export_state(), expected_transcript.export_state());
  }
  EXPECT_EQ(none, 0u);
  return finished;
}

/// Against the reference, and that the plan is what the tree takes.
struct Options {
  bool programs = false;
  unsigned one_at = 0;
  unsigned log_tail = 0;
  bool narrow_tree = false;
};

void check_tree(unsigned l_skip, const std::vector<unsigned>& log_heights, const Options& options) {
  SCOPED_TRACE(testing::Message() << "l_skip " << l_skip << ", " << log_heights.size()
                                  << " traces, tallest 2^" << log_heights[0]);
  const System system(l_skip, log_heights, options.programs);
  const auto backend = make_reference_backend(system.key.vk);
  const auto session = backend->begin({});
  RandomElements random(5);
  const Fp4 alpha = random.element(), beta = random.element();
  const auto expected =
      session->fraction_tree(system.traces, system.blocks, system.num_layers, alpha, beta);

  const cuda::Context context{.params = system.key.vk.params,
                              .device = cuda::find_device(0),
                              .interactions = cuda::interaction_programs(system.key.vk),
                              .log_fraction_tail = options.log_tail};
  cuda::Queue queue(0);
  cuda::DeviceArena columns(std::size_t{1} << 22);
  cuda::DeviceMatrices matrices(queue, columns);
  const cuda::MemoryPolicy policy{.narrow_tree = options.narrow_tree};
  cuda::DeviceArena arena(fraction_tree_bytes(context, system.workload(), policy));
  cuda::Work work{
      .context = context, .queue = queue, .arena = arena, .matrices = matrices, .policy = policy};
  {
    const auto tree = cuda::make_fraction_tree(work, system.traces, system.blocks,
                                               system.num_layers, alpha, beta);
    EXPECT_EQ(arena.peak(), arena.capacity());
    if (options.log_tail > 0) {
      const unsigned finished = expect_same_proofs(system, *expected, *tree);
      // Layers that are not stored are finished after the rounds that make them, if any are left.
      EXPECT_GE(finished + 2, system.num_layers - 1);
    } else {
      expect_same_trees(system, *expected, *tree, options.one_at);
    }
    EXPECT_EQ(arena.peak(), arena.capacity());
  }
  EXPECT_EQ(arena.used(), 0u);
}

void check(unsigned l_skip, const std::vector<unsigned>& log_heights, Options options = {}) {
  check_tree(l_skip, log_heights, options);
  options.narrow_tree = true;
  check_tree(l_skip, log_heights, options);
}

TEST(CudaFractionTree, SmallTrees) {
  for (const unsigned l_skip : {0, 1, 3}) {
    for (unsigned log_height = 0; log_height <= 4; ++log_height) {
      check(l_skip, {log_height});
      check(l_skip, {log_height, log_height});
      check(l_skip, {log_height, log_height / 2, 0});
    }
  }
}

TEST(CudaFractionTree, ANarrowOneTakesLessMemory) {
  const System system(2, {6, 5});
  const cuda::Context context{.params = system.key.vk.params,
                              .device = cuda::find_device(0),
                              .interactions = cuda::interaction_programs(system.key.vk)};
  EXPECT_LT(fraction_tree_bytes(context, system.workload(), {.narrow_tree = true}),
            fraction_tree_bytes(context, system.workload()));
}

TEST(CudaFractionTree, ProductsSelectorsAndPublicValues) {
  check(0, {0}, {.programs = true});
  check(2, {3, 1, 0}, {.programs = true});
  check(1, {6, 6, 2}, {.programs = true});
}

/// Slices of whole chunks, and chunks of many slices.
TEST(CudaFractionTree, TallAndShortSlices) {
  check(2, {12, 11, 10, 9, 3, 1});
  check(2, {11, 11}, {.programs = true});
}

/// At a coordinate 1 the value at 0 does not follow from the claim.
TEST(CudaFractionTree, PointsWithACoordinateOne) {
  for (unsigned one_at = 1; one_at < 8; ++one_at) check(1, {6, 4, 1}, {.one_at = one_at});
}

/// The device takes over from the host at every size of the tables.
TEST(CudaFractionTree, RoundsWithoutTheHost) {
  for (unsigned log_tail = 1; log_tail <= 10; ++log_tail) {
    SCOPED_TRACE(testing::Message() << "tail of " << log_tail << " rounds");
    check(1, {7, 6, 2}, {.programs = true, .log_tail = log_tail});
    check(0, {1}, {.log_tail = log_tail});
  }
  check(2, {11, 10, 3}, {.log_tail = 10});
}

}  // namespace
}  // namespace gyre
