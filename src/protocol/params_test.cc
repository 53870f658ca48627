#include "gyre/protocol/params.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "gyre/support/error.h"

namespace gyre {
namespace {

using Kind = WhirProximity::Kind;
using Queries = std::vector<std::uint64_t>;

constexpr WhirProximity kUnique{};
WhirProximity list(std::uint64_t m) {
  return {.kind = Kind::kListDecoding, .m = m};
}

/// Queries of one round at log inverse rate `r`.
std::uint64_t queries(unsigned lambda, const WhirProximity& proximity, unsigned r) {
  return derive_whir_queries({.log_blowup = r,
                              .log_stacked_height = 1,
                              .k = 1,
                              .max_log_final_poly_length = 0,
                              .security_bits = lambda,
                              .query_phase_pow_bits = 0,
                              .proximity = proximity})
      .at(0);
}

// Spec 01, section 7.
TEST(Params, QueriesByRateAndRegime) {
  const auto expect = [](unsigned lambda, const WhirProximity& proximity,
                         std::vector<std::pair<unsigned, std::uint64_t>> table) {
    for (const auto& [r, expected] : table) {
      EXPECT_EQ(queries(lambda, proximity, r), expected) << "lambda " << lambda << ", r " << r;
    }
  };
  expect(80, kUnique,
         {{1, 193},
          {2, 118},
          {3, 97},
          {4, 88},
          {5, 84},
          {6, 82},
          {7, 81},
          {8, 81},
          {9, 81},
          {10, 81}});
  expect(80, list(2), {{3, 68}, {6, 30}, {9, 20}});
  expect(80, list(1), {{2, 193}, {5, 42}, {8, 24}});
  expect(85, list(1), {{4, 61}, {7, 30}, {10, 20}});
  expect(79, kUnique, {{1, 191}, {4, 87}, {7, 80}});
  expect(4, kUnique, {{1, 10}, {2, 6}});
  expect(4, list(3), {{1, 15}, {2, 6}, {3, 4}, {4, 3}, {5, 2}, {7, 2}, {10, 1}, {13, 1}});
}

TEST(Params, QueriesAreZeroWhereTheAgreementIsOne) {
  EXPECT_EQ(queries(80, list(1), 1), 0u);  // sqrt(1/2) * 3/2 > 1
  EXPECT_EQ(queries(0, list(1), 1), 0u);
  EXPECT_EQ(queries(0, kUnique, 1), 0u);
}

// Spec 01, section 9: the single-commitment WHIR test.
TEST(Params, QueriesOfTheWhirTest) {
  const auto derive = [](unsigned n_stack, unsigned log_blowup, unsigned k, unsigned length) {
    return derive_whir_queries(
        {.log_blowup = log_blowup,
         .log_stacked_height = 2 + n_stack,
         .k = k,
         .max_log_final_poly_length = length,
         .security_bits = 5,
         .query_phase_pow_bits = 1,
         .proximity = {.kind = Kind::kSplitUniqueList, .m = 3, .list_start_round = 1}});
  };
  EXPECT_EQ(derive(0, 1, 1, 0), (Queries{10, 15}));
  EXPECT_EQ(derive(2, 1, 1, 2), (Queries{10, 15}));
  EXPECT_EQ(derive(2, 1, 2, 0), (Queries{10, 6}));
  EXPECT_EQ(derive(2, 1, 3, 1), (Queries{10}));
  EXPECT_EQ(derive(2, 1, 4, 0), (Queries{10}));
  EXPECT_EQ(derive(2, 2, 4, 0), (Queries{6}));
  EXPECT_THROW(derive(2, 1, 0, 0), Error);
}

// Spec 01, section 9: the Fibonacci roundtrip.
TEST(Params, QueriesOfTheFibonacciRoundtrip) {
  for (const auto& [l_skip, expected] : std::vector<std::pair<unsigned, Queries>>{
           {2, {191, 87}}, {3, {191, 87}}, {6, {191, 87, 80}}}) {
    EXPECT_EQ(derive_whir_queries({.log_stacked_height = l_skip + 8,
                                   .max_log_final_poly_length = 4,
                                   .security_bits = 80,
                                   .query_phase_pow_bits = 1}),
              expected);
  }
}

TEST(Params, LogupPowBits) {
  EXPECT_EQ(derive_logup_pow_bits(kUnique, 1), 18u);
  EXPECT_EQ(derive_logup_pow_bits(kUnique, 4), 18u);
  EXPECT_EQ(derive_logup_pow_bits(list(2), 3), 19u);
  EXPECT_EQ(derive_logup_pow_bits(list(1), 4), 18u);
  EXPECT_EQ(derive_logup_pow_bits(list(1), 2), 18u);
  // Round 0 decides.
  EXPECT_EQ(derive_logup_pow_bits({Kind::kSplitUniqueList, 2, 1}, 3), 18u);
  EXPECT_EQ(derive_logup_pow_bits({Kind::kSplitUniqueList, 2, 0}, 3), 19u);
  EXPECT_THROW(derive_logup_pow_bits(list(1), 1), Error);  // no list-decoding radius left
}

/// One row of the table of production presets, spec 01, section 8.
struct ProductionRow {
  std::string name;
  std::uint64_t l_skip, n_stack, w_stack, log_blowup;
  Queries rounds;
  unsigned final_log, mu_pow, query_pow, folding_pow, logup_pow, degree;
  WhirProximity proximity;
};

TEST(Params, ProductionPresets) {
  const Queries app1{193}, app2{193, 88}, app3{193, 88, 81}, app4{193, 88, 81, 81};
  const std::vector<ProductionRow> rows{
      {"app:11", 4, 7, 2048, 1, app1, 7, 15, 20, 5, 18, 3, kUnique},
      {"app:14", 4, 10, 2048, 1, app1, 10, 15, 20, 5, 18, 3, kUnique},
      {"app:15", 4, 11, 2048, 1, app2, 7, 15, 20, 5, 18, 3, kUnique},
      {"app:17", 4, 13, 2048, 1, app2, 9, 15, 20, 5, 18, 3, kUnique},
      {"app:18", 4, 14, 2048, 1, app2, 10, 15, 20, 5, 18, 3, kUnique},
      {"app:19", 4, 15, 2048, 1, app3, 7, 15, 20, 5, 18, 3, kUnique},
      {"app:20", 4, 16, 2048, 1, app3, 8, 15, 20, 5, 18, 3, kUnique},
      {"app:21", 4, 17, 2048, 1, app3, 9, 15, 20, 5, 18, 3, kUnique},
      {"app:22", 4, 18, 2048, 1, app3, 10, 15, 20, 5, 18, 3, kUnique},
      {"app:23", 4, 19, 2048, 1, app4, 7, 15, 20, 5, 18, 3, kUnique},
      {"app:24", 4, 20, 2048, 1, app4, 8, 15, 20, 5, 18, 3, kUnique},
      {"leaf", 4, 17, 2048, 2, {118, 84, 81}, 9, 13, 20, 4, 18, 4, kUnique},
      {"internal", 2, 17, 512, 3, {68, 30, 20}, 7, 20, 20, 18, 19, 4, list(2)},
      {"root", 2, 18, 18, 4, {61, 30, 20}, 8, 15, 15, 15, 18, 4, list(1)},
      {"hook", 2, 18, 80, 2, {193, 42, 24}, 8, 11, 20, 12, 18, 4, list(1)},
  };
  for (const ProductionRow& row : rows) {
    SCOPED_TRACE(row.name);
    const std::optional<SystemParams> params = presets::by_name(row.name);
    ASSERT_TRUE(params);
    const SystemParams expected{.l_skip = row.l_skip,
                                .n_stack = row.n_stack,
                                .w_stack = row.w_stack,
                                .log_blowup = row.log_blowup,
                                .whir = {.k = 4,
                                         .num_queries = row.rounds,
                                         .mu_pow_bits = row.mu_pow,
                                         .query_phase_pow_bits = row.query_pow,
                                         .folding_pow_bits = row.folding_pow,
                                         .proximity = row.proximity},
                                .logup = {.max_interaction_count = 2013265921,
                                          .log_max_message_length = 7,
                                          .pow_bits = row.logup_pow},
                                .max_constraint_degree = row.degree};
    EXPECT_EQ(*params, expected);
    EXPECT_EQ(params->log_final_poly_length(), row.final_log);
    EXPECT_EQ(params->validate(), std::nullopt);
  }
}

// Spec 01, section 9.
TEST(Params, TestPresets) {
  struct Row {
    SystemParams params;
    Queries rounds;
    unsigned final_log;
  };
  const std::vector<Row> rows{
      {presets::test_small(2, 8, 3), {10, 4, 2}, 1},
      {presets::test_small(5, 5, 4), {10, 3}, 2},
      {presets::test_small(5, 8, 3), {10, 4, 2, 2}, 1},
      {presets::test_small(6, 7, 3), {10, 4, 2, 2}, 1},
      {presets::test_small(3, 5, 3), {10, 4}, 2},
      {presets::test_small(2, 5, 3), {10, 4}, 1},
      {presets::test_small(0, 8, 3), {10, 4}, 2},
      {presets::testing(5), {10}, 1},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(row.params.whir.num_queries, row.rounds);
    EXPECT_EQ(row.params.log_final_poly_length(), row.final_log);
    EXPECT_EQ(row.params.validate(), std::nullopt);
  }
  const SystemParams small = presets::test_small(2, 8, 3);
  EXPECT_EQ(small.l_skip, 2u);
  EXPECT_EQ(small.n_stack, 8u);
  EXPECT_EQ(small.w_stack, 4096u);
  EXPECT_EQ(small.log_blowup, 1u);
  EXPECT_EQ(small.whir.mu_pow_bits, 3u);
  EXPECT_EQ(small.whir.query_phase_pow_bits, 1u);
  EXPECT_EQ(small.whir.folding_pow_bits, 2u);
  EXPECT_EQ(small.whir.proximity, (WhirProximity{Kind::kSplitUniqueList, 3, 1}));
  EXPECT_EQ(small.logup, (LogUpParams{1u << 30, 7, 2}));
  EXPECT_EQ(small.max_constraint_degree, 3u);

  SystemParams testing = presets::test_small(4, 6, 4);
  testing.max_constraint_degree = 4;
  EXPECT_EQ(presets::testing(10), testing);
  EXPECT_EQ(presets::testing(10).whir.num_queries, (Queries{10, 3}));
}

TEST(Params, PresetNames) {
  EXPECT_EQ(presets::by_name("test"), presets::test_small(2, 8, 3));
  EXPECT_EQ(presets::by_name("testing:5"), presets::testing(5));
  EXPECT_EQ(presets::by_name("app:11"), presets::app(11));
  for (const char* name : {"", "app", "app:", "app:10", "app:25", "app:x", "app:21x", "app:-1",
                           "app:99999999999", "testing:4", "testing:27", "Leaf", ":21"}) {
    EXPECT_EQ(presets::by_name(name), std::nullopt) << name;
  }
  EXPECT_THROW(presets::app(10), Error);
  EXPECT_THROW(presets::app(25), Error);
  EXPECT_THROW(presets::testing(4), Error);
  EXPECT_THROW(presets::test_small(2, 1, 4), Error);
}

TEST(Params, ValidateNamesTheField) {
  constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();
  struct Case {
    const char* field;
    std::function<void(SystemParams&)> change;
  };
  const std::vector<Case> cases{
      {"l_skip", [](SystemParams& p) { p.l_skip = 28; }},
      {"l_skip", [](SystemParams& p) { p.l_skip = kHuge; }},
      {"n_stack", [](SystemParams& p) { p.n_stack = kHuge - 1; }},
      {"log_blowup", [](SystemParams& p) { p.log_blowup = 18; }},  // 10 + 18 = 28
      {"log_blowup", [](SystemParams& p) { p.log_blowup = kHuge; }},
      {"num_queries", [](SystemParams& p) { p.whir.num_queries.clear(); }},
      {"num_queries[1]", [](SystemParams& p) { p.whir.num_queries[1] = 0; }},
      {"whir.k", [](SystemParams& p) { p.whir.k = 0; }},
      {"WHIR rounds", [](SystemParams& p) { p.whir.k = 4; }},  // 3 rounds of 4 > 10
      {"WHIR rounds", [](SystemParams& p) { p.whir.k = kHuge / 3 + 1; }},
      {"mu_pow_bits", [](SystemParams& p) { p.whir.mu_pow_bits = 31; }},
      {"query_phase_pow_bits", [](SystemParams& p) { p.whir.query_phase_pow_bits = kHuge; }},
      {"folding_pow_bits", [](SystemParams& p) { p.whir.folding_pow_bits = 31; }},
      {"logup.pow_bits", [](SystemParams& p) { p.logup.pow_bits = std::uint64_t{1} << 32; }},
      {"max_constraint_degree", [](SystemParams& p) { p.max_constraint_degree = 0; }},
      {"max_constraint_degree", [](SystemParams& p) { p.max_constraint_degree = kHuge; }},
      // 3 (d + 1) + 1 > 2^32 - 1
      {"max_constraint_degree", [](SystemParams& p) { p.max_constraint_degree = 1431655764; }},
  };
  for (const Case& c : cases) {
    SystemParams params = presets::test_small(2, 8, 3);
    c.change(params);
    const std::optional<std::string> problem = params.validate();
    ASSERT_TRUE(problem) << c.field;
    EXPECT_NE(problem->find(c.field), std::string::npos) << *problem;
  }
}

TEST(Params, ValidateAcceptsTheLimits) {
  SystemParams params = presets::test_small(2, 8, 3);
  params.log_blowup = 17;  // 10 + 17 = the two-adicity
  params.whir.mu_pow_bits = 30;
  params.max_constraint_degree = 1431655763;
  EXPECT_EQ(params.validate(), std::nullopt);
  params.whir.k = 10;
  params.whir.num_queries = {1};
  EXPECT_EQ(params.validate(), std::nullopt);
  EXPECT_EQ(params.log_final_poly_length(), 0u);
  // A code of rate 1 and a bound that no proof keeps are legal; a verifier refuses the proofs.
  params.log_blowup = 0;
  params.w_stack = 0;
  EXPECT_EQ(params.validate(), std::nullopt);
}

}  // namespace
}  // namespace gyre
