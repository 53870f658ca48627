#include <gtest/gtest.h>

#include <random>

#include "soundness/tampering.h"
#include "support/shaped_proof.h"
#include "support/verify_stages.h"

namespace gyre {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// The codec and every stage of the verifier on proofs of random elements that fit `key`, with
/// heights from one row to the largest.
void exercise(const VerifyingKey& key, std::mt19937_64& random) {
  const auto proof = shaped_proof(key, random_log_heights(key, random), random, 1u << 13);
  if (!proof) return;
  EXPECT_TRUE(verify(key, *proof));
  const auto decoded = decode_proof(encode_proof(*proof));
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_TRUE(*decoded == *proof);
  const StageVerdicts verdicts = verify_stages(key, *proof);
  if (!verdicts.has_shape) return;  // w_stack
  EXPECT_EQ(verdicts.batch_constraints, "InconsistentClaims");
  EXPECT_EQ(verdicts.stacked_reduction, "FinalSumMismatch");
  EXPECT_EQ(verdicts.whir, "FinalPolyConstraint");
}

TEST(VerifierStages, GoldenKeysWithRandomHeights) {
  std::mt19937_64 random(3);
  for (const std::string& name : golden_case_names(/*with_keccak=*/false)) {
    SCOPED_TRACE(name);
    const VerifyingKey key = load_golden_case(name).verifying_key();
    for (int trial = 0; trial < 3; ++trial) exercise(key, random);
  }
}

/// Changes single bytes, and runs of them.
Bytes mutated_bytes(Bytes bytes, std::mt19937_64& random) {
  const std::size_t at = random() % bytes.size();
  switch (random() % 6) {
    case 0:
      bytes[at] ^= static_cast<std::uint8_t>(1 << random() % 8);
      break;
    case 1:
      bytes[at] = static_cast<std::uint8_t>(bytes[at] + (random() % 2 == 0 ? 1 : -1));
      break;
    case 2:
      bytes[at] = static_cast<std::uint8_t>(random());
      break;
    case 3:
      bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 4:
      bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes[random() % bytes.size()]);
      break;
    default:
      std::swap(bytes[at], bytes[random() % bytes.size()]);
  }
  return bytes;
}

class KeyMutation : public testing::TestWithParam<const char*> {
 protected:
  /// A key that the decoder takes must not accept the proof of another one, and must be safe.
  void expect_safe(const Bytes& bytes) {
    const auto key = decode_verifying_key(bytes);
    if (!key) return;
    ++num_decoded_;
    EXPECT_TRUE(encode_verifying_key(*key) == bytes);
    EXPECT_NE(key->pre_hash, target_.key.pre_hash);
    EXPECT_TRUE(verify(*key, target_.proof)) << "accepted";
    verify_stages(*key, target_.proof);
    exercise(*key, random_);
  }

  const Target target_ = load_target(GetParam());
  const Bytes bytes_ = encode_verifying_key(target_.key);
  std::mt19937_64 random_{5};
  std::size_t num_decoded_ = 0;
};

TEST_P(KeyMutation, Bytes) {
  for (int trial = 0; trial < 400; ++trial) {
    const Bytes bytes = mutated_bytes(bytes_, random_);
    if (bytes == bytes_) continue;
    SCOPED_TRACE(trial);
    expect_safe(bytes);
  }
  EXPECT_GT(num_decoded_, 5u);
}

void mutate_params(SystemParams& params, std::mt19937_64& random) {
  std::uint64_t* const fields[] = {&params.l_skip,
                                   &params.n_stack,
                                   &params.w_stack,
                                   &params.log_blowup,
                                   &params.whir.k,
                                   &params.whir.num_queries[random() % params.num_whir_rounds()],
                                   &params.max_constraint_degree};
  std::uint64_t& field = *fields[random() % std::size(fields)];
  field = random() % 8 == 0 ? random() >> random() % 64 : field + (random() % 2 == 0 ? 1 : -1);
}

void mutate_symbolic(SymbolicConstraints& symbolic, std::mt19937_64& random) {
  DagNode& node = symbolic.nodes[random() % symbolic.nodes.size()];
  const auto any_node = [&] {
    return static_cast<std::uint32_t>(random() % (symbolic.nodes.size() + 1));
  };
  switch (random() % 8) {
    case 0:
      node.kind = static_cast<NodeKind>(random() % 9);
      break;
    case 1:
      (random() % 2 == 0 ? node.left : node.right) = any_node();
      break;
    case 2:
      node.variable.offset ^= 1;
      break;
    case 3:
      node.variable.index += random() % 2 == 0 ? 1 : -1;
      break;
    case 4:
      node.variable.part ^= 1;
      break;
    case 5:
      symbolic.constraint_nodes.push_back(any_node());
      break;
    case 6:
      symbolic.interactions.push_back({.message = {any_node(), any_node()}, .count = any_node()});
      break;
    default:
      if (!symbolic.interactions.empty()) symbolic.interactions.pop_back();
  }
}

void mutate_air(AirVerifyingKey& air, std::mt19937_64& random) {
  switch (random() % 8) {
    case 0:
      air.need_rot = !air.need_rot;
      break;
    case 1:
      air.width.common_main += random() % 2 == 0 ? 1 : -1;
      break;
    case 2:
      air.width.cached_mains.push_back(static_cast<std::uint32_t>(random() % 3));
      break;
    case 3:
      if (!air.width.cached_mains.empty()) air.width.cached_mains.pop_back();
      break;
    case 4:
      air.num_public_values += random() % 2 == 0 ? 1 : -1;
      break;
    case 5:
      if (air.preprocessed) air.preprocessed->hypercube_dim += random() % 2 == 0 ? 1 : -1;
      break;
    default:
      mutate_symbolic(air.symbolic, random);
  }
}

TEST_P(KeyMutation, Structure) {
  for (int trial = 0; trial < 200; ++trial) {
    VerifyingKey key = target_.key;
    for (std::size_t i = 0; i < 1 + random_() % 2; ++i) {
      switch (random_() % 8) {
        case 0:
          mutate_params(key.params, random_);
          break;
        case 1:
          key.trace_height_constraints[0].threshold = static_cast<std::uint32_t>(random_());
          break;
        case 2:
          std::swap(key.per_air.front(), key.per_air[random_() % key.per_air.size()]);
          break;
        default:
          mutate_air(key.per_air[random_() % key.per_air.size()], random_);
      }
    }
    const Bytes bytes = encode_verifying_key(key);
    if (bytes == bytes_) continue;
    SCOPED_TRACE(trial);
    expect_safe(bytes);
  }
  EXPECT_GT(num_decoded_, 25u);
}

INSTANTIATE_TEST_SUITE_P(Cases, KeyMutation,
                         testing::Values("mixture_pow0", "fib_l0", "optional_inter", "whir_1round",
                                         "prep_cached3", "random_v3"));

}  // namespace
}  // namespace gyre
