#include "protocol/statement.h"

#include <gtest/gtest.h>

#include "gyre/proof/codec.h"
#include "poly/kernels.h"
#include "support/golden_case.h"

namespace gyre {
namespace {

using nlohmann::json;

Fp4 ext_from_json(const json& value) {
  return {fp_from_json(value.at(0)), fp_from_json(value.at(1)), fp_from_json(value.at(2)),
          fp_from_json(value.at(3))};
}

std::vector<Fp4> exts_from_json(const json& values) {
  std::vector<Fp4> result;
  for (const json& value : values) result.push_back(ext_from_json(value));
  return result;
}

/// What the reference derived for each golden case that has intermediate values.
class StatementGolden : public testing::Test {
 protected:
  template <class Check>
  void for_each_case(Check&& check) {
    for (const std::string& name : golden_case_names(/*with_keccak=*/false)) {
      SCOPED_TRACE(name);
      const GoldenCase golden = load_golden_case(name);
      const VerifyingKey key = golden.verifying_key();
      const auto proof = decode_proof(golden.proof_bytes);
      ASSERT_TRUE(proof);
      check(golden.stages(), key, *proof, Statement(key, proof->trace_vdata));
    }
  }
};

TEST_F(StatementGolden, OrderAndSizes) {
  for_each_case(
      [](const json& stages, const VerifyingKey&, const Proof& proof, const Statement& statement) {
        std::vector<std::size_t> order;
        for (const SortedTrace& trace : statement.traces) order.push_back(trace.air_index);
        EXPECT_EQ(order, stages["sorted_trace_order"].get<std::vector<std::size_t>>());
        EXPECT_EQ(statement.n_max, stages["n_max"].get<unsigned>());
        EXPECT_EQ(statement.n_logup, stages["n_logup"].get<unsigned>());
        EXPECT_EQ(statement.num_gkr_layers, proof.gkr.claims_per_layer.size());
        EXPECT_EQ(statement.num_commitments(), stages["commits"].size());
        EXPECT_EQ(statement.num_batch_univariate_coefficients(),
                  proof.batch_constraints.univariate_round_coeffs.size());
        EXPECT_EQ(statement.num_stacking_univariate_coefficients(),
                  proof.stacking.univariate_round_coeffs.size());
      });
}

TEST_F(StatementGolden, InteractionBlocks) {
  for_each_case(
      [](const json& stages, const VerifyingKey&, const Proof&, const Statement& statement) {
        const std::vector<InteractionBlock> blocks = interaction_blocks(statement);
        const json& expected = stages["interactions_layout"];
        ASSERT_EQ(blocks.size(), expected.size());
        for (std::size_t i = 0; i < blocks.size(); ++i) {
          EXPECT_EQ(blocks[i].trace, expected[i][0]);
          EXPECT_EQ(blocks[i].interaction, expected[i][1]);
          EXPECT_EQ(blocks[i].offset, expected[i][2]);
          EXPECT_EQ(blocks[i].log_length, expected[i][3]);
        }
      });
}

TEST_F(StatementGolden, Commitments) {
  for_each_case(
      [](const json& stages, const VerifyingKey&, const Proof& proof, const Statement& statement) {
        const std::vector<StackedCommitment> commitments = stacked_commitments(statement);
        const std::vector<Digest> roots =
            commitment_roots(statement, proof.common_main_commit, proof.trace_vdata);
        const json& expected = stages["commits"];
        ASSERT_EQ(commitments.size(), expected.size());
        ASSERT_EQ(roots.size(), expected.size());
        std::size_t num_columns = 0;
        for (std::size_t c = 0; c < commitments.size(); ++c) {
          EXPECT_EQ(roots[c], digest_from_json(expected[c]["root"]));
          EXPECT_EQ(commitments[c].layout.width(), expected[c]["stacked_width"]);
          const std::span<const StackedColumn> columns = commitments[c].layout.columns();
          ASSERT_EQ(columns.size(), expected[c]["layout"].size());
          for (std::size_t i = 0; i < columns.size(); ++i) {
            const json& column = expected[c]["layout"][i];
            EXPECT_EQ(columns[i].matrix, column[0]);
            EXPECT_EQ(columns[i].column, column[1]);
            EXPECT_EQ(columns[i].stacked_column, column[2]);
            EXPECT_EQ(columns[i].row, column[3]);
            EXPECT_EQ(columns[i].log_height, column[4]);
          }
          num_columns += columns.size();
        }
        EXPECT_EQ(column_claims(statement, proof.batch_constraints.column_openings).size(),
                  num_columns);
      });
}

TEST_F(StatementGolden, WhirPoint) {
  for_each_case(
      [](const json& stages, const VerifyingKey&, const Proof&, const Statement& statement) {
        EXPECT_EQ(whir_point(statement.l_skip(), exts_from_json(stages["u"])),
                  exts_from_json(stages["whir_point"]));
      });
}

// A weight is what the leaves of the block weigh together.
TEST_F(StatementGolden, InteractionWeightsAreThoseOfTheLeaves) {
  for_each_case(
      [](const json& stages, const VerifyingKey&, const Proof&, const Statement& statement) {
        if (statement.num_leaves == 0) return;
        const std::vector<Fp4> xi = exts_from_json(stages["xi"]);
        const std::span<const Fp4> leaf_point = std::span(xi).first(statement.num_gkr_layers);
        for (const InteractionBlock& block : interaction_blocks(statement)) {
          Fp4 expected;
          for (std::size_t i = 0; i < std::size_t{1} << block.log_length; ++i) {
            expected += eq_bits(leaf_point, block.offset + i);
          }
          EXPECT_EQ(interaction_weight(statement, block, xi), expected);
        }
      });
}

TEST(Statement, SortsByHeightThenByAir) {
  VerifyingKey key;
  key.params = presets::test_small(2, 8, 3);
  key.per_air.resize(6);
  key.per_air[5].symbolic.interactions.resize(3);
  std::vector<std::optional<TraceVerifierData>> trace_vdata(6);
  const unsigned log_heights[] = {1, 5, 0, 5, 2};
  for (std::size_t a = 0; a < 5; ++a) {
    trace_vdata[a] = TraceVerifierData{.log_height = log_heights[a]};
  }
  const Statement statement(key, trace_vdata);
  std::vector<std::size_t> order;
  std::vector<int> n;
  for (const SortedTrace& trace : statement.traces) {
    order.push_back(trace.air_index);
    n.push_back(trace.n);
  }
  EXPECT_EQ(order, (std::vector<std::size_t>{1, 3, 4, 0, 2}));
  EXPECT_EQ(n, (std::vector<int>{3, 3, 0, -1, -2}));
  // The absent AIR's interactions do not count.
  EXPECT_EQ(statement.num_leaves, 0u);
  EXPECT_EQ(statement.num_gkr_layers, 0u);
  EXPECT_EQ(statement.n_logup, 0u);
  EXPECT_EQ(statement.n_global, 3u);

  // An exact power of two of leaves doubles the tree.
  key.per_air[5].symbolic.interactions.resize(4);
  trace_vdata[5] = TraceVerifierData{.log_height = 1};
  const Statement with_interactions(key, trace_vdata);
  EXPECT_EQ(with_interactions.num_leaves, 16u);
  EXPECT_EQ(with_interactions.num_gkr_layers, 5u);
  EXPECT_EQ(with_interactions.n_logup, 3u);
}

TEST(Statement, PartsInOpeningOrder) {
  AirVerifyingKey air;
  air.width = {.preprocessed = 7, .cached_mains = {3, 4}, .common_main = 5};
  SortedTrace trace{.air = &air};
  ASSERT_EQ(trace.num_parts(), 4u);
  EXPECT_EQ(trace.part_width(0), 5u);
  EXPECT_EQ(trace.part_width(1), 7u);
  EXPECT_EQ(trace.part_width(2), 3u);
  EXPECT_EQ(trace.part_width(3), 4u);
  air.width.preprocessed.reset();
  ASSERT_EQ(trace.num_parts(), 3u);
  EXPECT_EQ(trace.part_width(1), 3u);
}

TEST(Statement, TracePoint) {
  const Fp4 r0(Fp::from_canonical(3)), r1(Fp::from_canonical(5)), r2(Fp::from_canonical(7));
  const std::vector<Fp4> r{r0, r1, r2};
  const TracePoint tall = trace_point(3, 1, r);
  EXPECT_EQ(tall.log_order, 3u);
  EXPECT_EQ(tall.coordinates, (std::vector<Fp4>{r0, r1}));
  const TracePoint flat = trace_point(3, 0, r);
  EXPECT_EQ(flat.coordinates, (std::vector<Fp4>{r0}));
  const TracePoint shorter = trace_point(3, -2, r);
  EXPECT_EQ(shorter.log_order, 1u);
  EXPECT_EQ(shorter.coordinates, (std::vector<Fp4>{Fp::from_canonical(81)}));
}

}  // namespace
}  // namespace gyre
