#include "soundness/tampering.h"
#include "support/memory_use.h"

namespace gyre {
namespace {

using Code = VerifyErrorCode;

/// Every list of the proof one shorter and one longer. Spec 08, section 5.
class ProofShapes : public testing::Test {
 protected:
  static void SetUpTestSuite() { target_ = new Target(load_target("mixture_pow0")); }
  static void TearDownTestSuite() { delete target_; }

  /// The list that `select` picks, of the right length, makes `code` with the payload
  /// `indices..., expected, actual` when its length is wrong.
  template <class Select>
  void wrong_length(Code code, Select&& select, std::vector<std::uint64_t> indices = {}) {
    Proof good = target_->proof;
    const std::uint64_t expected = select(good).size();
    for (const int change : {-1, 1}) {
      if (expected == 0 && change < 0) continue;
      Proof proof = target_->proof;
      auto& list = select(proof);
      list.resize(list.size() + change);
      std::array<std::uint64_t, 4> integers{};
      std::copy(indices.begin(), indices.end(), integers.begin());
      integers[indices.size()] = expected;
      integers[indices.size() + 1] = list.size();
      expect_error(target_->key, proof, {.code = code, .integers = integers});
    }
  }

  static void expect_error(const VerifyingKey& key, const Proof& proof,
                           const VerifyError& expected) {
    const std::optional<VerifyError> failure = verdict(key, proof);
    ASSERT_TRUE(failure) << "accepted, expected " << expected.debug();
    EXPECT_EQ(failure->debug(), expected.debug());
  }

  const SystemParams& params() const { return target_->key.params; }

  static Target* target_;
};

Target* ProofShapes::target_ = nullptr;

TEST_F(ProofShapes, VData) {
  const VerifyingKey& key = target_->key;
  const std::size_t num_airs = key.per_air.size();
  for (const std::size_t size : {num_airs - 1, num_airs + 1}) {
    Proof proof = target_->proof;
    proof.trace_vdata.resize(size);
    expect_error(key, proof, {.code = Code::kInvalidVDataLength, .integers = {size, num_airs}});
    proof = target_->proof;
    proof.public_values.resize(size);
    expect_error(key, proof,
                 {.code = Code::kInvalidPublicValuesLength, .integers = {size, num_airs}});
  }
  wrong_length(Code::kInvalidCachedCommitments,
               [](Proof & p) -> auto& { return p.trace_vdata[3]->cached_commitments; }, {3});
  wrong_length(Code::kInvalidPublicValues, [](Proof & p) -> auto& { return p.public_values[5]; },
               {5});

  Proof proof = target_->proof;
  proof.trace_vdata[11].reset();
  proof.public_values[11] = {Fp::one()};
  expect_error(key, proof, {.code = Code::kPublicValuesNoVData, .integers = {11}});
  for (const std::uint32_t log_height : {9u, 0xffffffffu}) {
    proof = target_->proof;
    proof.trace_vdata[1]->log_height = log_height;
    expect_error(key, proof,
                 {.code = Code::kLogHeightOutOfBounds, .integers = {1, 2, 6, log_height}});
  }
}

TEST_F(ProofShapes, RequiredAir) {
  const Target target = load_target("optional_all_required");
  Proof proof = target.proof;
  proof.trace_vdata[1].reset();
  proof.public_values[1].clear();
  expect_error(target.key, proof, {.code = Code::kRequiredAirNoVData, .integers = {1}});
}

TEST_F(ProofShapes, Gkr) {
  wrong_length(
      Code::kInvalidClaimsPerLayer, [](Proof & p) -> auto& { return p.gkr.claims_per_layer; });
  wrong_length(
      Code::kGkrInvalidSumcheckPolys, [](Proof & p) -> auto& { return p.gkr.sumcheck_polys; });
  for (std::size_t i = 0; i < target_->proof.gkr.sumcheck_polys.size(); ++i) {
    wrong_length(Code::kInvalidSumcheckPolyEvals,
                 [&](Proof & p) -> auto& { return p.gkr.sumcheck_polys[i]; }, {i + 1});
  }
}

TEST_F(ProofShapes, BatchConstraints) {
  wrong_length(
      Code::kInvalidNumeratorTerms,
      [](Proof & p) -> auto& { return p.batch_constraints.numerator_term_per_air; });
  wrong_length(
      Code::kInvalidDenominatorTerms,
      [](Proof & p) -> auto& { return p.batch_constraints.denominator_term_per_air; });
  wrong_length(
      Code::kBatchInvalidUnivariateRoundCoeffs,
      [](Proof & p) -> auto& { return p.batch_constraints.univariate_round_coeffs; });
  wrong_length(
      Code::kBatchInvalidSumcheckRoundPolys,
      [](Proof & p) -> auto& { return p.batch_constraints.sumcheck_round_polys; });
  wrong_length(
      Code::kInvalidColumnOpeningsAirs,
      [](Proof & p) -> auto& { return p.batch_constraints.column_openings; });
  wrong_length(Code::kInvalidSumcheckRoundPolyEvals,
               [](Proof & p) -> auto& { return p.batch_constraints.sumcheck_round_polys[0]; }, {0});
}

TEST_F(ProofShapes, ColumnOpenings) {
  // Sorted traces 1 and 3 are AIRs 2 and 5; AIR 5 has a preprocessed part and rotations.
  wrong_length(Code::kInvalidColumnOpeningsPerAir,
               [](Proof & p) -> auto& { return p.batch_constraints.column_openings[1]; }, {2});
  wrong_length(Code::kInvalidColumnOpeningsPerAirMain,
               [](Proof & p) -> auto& { return p.batch_constraints.column_openings[1][0]; }, {2});
  for (const std::size_t size : {3u, 5u}) {
    Proof proof = target_->proof;
    proof.batch_constraints.column_openings[3][0].resize(size);
    expect_error(target_->key, proof,
                 {.code = Code::kInvalidColumnOpeningsPerAirMain, .integers = {5, 2, size}});
  }
  for (const std::size_t size : {1u, 3u}) {
    Proof proof = target_->proof;
    proof.batch_constraints.column_openings[3][1].resize(size);
    expect_error(
        target_->key, proof,
        {.code = Code::kInvalidColumnOpeningsPerAirPreprocessed, .integers = {5, 1, size}});
  }
  // Sorted trace 2 is AIR 4, with a cached part of one column.
  wrong_length(Code::kInvalidColumnOpeningsPerAirCached,
               [](Proof & p) -> auto& { return p.batch_constraints.column_openings[2][1]; },
               {4, 0});
}

TEST_F(ProofShapes, Stacking) {
  wrong_length(
      Code::kStackingInvalidUnivariateRoundCoeffs,
      [](Proof & p) -> auto& { return p.stacking.univariate_round_coeffs; });
  wrong_length(
      Code::kStackingInvalidSumcheckRoundPolys,
      [](Proof & p) -> auto& { return p.stacking.sumcheck_round_polys; });
  wrong_length(
      Code::kInvalidStackOpenings, [](Proof & p) -> auto& { return p.stacking.stacking_openings; });
  for (std::size_t c = 0; c < target_->proof.stacking.stacking_openings.size(); ++c) {
    wrong_length(Code::kInvalidStackOpeningsPerMatrix,
                 [&](Proof & p) -> auto& { return p.stacking.stacking_openings[c]; }, {c});
  }
  VerifyingKey key = target_->key;
  key.params.w_stack = 8;  // as many as there are
  EXPECT_FALSE(verify(key, target_->proof));
  key.params.w_stack = 7;
  expect_error(key, target_->proof,
               {.code = Code::kTotalStackedWidthOutOfBounds, .integers = {7, 8}});
}

TEST_F(ProofShapes, WhirLists) {
  wrong_length(
      Code::kWhirInvalidSumcheckPolys,
      [](Proof & p) -> auto& { return p.whir.whir_sumcheck_polys; });
  wrong_length(
      Code::kInvalidCodewordCommits, [](Proof & p) -> auto& { return p.whir.codeword_commits; });
  wrong_length(
      Code::kInvalidOodValues, [](Proof & p) -> auto& { return p.whir.ood_values; });
  wrong_length(
      Code::kInvalidFoldingPowWitnesses,
      [](Proof & p) -> auto& { return p.whir.folding_pow_witnesses; });
  wrong_length(
      Code::kInvalidQueryPhasePowWitnesses,
      [](Proof & p) -> auto& { return p.whir.query_phase_pow_witnesses; });
  wrong_length(
      Code::kInvalidInitialRoundOpenedRows,
      [](Proof & p) -> auto& { return p.whir.initial_round_opened_rows; });
  wrong_length(
      Code::kInvalidInitialRoundMerkleProofs,
      [](Proof & p) -> auto& { return p.whir.initial_round_merkle_proofs; });
  wrong_length(
      Code::kInvalidCodewordOpenedRows,
      [](Proof & p) -> auto& { return p.whir.codeword_opened_values; });
  wrong_length(
      Code::kInvalidCodewordMerkleProofs,
      [](Proof & p) -> auto& { return p.whir.codeword_merkle_proofs; });
  wrong_length(
      Code::kInvalidFinalPolyLen, [](Proof & p) -> auto& { return p.whir.final_poly; });
}

TEST_F(ProofShapes, WhirInitialOpenings) {
  for (std::size_t c = 0; c < target_->proof.whir.initial_round_opened_rows.size(); ++c) {
    wrong_length(Code::kInvalidInitialRoundOpenedRowsQueries,
                 [&](Proof & p) -> auto& { return p.whir.initial_round_opened_rows[c]; }, {c});
    wrong_length(Code::kInvalidInitialRoundMerkleProofsQueries,
                 [&](Proof & p) -> auto& { return p.whir.initial_round_merkle_proofs[c]; }, {c});
    for (const std::size_t q : {0, 7, 14}) {
      wrong_length(Code::kInvalidInitialRoundOpenedRowK,
                   [&](Proof & p) -> auto& { return p.whir.initial_round_opened_rows[c][q]; },
                   {q, c});
      wrong_length(Code::kInvalidInitialRoundOpenedRowWidth,
                   [&](Proof & p) -> auto& { return p.whir.initial_round_opened_rows[c][q][5]; },
                   {5, c});
      wrong_length(Code::kInvalidInitialRoundMerkleProofDepth,
                   [&](Proof & p) -> auto& { return p.whir.initial_round_merkle_proofs[c][q]; },
                   {q, c});
    }
  }
}

TEST_F(ProofShapes, WhirCodewordOpenings) {
  for (std::size_t r = 1; r < params().num_whir_rounds(); ++r) {
    wrong_length(Code::kInvalidCodewordOpenedRowsQueries,
                 [&](Proof & p) -> auto& { return p.whir.codeword_opened_values[r - 1]; }, {r});
    wrong_length(Code::kInvalidCodewordMerkleProofsQueries,
                 [&](Proof & p) -> auto& { return p.whir.codeword_merkle_proofs[r - 1]; }, {r});
    for (const std::size_t q : {0, 3}) {
      wrong_length(Code::kInvalidCodewordOpenedValues,
                   [&](Proof & p) -> auto& { return p.whir.codeword_opened_values[r - 1][q]; },
                   {r, q});
      wrong_length(Code::kInvalidCodewordMerkleProofDepth,
                   [&](Proof & p) -> auto& { return p.whir.codeword_merkle_proofs[r - 1][q]; },
                   {r, q});
    }
  }
}

// The first check in the order of the table is the result.
TEST_F(ProofShapes, Order) {
  Proof proof = target_->proof;
  const auto expect_name = [&](const char* name) {
    const auto failure = verify(target_->key, proof);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->name(), name);
  };
  proof.whir.initial_round_merkle_proofs[0][0].pop_back();
  expect_name("InvalidInitialRoundMerkleProofDepth");
  proof.whir.initial_round_opened_rows[0][9][1].pop_back();
  expect_name("InvalidInitialRoundOpenedRowWidth");
  proof.whir.final_poly.pop_back();
  expect_name("InvalidFinalPolyLen");
  proof.stacking.stacking_openings[1].pop_back();
  expect_name("InvalidStackOpeningsPerMatrix");
  proof.batch_constraints.column_openings[0].pop_back();
  expect_name("InvalidColumnOpeningsPerAir");
  proof.batch_constraints.sumcheck_round_polys[0].pop_back();
  expect_name("InvalidSumcheckRoundPolyEvals");
  proof.gkr.sumcheck_polys[0].pop_back();
  expect_name("InvalidSumcheckPolyEvals");
  proof.public_values[5].pop_back();
  expect_name("InvalidPublicValues");
  proof.trace_vdata[4]->cached_commitments.clear();
  expect_name("InvalidCachedCommitments");
  proof.public_values.pop_back();
  expect_name("InvalidPublicValuesLength");
}

// A key may announce any width: nothing is allocated for it before the proof shows its openings.
TEST_F(ProofShapes, HugeWidthsInTheKey) {
  VerifyingKey key = target_->key;
  key.per_air[2].width.common_main = 0xffffffffu;
  const MemoryUse memory;
  const auto failure = verify(key, target_->proof);
  EXPECT_LE(memory.peak_bytes(), std::size_t{1} << 20);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->name(), "InvalidColumnOpeningsPerAirMain");
}

/// A proof of zeros of the right shape for one AIR without constraints, of height 1, with
/// l_skip = 0: xi is empty. `common_main` may be 0.
Target zero_proof(std::uint32_t common_main) {
  Target target;
  SystemParams& params = target.key.params;
  params = presets::test_small(0, 8, 3);
  params.logup.pow_bits = 0;
  params.whir.mu_pow_bits = params.whir.folding_pow_bits = params.whir.query_phase_pow_bits = 0;
  AirVerifyingKey& air = target.key.per_air.emplace_back();
  air.width.common_main = common_main;
  air.width.cached_mains = {1};

  Proof& proof = target.proof;
  proof.trace_vdata = {TraceVerifierData{.log_height = 0, .cached_commitments = {Digest{}}}};
  proof.public_values.resize(1);
  proof.gkr.q0_claim = Fp4::one();
  proof.batch_constraints.numerator_term_per_air.resize(1);
  proof.batch_constraints.denominator_term_per_air.resize(1);
  proof.batch_constraints.univariate_round_coeffs.resize(1);
  proof.batch_constraints.column_openings = {{std::vector<Fp4>(common_main), std::vector<Fp4>(1)}};
  proof.stacking.univariate_round_coeffs.resize(1);
  proof.stacking.sumcheck_round_polys.resize(8);
  const std::size_t widths[] = {common_main, 1};
  for (const std::size_t width : widths) proof.stacking.stacking_openings.emplace_back(width);
  WhirProof& whir = proof.whir;
  whir.whir_sumcheck_polys.resize(6);
  whir.codeword_commits.resize(1);
  whir.ood_values.resize(1);
  whir.folding_pow_witnesses.resize(6);
  whir.query_phase_pow_witnesses.resize(2);
  for (const std::size_t width : widths) {
    whir.initial_round_opened_rows.emplace_back(
        10, std::vector<std::vector<Fp>>(8, std::vector<Fp>(width)));
    whir.initial_round_merkle_proofs.emplace_back(10, MerklePath(6));
  }
  whir.codeword_opened_values = {std::vector<std::vector<Fp4>>(4, std::vector<Fp4>(8))};
  whir.codeword_merkle_proofs = {std::vector<MerklePath>(4, MerklePath(5))};
  whir.final_poly.resize(4);
  return target;
}

TEST_F(ProofShapes, EmptyXi) {
  const Target target = zero_proof(1);
  expect_rejected(target, "MerkleVerify", [](Proof&) {});
}

TEST_F(ProofShapes, CommonMainOfWidthZero) {
  const Target target = zero_proof(0);
  expect_rejected(target, "MerkleVerify", [](Proof&) {});
}

}  // namespace
}  // namespace gyre
