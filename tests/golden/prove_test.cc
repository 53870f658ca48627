#include <gtest/gtest.h>

#include <fmt/format.h>

#include <optional>

#include "gyre/proof/codec.h"
#include "gyre/prover.h"
#include "gyre/simd/targets.h"
#include "gyre/verifier.h"
#include "support/forced_target.h"
#include "support/golden_case.h"
#include "support/memory_limits.h"
#include "support/tested_backends.h"

namespace gyre {
namespace {

std::string mark_name(const TranscriptLog::Mark& mark) {
  const std::string name(mark.name);
  for (const std::string_view indexed : {"gkr_layer", "whir_round"}) {
    if (name.starts_with(indexed)) {
      return fmt::format("{}{}{}", indexed, mark.index, name.substr(indexed.size()));
    }
  }
  return name;
}

/// "index, kind, value and phase" of the first difference, for people who bisect.
std::string first_difference(const TranscriptLog& log, const GoldenCase& golden) {
  for (std::size_t i = 0; i < golden.transcript.size(); ++i) {
    if (i < log.entries.size() && log.entries[i] == golden.transcript[i]) continue;
    std::string phase = "the start";
    for (const auto& [name, position] : golden.marks) {
      if (position <= i) phase = name;
    }
    return fmt::format("transcript differs at entry {} after {}", i, phase);
  }
  return fmt::format("{} entries, {} expected", log.entries.size(), golden.transcript.size());
}

/// Proving a golden case gives the reference's bytes, transcript and marks, on every backend and,
/// where the name has a second part, on that SIMD target.
class GoldenProof : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(GoldenProof, HasTheSameBytesAndTranscript) {
  const auto& [variant, name] = GetParam();
  const std::string backend = variant.substr(0, variant.find('_'));
  std::optional<ForcedTarget> forced;
  if (backend != variant) forced.emplace(std::string_view(variant).substr(backend.size() + 1));
  const GoldenCase golden = load_golden_case(name);
  const Prover prover(golden.proving_key_from_vk(), backend);
  TranscriptLog log;
  const Proof proof = prover.prove(golden.traces(), {.transcript_log = &log});
  ASSERT_TRUE(log.entries == golden.transcript) << first_difference(log, golden);
  std::vector<std::pair<std::string, std::size_t>> marks;
  for (const TranscriptLog::Mark& mark : log.marks)
    marks.emplace_back(mark_name(mark), mark.position);
  EXPECT_EQ(marks, golden.marks);
  EXPECT_TRUE(encode_proof(proof) == golden.proof_bytes);
  const auto error = verify(prover.verifying_key(), proof);
  EXPECT_FALSE(error.has_value()) << error->debug();
  if (prover.device()) expect_proofs_under_limits(prover, golden.traces(), golden.proof_bytes);
}

INSTANTIATE_TEST_SUITE_P(Backends, GoldenProof,
                         testing::Combine(testing::ValuesIn(tested_backends()),
                                          testing::ValuesIn(golden_case_names())),
                         [](const auto& param) {
                           return std::get<0>(param.param) + "_" + std::get<1>(param.param);
                         });

/// "cpu_avx2", ...: every target but the best, which "cpu" uses.
std::vector<std::string> lower_targets() {
  std::vector<std::string> variants;
  for (const std::string_view target : simd::available_targets()) {
    if (target != simd::target()) variants.push_back("cpu_" + std::string(target));
  }
  return variants;
}

std::vector<std::string> small_case_names() {
  std::vector<std::string> names = golden_case_names();
  std::erase_if(names,
                [](const std::string& name) { return name.find("keccak") != std::string::npos; });
  return names;
}

INSTANTIATE_TEST_SUITE_P(Targets, GoldenProof,
                         testing::Combine(testing::ValuesIn(lower_targets()),
                                          testing::ValuesIn(small_case_names())),
                         [](const auto& param) {
                           return std::get<0>(param.param) + "_" + std::get<1>(param.param);
                         });

}  // namespace
}  // namespace gyre
