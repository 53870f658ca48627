#include "gyre/proof/codec.h"

#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "gyre/support/error.h"
#include "support/golden_case.h"
#include "support/memory_use.h"
#include "support/proof_members.h"

namespace gyre {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Code = ProofDecodeError::Code;

Proof decode(const Bytes& bytes) {
  auto proof = decode_proof(bytes);
  if (!proof) throw std::runtime_error(proof.error().message());
  return *proof;
}

Bytes small_proof() {
  return load_golden_case("mixture_pow0").proof_bytes;
}

/// Builds encodings by hand.
class Writer {
 public:
  Writer& u32(std::uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> 8 * i));
    return *this;
  }
  Writer& zeros(std::size_t size) {
    bytes.resize(bytes.size() + size);
    return *this;
  }
  Bytes bytes;
};

/// Items 1 to 12 of a proof without AIRs, rounds or openings.
Writer empty_until_whir() {
  Writer writer;
  writer.u32(3).zeros(32).u32(0);      // version, common_main_commit, AIRs
  writer.u32(0);                       // public_values
  writer.zeros(4 + 16).u32(0);         // gkr
  writer.u32(0).u32(0).u32(0);         // batch terms, univariate, rounds
  return writer.u32(0).u32(0).u32(0);  // stacking
}

/// Item 13: `num_sumchecks` WHIR sumcheck rounds in `num_rounds` rounds, all zero.
Writer& whir_head(Writer& writer, std::uint32_t num_sumchecks, std::uint32_t num_rounds) {
  writer.zeros(4).u32(num_sumchecks).zeros(32 * num_sumchecks);
  writer.u32(num_rounds - 1).zeros((32 + 16) * (num_rounds - 1));
  return writer.zeros(4 * num_sumchecks + 4 * num_rounds);
}

ProofDecodeError expect_refused(const Bytes& bytes, Code code) {
  const auto proof = decode_proof(bytes);
  EXPECT_FALSE(proof);
  if (proof) return {.code = code};
  EXPECT_EQ(proof.error().code, code) << proof.error().message();
  EXPECT_LE(proof.error().offset, bytes.size());
  return proof.error();
}

TEST(ProofCodec, GoldenProofsRoundTrip) {
  for (const std::string& name : golden_case_names()) {
    SCOPED_TRACE(name);
    const Bytes bytes = load_golden_case(name).proof_bytes;
    const Proof proof = decode(bytes);
    EXPECT_EQ(encode_proof(proof), bytes);
    EXPECT_EQ(decode(encode_proof(proof)), proof);
  }
}

/// Spec 08, section 4, from the key and the proof's own heights.
std::size_t size_formula(const VerifyingKey& key, const Proof& proof) {
  const SystemParams& params = key.params;
  const auto sum = [](const auto& items, auto&& term) {
    return std::accumulate(items.begin(), items.end(), std::size_t{0},
                           [&](std::size_t total, const auto& item) { return total + term(item); });
  };
  const std::size_t num_airs = key.per_air.size();
  const std::size_t l0 = (params.max_constraint_degree + 1) * ((1u << params.l_skip) - 1) + 1;
  const std::size_t l1 = 2 * ((1u << params.l_skip) - 1) + 1;
  const std::size_t layers = proof.gkr.claims_per_layer.size();
  const std::size_t traces = proof.batch_constraints.numerator_term_per_air.size();
  const std::size_t n_max = proof.batch_constraints.sumcheck_round_polys.size();
  const std::size_t rounds = params.num_whir_rounds();
  const std::size_t log_codeword = params.log_stacked_height() + params.log_blowup;
  const std::size_t width = sum(proof.stacking.stacking_openings, [](auto& w) { return w.size(); });
  const std::size_t commits = proof.stacking.stacking_openings.size();

  std::size_t size = 120 + (num_airs + 7) / 8 + 4 * num_airs;
  size += 4 * sum(proof.public_values, [](auto& values) { return values.size(); });
  size += sum(proof.trace_vdata,
              [](auto& trace) { return trace ? 8 + 32 * trace->cached_commitments.size() : 0; });
  size += 64 * layers + (layers == 0 ? 0 : 24 * layers * (layers - 1)) + 32 * traces + 16 * l0;
  if (n_max > 0) size += 4 + 16 * n_max * (params.max_constraint_degree + 1);
  for (const auto& parts : proof.batch_constraints.column_openings) {
    size += 4 + sum(parts, [](auto& part) { return 4 + 16 * part.size(); });
  }
  size += 16 * l1 + 32 * params.n_stack + 4 * commits + 16 * width;
  size += 36 * params.num_whir_sumcheck_rounds() + 48 * (rounds - 1) + 4 * rounds;
  const std::size_t leaf = std::size_t{1} << params.whir.k;
  size += 4 + 4 * commits;
  size += params.whir.num_queries[0] *
          (4 * leaf * width + 32 * commits * (log_codeword - params.whir.k));
  for (std::size_t r = 1; r < rounds; ++r) {
    size += 4 + params.whir.num_queries[r] * (16 * leaf + 32 * (log_codeword - params.whir.k - r));
  }
  return size + (std::size_t{16} << params.log_final_poly_length());
}

TEST(ProofCodec, SizeIsThatOfTheFormulaAndOfTheParts) {
  for (const std::string& name : golden_case_names()) {
    SCOPED_TRACE(name);
    const GoldenCase golden = load_golden_case(name);
    const Proof proof = decode(golden.proof_bytes);
    EXPECT_EQ(size_formula(golden.verifying_key(), proof), golden.proof_bytes.size());
    std::size_t total = 0;
    for (const ProofPartSize& part : proof_part_sizes(proof)) total += part.bytes;
    EXPECT_EQ(total, golden.proof_bytes.size());
  }
}

TEST(ProofCodec, Version) {
  Bytes bytes = small_proof();
  bytes[0] = 2;
  const ProofDecodeError error = expect_refused(bytes, Code::kBadVersion);
  EXPECT_EQ(error.value, 2u);
  EXPECT_EQ(error.offset, 0u);
  EXPECT_STREQ(error.name(), "BadVersion");
  EXPECT_NE(error.message().find("version 2, expected 3"), std::string::npos) << error.message();
}

TEST(ProofCodec, TruncatedAtEveryOffset) {
  const Bytes bytes = small_proof();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto proof = decode_proof(std::span(bytes).first(size));
    ASSERT_FALSE(proof) << size;
    ASSERT_EQ(proof.error().code, Code::kUnexpectedEof) << size;
    ASSERT_LE(proof.error().offset, size);
    ASSERT_STRNE(proof.error().field, "");
  }
}

TEST(ProofCodec, TrailingBytes) {
  Bytes bytes = small_proof();
  bytes.insert(bytes.end(), 3, 0);
  EXPECT_EQ(expect_refused(bytes, Code::kTrailingBytes).value, 3u);
}

TEST(ProofCodec, BitmapPadding) {
  Bytes bytes = small_proof();
  const std::size_t bitmap = 4 + 32 + 4;
  ASSERT_EQ(bytes[bitmap - 4], 12);  // AIRs: the last 4 bits of the second byte are padding
  for (int bit = 4; bit < 8; ++bit) {
    Bytes padded = bytes;
    padded[bitmap + 1] |= static_cast<std::uint8_t>(1 << bit);
    EXPECT_EQ(expect_refused(padded, Code::kBitmapPadding).offset, bitmap + 1);
  }
}

/// Encoded positions of all field elements.
std::vector<std::size_t> field_positions(const Bytes& bytes) {
  Proof proof = decode(bytes);
  std::vector<Fp*> elements;
  auto collect = [&](Fp& value) { elements.push_back(&value); };
  for_each_fp(proof, collect);

  // Every element becomes its number, beyond any count in the proof: the encoding shows where.
  constexpr std::uint32_t kFirst = 1u << 30;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    *elements[i] = Fp::from_canonical(kFirst + static_cast<std::uint32_t>(i));
  }
  const Bytes numbered = encode_proof(proof);
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i + 4 <= numbered.size();) {
    const std::uint32_t word = numbered[i] | numbered[i + 1] << 8 | numbered[i + 2] << 16 |
                               static_cast<std::uint32_t>(numbered[i + 3]) << 24;
    const bool is_element = word == kFirst + positions.size();
    if (is_element) positions.push_back(i);
    i += is_element ? 4 : 1;
  }
  EXPECT_EQ(positions.size(), elements.size());
  return positions;
}

TEST(ProofCodec, NonCanonicalFieldElements) {
  const Bytes bytes = small_proof();
  for (const std::size_t position : field_positions(bytes)) {
    for (const std::uint32_t word : {Fp::kModulus, 0xffffffffu}) {
      Bytes changed = bytes;
      for (std::size_t i = 0; i < 4; ++i) {
        changed[position + i] = static_cast<std::uint8_t>(word >> 8 * i);
      }
      const auto proof = decode_proof(changed);
      ASSERT_FALSE(proof) << position;
      ASSERT_EQ(proof.error().code, Code::kNonCanonicalField) << position;
      ASSERT_EQ(proof.error().offset, position);
      ASSERT_EQ(proof.error().value, word);
    }
  }
}

TEST(ProofCodec, LargestCanonicalElement) {
  Proof proof = decode(small_proof());
  proof.whir.final_poly[0].c[2] = -Fp::one();
  EXPECT_EQ(decode(encode_proof(proof)), proof);
}

// A proof of no AIRs decodes: what it lacks are shape errors.
TEST(ProofCodec, EmptyLists) {
  Writer writer = empty_until_whir();
  whir_head(writer, 0, 1).u32(1).u32(0).u32(0).u32(0);
  const Proof proof = decode(writer.bytes);
  EXPECT_EQ(proof.whir.initial_round_opened_rows.size(), 1u);
  EXPECT_EQ(encode_proof(proof), writer.bytes);
}

TEST(ProofCodec, FirstDepthIsIgnoredWithoutCodewords) {
  Writer writer = empty_until_whir();
  whir_head(writer, 0, 1).u32(1).u32(0);
  writer.u32(77).u32(0);  // item 16, final_poly
  EXPECT_EQ(decode(writer.bytes).whir.codeword_merkle_proofs.size(), 0u);
}

TEST(ProofCodec, RoundsNotMultiple) {
  Writer writer = empty_until_whir();
  whir_head(writer, 3, 2).u32(1).u32(0).u32(0).u32(0).u32(0);
  expect_refused(writer.bytes, Code::kRoundsNotMultiple);
}

TEST(ProofCodec, ZeroCommits) {
  Writer writer = empty_until_whir();
  whir_head(writer, 0, 1).u32(0).u32(0).u32(0).u32(0);
  expect_refused(writer.bytes, Code::kZeroCommits);
}

/// Inputs of spec 08, section 7.1: small, but they announce large objects.
TEST(ProofCodec, BombsAreRefusedWithLittleMemory) {
  constexpr std::uint32_t kMax = 0xffffffffu;
  struct Bomb {
    const char* what;
    Code code;
    Bytes bytes;
  };
  std::vector<Bomb> bombs;
  const auto add = [&](const char* what, Code code, Writer writer) {
    writer.zeros(400);
    bombs.push_back({what, code, std::move(writer.bytes)});
  };
  const auto before_rounds = [] {
    Writer writer;
    return writer.u32(3).zeros(32).u32(0).u32(0).zeros(20).u32(0).u32(0).u32(0);
  };
  add("sumcheck rounds of no values", Code::kLimitExceeded, before_rounds().u32(kMax).u32(0));
  add("one sumcheck round of no values", Code::kLimitExceeded, before_rounds().u32(1).u32(0));
  add("sumcheck rounds", Code::kUnexpectedEof, before_rounds().u32(kMax).u32(kMax));

  Writer commits = empty_until_whir();
  add("commitments without queries", Code::kLimitExceeded,
      whir_head(commits, 0, 1).u32(kMax).u32(0));
  Writer queries = empty_until_whir();
  add("queries of width 0 and depth 0", Code::kLimitExceeded,
      whir_head(queries, 0, 1).u32(1).u32(kMax).u32(0).u32(0));
  Writer paths = empty_until_whir();
  add("queries of width 0 and full depth", Code::kLimitExceeded,
      whir_head(paths, 0, 1).u32(1).u32(kMax).u32(kMax).u32(0));
  Writer rows = empty_until_whir();
  add("2^30 rows of width 0", Code::kLimitExceeded,
      whir_head(rows, 30, 1).u32(1).u32(1).u32(0).u32(0));
  Writer folding = empty_until_whir();
  add("k = 31", Code::kLimitExceeded, whir_head(folding, 31, 1).u32(1).u32(0));
  Writer shift = empty_until_whir();
  add("k = 64", Code::kLimitExceeded, whir_head(shift, 64, 1).u32(1).u32(0));
  Writer values = empty_until_whir();
  add("codeword values", Code::kUnexpectedEof, whir_head(values, 60, 2).u32(1).u32(0).u32(kMax));
  // Two codeword rounds with a query each; the path of the second has -1 digests.
  Writer negative = empty_until_whir();
  add("negative path length", Code::kLimitExceeded,
      whir_head(negative, 0, 3).u32(1).u32(0).u32(1).zeros(16).u32(1).zeros(16).u32(0));

  Writer airs;
  airs.u32(3).zeros(32).u32(80000).zeros(10000);
  add("absent AIRs", Code::kLimitExceeded, airs);
  Writer all_airs;
  add("more AIRs than bits", Code::kUnexpectedEof, all_airs.u32(3).zeros(32).u32(kMax));
  Writer public_values;
  add("public values", Code::kUnexpectedEof, public_values.u32(3).zeros(32).u32(0).u32(kMax));
  Writer layers;
  add("GKR layers", Code::kUnexpectedEof,
      layers.u32(3).zeros(32).u32(0).u32(0).zeros(20).u32(kMax));

  for (const Bomb& bomb : bombs) {
    SCOPED_TRACE(bomb.what);
    const MemoryUse memory;
    expect_refused(bomb.bytes, bomb.code);
    EXPECT_LE(memory.peak_bytes(), 64 * (bomb.bytes.size() + 4096));
  }
}

TEST(ProofCodec, EncoderRefusesListsThatDisagree) {
  const Proof good = decode(small_proof());
  const std::vector<std::pair<const char*, std::function<void(Proof&)>>> cases{
      {"gkr.sumcheck_polys", [](Proof& p) { p.gkr.sumcheck_polys.pop_back(); }},
      {"gkr.sumcheck_polys", [](Proof& p) { p.gkr.sumcheck_polys[2].pop_back(); }},
      {"denominator_term_per_air",
       [](Proof& p) { p.batch_constraints.denominator_term_per_air.pop_back(); }},
      {"sumcheck_round_polys",
       [](Proof& p) { p.batch_constraints.sumcheck_round_polys.assign(1, {}); }},
      {"sumcheck_round_polys",
       [](Proof& p) { p.batch_constraints.sumcheck_round_polys.push_back({Fp4::one()}); }},
      {"column_openings", [](Proof& p) { p.batch_constraints.column_openings.pop_back(); }},
      {"WHIR sumcheck rounds", [](Proof& p) { p.whir.whir_sumcheck_polys.pop_back(); }},
      {"WHIR sumcheck rounds", [](Proof& p) { p.whir.whir_sumcheck_polys.resize(62); }},
      {"ood_values", [](Proof& p) { p.whir.ood_values.pop_back(); }},
      {"folding_pow_witnesses", [](Proof& p) { p.whir.folding_pow_witnesses.pop_back(); }},
      {"query_phase_pow_witnesses", [](Proof& p) { p.whir.query_phase_pow_witnesses.pop_back(); }},
      {"initial_round_opened_rows", [](Proof& p) { p.whir.initial_round_opened_rows.clear(); }},
      {"initial_round_opened_rows",
       [](Proof& p) { p.whir.initial_round_opened_rows[1].pop_back(); }},
      {"initial_round_opened_rows",
       [](Proof& p) { p.whir.initial_round_opened_rows[1][0].clear(); }},
      {"initial_round_opened_rows",
       [](Proof& p) { p.whir.initial_round_opened_rows[1][3].pop_back(); }},
      {"initial_round_opened_rows",
       [](Proof& p) { p.whir.initial_round_opened_rows[1][3][2].pop_back(); }},
      {"initial_round_merkle_proofs",
       [](Proof& p) { p.whir.initial_round_merkle_proofs.pop_back(); }},
      {"initial_round_merkle_proofs",
       [](Proof& p) { p.whir.initial_round_merkle_proofs[0].pop_back(); }},
      {"initial_round_merkle_proofs",
       [](Proof& p) { p.whir.initial_round_merkle_proofs[1][1].pop_back(); }},
      {"codeword_opened_values", [](Proof& p) { p.whir.codeword_opened_values.pop_back(); }},
      {"codeword_opened_values", [](Proof& p) { p.whir.codeword_opened_values[0][1].pop_back(); }},
      {"codeword_opened_values after a round without queries",
       [](Proof& p) {
         for (auto& rows : p.whir.initial_round_opened_rows) rows.clear();
         for (auto& paths : p.whir.initial_round_merkle_proofs) paths.clear();
       }},
      {"codeword_merkle_proofs", [](Proof& p) { p.whir.codeword_merkle_proofs.pop_back(); }},
      {"codeword_merkle_proofs", [](Proof& p) { p.whir.codeword_merkle_proofs[0].pop_back(); }},
      {"codeword_merkle_proofs", [](Proof& p) { p.whir.codeword_merkle_proofs[0][1].pop_back(); }},
  };
  for (const auto& [what, change] : cases) {
    Proof proof = good;
    change(proof);
    try {
      encode_proof(proof);
      ADD_FAILURE() << what;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kMisuse);
      EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace gyre
