#include "cost_model.h"

#include <gtest/gtest.h>

#include <set>

#include "gyre/airs/keccak.h"
#include "gyre/keys/keygen.h"
#include "kernel_work.h"

namespace gyre::bench {
namespace {

constexpr double kMillion = 1e6;

ProofWork keccak_app21() {
  return {presets::app(21), keccak_air(1 << 15)};
}

TEST(CostModel, InstructionsOfTheOperations) {
  EXPECT_EQ(cost::product().total(), 13);
  EXPECT_EQ(cost::accumulation().total(), 25);
  EXPECT_EQ(cost::extension_product().total(), 104);
  EXPECT_EQ(cost::butterfly().total(), 15.5);
  EXPECT_NEAR(cost::permutation().total(), 10'100, 50);
}

/// The counts of spec 09, section 5, whose replica of the AIR has 30 additions fewer.
TEST(CostModel, WorkOfTheKeccakProof) {
  const ProofWork proof = keccak_app21();
  EXPECT_EQ(proof.stacked_columns(), 42);
  EXPECT_NEAR(proof.encode().butterflies, 2026 * kMillion, kMillion);
  EXPECT_NEAR(proof.encode().products, 88 * kMillion, kMillion);
  EXPECT_NEAR(proof.encode().bytes, 2460 * kMillion, 10 * kMillion);
  EXPECT_NEAR(proof.tree().permutations, 29.4 * kMillion, 0.1 * kMillion);
  EXPECT_NEAR(proof.tree().bytes, 970 * kMillion, 10 * kMillion);
  EXPECT_NEAR(proof.round0().butterflies, 518 * kMillion, kMillion);
  EXPECT_NEAR(proof.round0().products, 842 * kMillion, kMillion);
  EXPECT_NEAR(proof.round0().additions, 1716 * kMillion, kMillion);
  EXPECT_NEAR(proof.round0().accumulations, 209 * kMillion, kMillion);
  EXPECT_NEAR(proof.fold_prism().accumulations, 94 * kMillion, kMillion);
  EXPECT_NEAR(proof.multilinear_rounds().extension_products, 88 * kMillion, kMillion);
  EXPECT_NEAR(proof.multilinear_rounds().additions, 644 * kMillion, kMillion);
  EXPECT_NEAR(proof.stacked_reduction().accumulations, 173 * kMillion, kMillion);
  EXPECT_NEAR(proof.whir_sums().accumulations, 86 * kMillion, kMillion);
  EXPECT_NEAR(proof.whir_sums().extension_products, 17 * kMillion, kMillion);
  EXPECT_NEAR(proof.whir_encode().butterflies, 99 * kMillion, kMillion);
  EXPECT_NEAR(proof.whir_trees().permutations, 6.3 * kMillion, 0.1 * kMillion);
  EXPECT_NEAR(proof.logup().permutations + proof.whir_grinding().permutations, 3.4 * kMillion,
              0.1 * kMillion);
  EXPECT_NEAR(proof.phases().front().work.permutations, 39.1 * kMillion, 0.1 * kMillion);
}

/// The constants of keccak_air() are those of the AIR.
TEST(CostModel, ShapeOfKeccak) {
  KeyGenerator generator(presets::app(21));
  const KeccakAir air;
  generator.add_air(air);
  const ProvingKey key = generator.generate();
  const SymbolicConstraints& dag = key.vk.per_air[0].symbolic;
  double products = 0, sums = 0;
  std::set<std::uint32_t> rotated;
  for (const DagNode& node : dag.nodes) {
    products += node.kind == NodeKind::kMul;
    sums += node.kind == NodeKind::kAdd || node.kind == NodeKind::kSub;
    if (node.kind == NodeKind::kVariable && node.variable.offset == 1) {
      rotated.insert(node.variable.index);
    }
  }
  const AirShape shape = keccak_air(1);
  EXPECT_EQ(shape.columns, air.common_main_width());
  EXPECT_EQ(shape.node_products, products);
  EXPECT_EQ(shape.node_sums, sums);
  EXPECT_EQ(shape.rotated_columns, rotated.size());
  EXPECT_EQ(shape.constraints, dag.constraint_nodes.size());
}

TEST(CostModel, TheSlowestKindOfInstructionBinds) {
  Ceilings ceilings{.lanes = 16,
                    .multiply = 8e9,
                    .add = 8e9,
                    .min = 4e9,
                    .shift = 4e9,
                    .shuffle = 4e9,
                    .min_shift = 4e9,
                    .mixed = 8e9,
                    .bytes = 1e10};
  // 2 additions and 1 minimum of 16 elements each: 3 instructions at 8e9 a second.
  const Work additions{.additions = 16e9, .bytes = 1e9};
  EXPECT_DOUBLE_EQ(bound(additions, ceilings).arithmetic, 3e9 / 8e9);
  EXPECT_DOUBLE_EQ(bound(additions, ceilings).memory, 0.1);
  EXPECT_DOUBLE_EQ(bound(additions, ceilings).seconds(), 3e9 / 8e9);
  ceilings.min = ceilings.shift = ceilings.min_shift = 2e9;
  EXPECT_DOUBLE_EQ(bound(additions, ceilings).arithmetic, 1e9 / 2e9);
}

TEST(KernelWork, ByName) {
  EXPECT_EQ(kernel_work("Poseidon2HashRowsBatch/42")->permutations, 16 * 6);
  EXPECT_EQ(kernel_work("EncodeTile/9/0")->butterflies, 16 * 9 * 256);
  EXPECT_EQ(kernel_work("Commit/14/16/real_time")->permutations, (2 << 15) + (1 << 15) - 1);
  EXPECT_FALSE(kernel_work("Poseidon2Permute"));
  EXPECT_FALSE(kernel_work("EncodeTile"));
  EXPECT_TRUE(uses_all_threads("Commit/14/16/real_time"));
  EXPECT_FALSE(uses_all_threads("EncodeTile/9/0"));
}

}  // namespace
}  // namespace gyre::bench
