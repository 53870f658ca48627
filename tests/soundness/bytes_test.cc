#include <gtest/gtest.h>

#include <random>

#include "gyre/proof/codec.h"
#include "gyre/verifier.h"
#include "support/golden_case.h"

namespace gyre {
namespace {

using Bytes = std::vector<std::uint8_t>;

bool accepts(const VerifyingKey& key, const Bytes& bytes) {
  const auto proof = decode_proof(bytes);
  return proof && !verify(key, *proof);
}

/// Where the ignored length of codeword paths lies in a proof of one WHIR round (item 16).
std::size_t ignored_depth_position(const VerifyingKey& key, const Bytes& bytes) {
  const std::size_t final_poly = 4 + (std::size_t{16} << key.params.log_final_poly_length());
  return bytes.size() - final_poly - 4;
}

TEST(ProofBytes, EveryByteMatters) {
  const GoldenCase golden = load_golden_case("whir_1round");
  const VerifyingKey key = golden.verifying_key();
  Bytes bytes = golden.proof_bytes;
  ASSERT_EQ(key.params.num_whir_rounds(), 1u);
  const std::size_t ignored = ignored_depth_position(key, bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      // Every bit of a fifth of the bytes, one bit of the others.
      if (i % 5 != 0 && bit != static_cast<int>(i % 8)) continue;
      bytes[i] ^= static_cast<std::uint8_t>(1 << bit);
      EXPECT_EQ(accepts(key, bytes), i >= ignored && i < ignored + 4)
          << "byte " << i << " bit " << bit;
      bytes[i] ^= static_cast<std::uint8_t>(1 << bit);
    }
  }
  EXPECT_TRUE(accepts(key, bytes));
}

// Interactions, cached and preprocessed parts, several commitments and rounds.
TEST(ProofBytes, SampledBytesOfALargerProof) {
  for (const char* name : {"mixture", "optional_inter", "random_v2"}) {
    SCOPED_TRACE(name);
    const GoldenCase golden = load_golden_case(name);
    const VerifyingKey key = golden.verifying_key();
    Bytes bytes = golden.proof_bytes;
    std::mt19937 random(7);
    for (std::size_t i = random() % 37; i < bytes.size(); i += 1 + random() % 73) {
      const auto change = static_cast<std::uint8_t>(1 + random() % 255);
      bytes[i] ^= change;
      const auto proof = decode_proof(bytes);
      if (proof && !verify(key, *proof)) {
        // Only a witness without grinding may differ.
        auto original = decode_proof(golden.proof_bytes);
        ASSERT_TRUE(original);
        original->gkr.logup_pow_witness = proof->gkr.logup_pow_witness;
        original->whir.mu_pow_witness = proof->whir.mu_pow_witness;
        original->whir.folding_pow_witnesses = proof->whir.folding_pow_witnesses;
        original->whir.query_phase_pow_witnesses = proof->whir.query_phase_pow_witnesses;
        EXPECT_EQ(*original, *proof) << "byte " << i;
      }
      bytes[i] ^= change;
    }
  }
}

// Bytes from elsewhere in the proof in place of others keep more of the structure intact.
TEST(ProofBytes, CopiedRanges) {
  const GoldenCase golden = load_golden_case("inter11");
  const VerifyingKey key = golden.verifying_key();
  std::mt19937 random(11);
  for (int trial = 0; trial < 2000; ++trial) {
    Bytes bytes = golden.proof_bytes;
    const std::size_t length = 4 * (1 + random() % 8);
    const std::size_t from = random() % (bytes.size() - length) / 4 * 4;
    const std::size_t to = random() % (bytes.size() - length) / 4 * 4;
    std::copy_n(golden.proof_bytes.begin() + static_cast<std::ptrdiff_t>(from), length,
                bytes.begin() + static_cast<std::ptrdiff_t>(to));
    if (bytes == golden.proof_bytes) continue;
    EXPECT_FALSE(accepts(key, bytes)) << "trial " << trial;
  }
}

TEST(ProofBytes, ProofUnderAnotherKey) {
  const VerifyingKey key = load_golden_case("fib_d2").verifying_key();
  for (const std::string& name : golden_case_names(/*with_keccak=*/false)) {
    if (name == "fib_d2") continue;
    EXPECT_FALSE(accepts(key, load_golden_case(name).proof_bytes)) << name;
  }
}

}  // namespace
}  // namespace gyre
