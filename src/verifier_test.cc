#include "gyre/verifier.h"

#include <gtest/gtest.h>

#include "gyre/proof/codec.h"
#include "support/golden_case.h"

namespace gyre {
namespace {

using nlohmann::json;

/// The file's name of a mark: an indexed one has the index after "layer" or "round".
std::string mark_text(const TranscriptLog::Mark& mark) {
  std::string name(mark.name);
  for (const std::string stem : {"gkr_layer", "whir_round"}) {
    if (name.starts_with(stem)) name.insert(stem.size(), std::to_string(mark.index));
  }
  return name;
}

TEST(Verifier, GoldenProofs) {
  for (const std::string& name : golden_case_names()) {
    SCOPED_TRACE(name);
    const GoldenCase golden = load_golden_case(name);
    const VerifyingKey key = golden.verifying_key();
    const auto proof = decode_proof(golden.proof_bytes);
    ASSERT_TRUE(proof) << proof.error().message();
    const auto failure = verify(key, *proof);
    EXPECT_FALSE(failure) << failure->debug();
    EXPECT_FALSE(verify(key, *proof, {.params = golden.params}));
  }
}

TEST(Verifier, TranscriptIsTheReferences) {
  for (const std::string& name : golden_case_names()) {
    SCOPED_TRACE(name);
    const GoldenCase golden = load_golden_case(name);
    const auto proof = decode_proof(golden.proof_bytes);
    ASSERT_TRUE(proof);
    TranscriptLog log;
    ASSERT_FALSE(verify(golden.verifying_key(), *proof, {.transcript_log = &log}));
    ASSERT_EQ(log.entries.size(), golden.transcript.size());
    for (std::size_t i = 0; i < log.entries.size(); ++i) {
      ASSERT_EQ(log.entries[i], golden.transcript[i]) << "entry " << i;
    }
    std::vector<std::pair<std::string, std::size_t>> marks;
    for (const TranscriptLog::Mark& mark : log.marks) {
      marks.emplace_back(mark_text(mark), mark.position);
    }
    EXPECT_EQ(marks, golden.marks);
  }
}

/// The reference's Debug text of an extension element carries its type around the value:
/// "BinomialExtensionField { value: [..], _phantom: PhantomData<..<..>> }".
std::string without_type_noise(std::string debug) {
  const std::string before = "BinomialExtensionField { value: ", after = ", _phantom: ", end = " }";
  for (std::size_t at = debug.find(before); at != std::string::npos; at = debug.find(before)) {
    debug.erase(at, before.size());
    const std::size_t noise = debug.find(after, at);
    debug.erase(noise, debug.find(end, noise) + end.size() - noise);
  }
  return debug;
}

TEST(Verifier, TamperedGoldenProofs) {
  const std::string directory = golden_directory();
  const std::vector<std::uint8_t> text = read_test_file(directory + "/negative.json");
  const json entries = json::parse(text.begin(), text.end());
  ASSERT_FALSE(entries.empty());
  for (const json& entry : entries) {
    SCOPED_TRACE(entry["id"].get<std::string>() + ": " + entry["change"].get<std::string>());
    VerifyingKey key = load_golden_case(entry["base_case"].get<std::string>()).verifying_key();
    if (entry.contains("vk_file")) {
      auto other = decode_verifying_key(
          read_test_file(directory + "/" + entry["vk_file"].get<std::string>()));
      ASSERT_TRUE(other) << other.error().message();
      key = *other;
    }
    if (entry.contains("vk_pre_hash")) {
      EXPECT_EQ(key.pre_hash, digest_from_json(entry["vk_pre_hash"]));
    }
    VerifyOptions options;
    if (entry.contains("config_params")) {
      options.params = params_from_json(entry["config_params"]);
    }

    const auto proof =
        decode_proof(read_test_file(directory + "/" + entry["file"].get<std::string>()));
    if (entry["stage"] == "decode") {
      EXPECT_FALSE(proof);
      continue;
    }
    ASSERT_EQ(entry["stage"], "verify");
    ASSERT_TRUE(proof) << proof.error().message();
    const auto failure = verify(key, *proof, options);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->path(), entry["error_path"]);
    EXPECT_EQ(failure->debug(), without_type_noise(entry["error_debug"]));
    EXPECT_EQ(failure->message(), entry["error_display"]);
  }
}

}  // namespace
}  // namespace gyre
