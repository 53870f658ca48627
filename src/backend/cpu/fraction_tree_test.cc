#include <gtest/gtest.h>

#include <deque>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "backend/cpu/cpu.h"
#include "backend/cpu/fraction_layer.h"
#include "gyre/airs/interactions.h"
#include "gyre/keys/keygen.h"
#include "gyre/simd/targets.h"
#include "poly/kernels.h"
#include "support/forced_target.h"
#include "support/random_elements.h"

namespace gyre {
namespace {

/// Random traces, one interaction of 3 fields each.
struct System {
  ProvingKey key;
  std::vector<Matrix> matrices;
  std::vector<TraceInput> traces;
  std::vector<FractionBlock> blocks;
  std::size_t leaves = 0;
  unsigned num_layers = 0;

  System(unsigned l_skip, const std::vector<unsigned>& log_heights)
      : key(generate(l_skip, log_heights.size())) {
    RandomElements random(log_heights.size());
    for (const unsigned log_height : log_heights) {
      const std::size_t height = std::size_t{1} << log_height;
      matrices.emplace_back(random.base(4 * height), height, 4);
    }
    for (std::size_t t = 0; t < matrices.size(); ++t) {
      TraceInput& input = traces.emplace_back();
      input.air_index = t;
      input.air = &key.vk.per_air[t];
      input.log_height = log_heights[t];
      input.main_parts = {matrices[t].view()};
      blocks.push_back({.trace = t, .interaction = 0, .offset = leaves});
      leaves += std::size_t{1} << std::max(l_skip, log_heights[t]);
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

  std::unique_ptr<FractionTree> tree(BackendSession& session) const {
    RandomElements random(5);
    const Fp4 alpha = random.element(), beta = random.element();
    return session.fraction_tree(traces, blocks, num_layers, alpha, beta);
  }

 private:
  static ProvingKey generate(unsigned l_skip, std::size_t num_airs) {
    KeyGenerator generator(presets::test_small(l_skip, 16, 1));
    std::deque<DummyInteractionAir> airs;  // the generator reads them when it generates
    for (std::size_t t = 0; t < num_airs; ++t) {
      generator.add_air(airs.emplace_back(3, t % 2 == 0, static_cast<std::uint16_t>(t), false));
    }
    return generator.generate();
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
  EXPECT_EQ(tree.root().numerator, expected.root().numerator);
  EXPECT_EQ(tree.root().denominator, expected.root().denominator);
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

class CpuFractionTree : public testing::TestWithParam<std::string> {
 protected:
  static void check(unsigned l_skip, const std::vector<unsigned>& log_heights,
                    unsigned one_at = 0) {
    SCOPED_TRACE(testing::Message() << "l_skip " << l_skip << ", " << log_heights.size()
                                    << " traces, tallest 2^" << log_heights[0]);
    const System system(l_skip, log_heights);
    const auto reference_backend = make_reference_backend(system.key.vk);
    const auto cpu_backend = make_cpu_backend(system.key.vk, 2);
    const auto reference = reference_backend->begin({}),
               cpu = cpu_backend->begin(system.workload());
    const auto expected = system.tree(*reference), tree = system.tree(*cpu);
    expect_same_trees(system, *expected, *tree, one_at);
  }

 private:
  ForcedTarget forced_{GetParam()};
};

TEST_P(CpuFractionTree, SmallTrees) {
  for (unsigned l_skip = 0; l_skip <= 5; ++l_skip) {
    for (unsigned log_height = 0; log_height <= 8; ++log_height) {
      check(l_skip, {log_height});
      check(l_skip, {log_height, log_height});
      check(l_skip, {log_height, log_height / 2, 0});
    }
  }
}

/// Real prefixes of all kinds: just above and just below a power of two, with odd parts.
TEST_P(CpuFractionTree, Padding) {
  check(2, {14});
  check(2, {13, 13, 3});
  check(2, {13, 12, 11, 10, 9, 8, 7, 6, 5});
  check(0, {13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0});
  check(0, {12, 0});
  check(4, {12, 10, 7, 5, 5, 0});
}

/// At a coordinate 1 the value at 0 does not follow from the claim.
TEST_P(CpuFractionTree, PointsWithACoordinateOne) {
  for (unsigned one_at = 1; one_at < 13; ++one_at) check(1, {12, 9, 1}, one_at);
}

TEST_P(CpuFractionTree, ArenaPeakIsAsPredicted) {
  for (const auto& log_heights :
       std::vector<std::vector<unsigned>>{{0}, {4, 1}, {9}, {12, 9, 3}, {14, 14, 14}}) {
    const System system(2, log_heights);
    cpu::Context context{
        .params = system.key.vk.params, .parallel = Parallel(1), .expressions = {}};
    for (const AirVerifyingKey& air : system.key.vk.per_air) {
      context.expressions.emplace_back(air.symbolic);
    }
    Arena arena(std::size_t{1} << 30);
    {
      const auto tree = cpu::make_fraction_tree(context, arena, system.traces, system.blocks,
                                                system.num_layers, Fp4::one(), Fp4::one());
      std::vector<Fp4> xi;
      for (unsigned layer = 2; layer <= system.num_layers; ++layer) {
        xi.push_back(Fp4());
        tree->begin_layer(layer, xi, Fp4::one());
        for (unsigned round = 0; round + 1 < layer; ++round) {
          tree->round(Fp4());
          tree->fold(Fp4::one());
        }
      }
      EXPECT_EQ(arena.peak(), cpu::fraction_tree_bytes(system.leaves, system.num_layers));
    }
    EXPECT_EQ(arena.used(), 0u);
  }
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const std::string_view name : simd::available_targets()) result.emplace_back(name);
  return result;
}

INSTANTIATE_TEST_SUITE_P(Targets, CpuFractionTree, testing::ValuesIn(names()),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace gyre
