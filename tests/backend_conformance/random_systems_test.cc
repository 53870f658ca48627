#include <gtest/gtest.h>

#include "gyre/checker/checker.h"
#include "gyre/keys/verifying_key.h"
#include "gyre/proof/codec.h"
#include "gyre/prover.h"
#include "gyre/simd/targets.h"
#include "gyre/support/error.h"
#include "gyre/verifier.h"
#include "support/forced_target.h"
#include "support/memory_limits.h"
#include "support/random_system.h"
#include "support/row_major.h"
#include "support/tested_backends.h"

namespace gyre {
namespace {

/// In every way to prove with one backend.
void expect_proofs(const ProvingKey& key, std::span<const AirTraces> traces,
                   const std::string& backend, const std::vector<std::uint8_t>& expected) {
  const Prover prover(key, backend, 2);
  EXPECT_EQ(encode_proof(prover.prove(traces)), expected);
  EXPECT_EQ(encode_proof(prover.prove(traces, {.low_memory = true})), expected) << "low memory";
  const RowMajorTraces row_major(traces);
  EXPECT_EQ(encode_proof(prover.prove(row_major.traces())), expected) << "row-major traces";
  if (prover.device()) {
    EXPECT_EQ(encode_proof(prover.prove(prover.upload(traces))), expected) << "resident traces";
    expect_proofs_under_limits(prover, traces, expected);
  }
  if (backend != "cpu") return;
  EXPECT_EQ(encode_proof(Prover(key, "cpu", 1).prove(traces)), expected) << "one thread";
  const std::string_view in_use = simd::target();
  for (const std::string_view target : simd::available_targets()) {
    if (target == in_use) continue;
    const ForcedTarget forced(target);
    const Proof proof = Prover(key, "cpu", 2).prove(traces);
    EXPECT_EQ(encode_proof(proof), expected) << target;
    EXPECT_FALSE(verify(key.vk, proof)) << target;
  }
}

void expect_same_proofs(const RandomSystem& system) {
  SCOPED_TRACE(system.text());
  const std::vector<AirTraces> traces = system.traces();
  const ProvingKey key = system.keygen();
  const CheckReport report = check_traces(key, traces);
  ASSERT_TRUE(report.ok()) << report.text();

  const Proof expected = Prover(key, "reference").prove(traces);
  const auto error = verify(key.vk, expected);
  ASSERT_FALSE(error) << error->debug();
  const std::vector<std::uint8_t> expected_bytes = encode_proof(expected);
  const auto decoded = decode_proof(expected_bytes);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(encode_proof(*decoded), expected_bytes);

  for (const std::string& backend : tested_backends()) {
    SCOPED_TRACE(backend);
    expect_proofs(key, traces, backend, expected_bytes);
  }
}

/// Every backend makes the proof of the reference backend, and the proof verifies.
class BackendConformance : public testing::TestWithParam<std::uint64_t> {};

TEST_P(BackendConformance, SameProofAsTheReference) {
  expect_same_proofs(RandomSystem(GetParam()));
}

/// A key survives its encoding, whatever the AIRs.
TEST_P(BackendConformance, KeyRoundTrip) {
  const VerifyingKey key = RandomSystem(GetParam()).keygen().vk;
  const std::vector<std::uint8_t> bytes = encode_verifying_key(key);
  const auto decoded = decode_verifying_key(bytes);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(encode_verifying_key(*decoded), bytes);
  EXPECT_EQ(decoded->pre_hash, key.pre_hash);
}

/// A wrong cell is found by the checker, and no verifying proof comes of it.
TEST_P(BackendConformance, WrongCellIsRefused) {
  RandomSystem system(GetParam());
  const ProvingKey key = system.keygen();
  for (RandomAir& air : system.airs) {
    if (!air.present) continue;
    air.main_parts.front()(0, 0) += Fp::one();
    const std::vector<AirTraces> traces = system.traces();
    if (check_traces(key, traces, {.always_check_buses = true}).ok()) continue;  // cell is free
    SCOPED_TRACE(system.text());
    try {
      EXPECT_TRUE(verify(key.vk, Prover(key).prove(traces)));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUnsatisfied) << error.what();
    }
    break;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, BackendConformance, testing::Range<std::uint64_t>(0, 60));

/// Traces long enough for every loop to be split among threads.
class BackendConformanceTall : public testing::TestWithParam<std::uint64_t> {};

TEST_P(BackendConformanceTall, SameProofAsTheReference) {
  expect_same_proofs(RandomSystem(1000 + GetParam(), 12));
}

INSTANTIATE_TEST_SUITE_P(Seeds, BackendConformanceTall, testing::Range<std::uint64_t>(0, 6));

}  // namespace
}  // namespace gyre
