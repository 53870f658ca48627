#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "gyre/simd/targets.h"
#include "gyre/support/error.h"
#include "gyre/transcript/transcript.h"
#include "hash/batch.h"
#include "hash/poseidon2.h"
#include "hash/wide_permutation.h"
#include "support/forced_target.h"
#include "support/random_elements.h"

namespace gyre {
namespace {

using nlohmann::json;

/// The vectors of spec 01, section 10.
const json& vectors() {
  static const json data =
      json::parse(std::ifstream(GYRE_TEST_DATA "/poseidon2_babybear_w16.json"));
  return data.at("test_vectors");
}

std::vector<Fp> elements(const json& values) {
  std::vector<Fp> result;
  for (const json& value : values) result.push_back(Fp::from_canonical(value));
  return result;
}

template <class Array>
Array array_of(const json& values) {
  Array result;
  const std::vector<Fp> list = elements(values);
  std::copy(list.begin(), list.end(), result.begin());
  return result;
}

TEST(Poseidon2, Permutation) {
  for (const json& vector : vectors().at("permutation")) {
    auto state = array_of<SpongeState>(vector.at("input"));
    permute(state);
    EXPECT_TRUE(state == array_of<SpongeState>(vector.at("output")));
  }
}

/// Random states, and those of the smallest and largest words, where sums and signs are extreme.
std::vector<SpongeState> states_to_permute() {
  RandomElements random(2);
  std::vector<SpongeState> states(600);
  for (std::size_t i = 0; i < states.size(); ++i) {
    const std::vector<Fp> elements = random.base(kSpongeWidth);
    for (std::size_t j = 0; j < kSpongeWidth; ++j) {
      const bool is_extreme = i % 3 != 0 && elements[j].canonical() % (i % 7 + 1) == 0;
      const Fp extreme = Fp::from_raw(elements[j].raw() % 2 == 0 ? 0 : Fp::kModulus - 1);
      states[i][j] = is_extreme ? extreme : elements[j];
    }
  }
  return states;
}

TEST(Poseidon2, PermutationIsThePlainOneOnEveryTarget) {
  for (const std::string_view target : simd::available_targets()) {
    SCOPED_TRACE(target);
    const ForcedTarget forced(target);
    for (SpongeState state : states_to_permute()) {
      SpongeState plain = state;
      for (unsigned i = 0; i < 3; ++i) {
        permute(state);
        poseidon2::permute(plain);
        ASSERT_TRUE(state == plain);
      }
    }
  }
}

TEST(Poseidon2, BlocksAreAbsorbedOneAfterTheOther) {
  RandomElements random(5);
  const std::vector<Fp> values = random.base(5 * kSpongeRate);
  for (const std::string_view target : simd::available_targets()) {
    SCOPED_TRACE(target);
    const ForcedTarget forced(target);
    for (std::size_t blocks = 0; blocks <= 5; ++blocks) {
      SpongeState state{}, plain{};
      absorb_blocks(state, std::span(values).first(blocks * kSpongeRate));
      for (std::size_t i = 0; i < blocks; ++i) {
        std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(i * kSpongeRate), kSpongeRate,
                    plain.begin());
        poseidon2::permute(plain);
      }
      EXPECT_TRUE(state == plain) << blocks;
    }
  }
}

TEST(Poseidon2, WideWordsAbsorbTheSame) {
  const std::vector<SpongeState> states = states_to_permute();
  for (const std::string_view target : simd::available_targets()) {
    SCOPED_TRACE(target);
    const ForcedTarget forced(target);
    SpongeState unused{};
    const bool expected = target == "avx512";
    ASSERT_EQ(absorb_wide_blocks(unused, {}), expected);
    for (std::size_t i = 0; expected && i + 3 < states.size(); ++i) {
      SpongeState wide = states[i], plain = states[i];
      std::vector<Fp> values;
      for (std::size_t k = 1; k <= 3; ++k) {
        values.insert(values.end(), states[i + k].begin(), states[i + k].begin() + kSpongeRate);
        std::copy_n(states[i + k].begin(), kSpongeRate, plain.begin());
        poseidon2::permute(plain);
      }
      absorb_wide_blocks(wide, values);
      ASSERT_TRUE(wide == plain) << i;
    }
  }
}

TEST(Hash, Slices) {
  for (const json& vector : vectors().at("hash_slice")) {
    EXPECT_TRUE(hash_slice(elements(vector.at("input"))) == array_of<Digest>(vector.at("digest")))
        << "length " << vector.at("input").size();
  }
}

TEST(Hash, CompressAndTree) {
  for (const json& pair : vectors().at("compress")) {
    EXPECT_TRUE(compress(array_of<Digest>(pair.at("left")), array_of<Digest>(pair.at("right"))) ==
                array_of<Digest>(pair.at("digest")));
  }
  for (const json& tree : vectors().at("tree_compress")) {
    std::vector<Digest> leaves;
    for (const json& leaf : tree.at("leaves")) leaves.push_back(array_of<Digest>(leaf));
    EXPECT_TRUE(tree_compress(leaves) == array_of<Digest>(tree.at("root")));
    EXPECT_TRUE(tree_compress(std::span(leaves).first(1)) == leaves[0]);
  }
}

/// The operations of a script on a fresh transcript.
void run_script(const json& script) {
  TranscriptLog log;
  Transcript transcript(&log);
  for (const json& op : script.at("ops")) {
    const std::string name = op.at(0);
    if (name == "observe") {
      transcript.observe(Fp::from_canonical(op.at(1)));
    } else if (name == "observe_ext") {
      const auto value = elements(op.at(1));
      transcript.observe(Fp4(value[0], value[1], value[2], value[3]));
    } else if (name == "observe_commit") {
      transcript.observe(array_of<Digest>(op.at(1)));
    } else if (name == "sample") {
      EXPECT_EQ(transcript.sample().canonical(), op.at(1).get<std::uint32_t>());
    } else if (name == "sample_ext") {
      const auto value = elements(op.at(1));
      EXPECT_TRUE(transcript.sample_ext() == Fp4(value[0], value[1], value[2], value[3]));
    } else if (name == "sample_bits") {
      EXPECT_EQ(transcript.sample_bits(op.at(1)), op.at(2).get<std::uint32_t>());
    } else if (name == "grind_smallest") {
      const unsigned bits = op.at(1);
      const Fp expected = Fp::from_canonical(op.at(2));
      if (bits > 0) {
        const GrindingChallenge challenge = transcript.grinding_challenge(bits);
        EXPECT_TRUE(smallest_witness(challenge) == expected);
        EXPECT_TRUE(smallest_witness_in(challenge, 0, expected.canonical() + 40) == expected);
        EXPECT_FALSE(smallest_witness_in(challenge, 0, expected.canonical()).has_value());
      }
      EXPECT_TRUE(transcript.check_witness(bits, expected));
    } else {
      FAIL() << "unknown operation " << name;
    }
  }
  const GrindingChallenge end = transcript.grinding_challenge(1);
  EXPECT_TRUE(end.state == array_of<SpongeState>(script.at("final_state")));
  EXPECT_EQ(end.position, script.at("final_absorb_idx").get<unsigned>());
  EXPECT_EQ(log.permutations.size() - 1, script.at("permutations").get<std::size_t>());
}

TEST(Transcript, Scripts) {
  for (const json& script : vectors().at("transcript")) {
    SCOPED_TRACE(script.at("ops").dump());
    run_script(script);
  }
}

TEST(Transcript, ZeroBitsTouchNothing) {
  TranscriptLog log;
  Transcript transcript(&log);
  EXPECT_TRUE(transcript.check_witness(0, Fp::from_canonical(5)));
  EXPECT_TRUE(log.entries.empty());
}

TEST(Transcript, CopyForksWithoutRecording) {
  TranscriptLog log;
  Transcript transcript(&log);
  transcript.observe(Fp::one());
  Transcript fork = transcript;
  const Fp sampled = fork.sample();
  EXPECT_EQ(log.entries.size(), 1u);
  EXPECT_TRUE(transcript.sample() == sampled);
}

/// A recording transcript takes them one by one.
TEST(Transcript, ManyValuesAreObservedAsOneByOne) {
  RandomElements random(6);
  for (unsigned before = 0; before < kSpongeRate; ++before) {
    for (const std::size_t count : {0, 1, 2, 3, 4, 9}) {
      TranscriptLog log;
      Transcript recording(&log), quick;
      for (unsigned i = 0; i < before; ++i) {
        recording.observe(Fp::from_canonical(i));
        quick.observe(Fp::from_canonical(i));
      }
      const std::vector<Fp4> values = random.extension(count);
      recording.observe(values);
      quick.observe(values);
      EXPECT_EQ(recording.export_state(), quick.export_state()) << before << ", " << count;
      EXPECT_TRUE(recording.sample() == quick.sample());
    }
  }
}

TEST(Transcript, GoesOnFromAState) {
  Transcript transcript;
  for (unsigned i = 0; i < 13; ++i) transcript.observe(Fp::from_canonical(i));
  Transcript other;
  other.observe(Fp::one());
  other.import_state(transcript.export_state());
  for (unsigned i = 0; i < 3; ++i) EXPECT_TRUE(transcript.sample() == other.sample());
  EXPECT_EQ(transcript.export_state(), other.export_state());

  TranscriptLog log;
  Transcript recording(&log);
  EXPECT_TRUE(recording.recording());
  EXPECT_THROW(recording.import_state(transcript.export_state()), Error);
}

TEST(HashBatch, RowsEqualSingleHashes) {
  RandomElements random(3);
  for (const std::size_t width : {1u, 4u, 7u, 8u, 9u, 16u, 21u}) {
    const std::size_t height = 3 * kHashLanes;
    const std::vector<Fp> values = random.base(width * height);
    std::vector<Digest> digests(height);
    for (std::size_t row = 0; row < height; row += kHashLanes) {
      hash_rows(values.data(), height, width, row, &digests[row]);
    }
    for (std::size_t row = 0; row < height; ++row) {
      std::vector<Fp> slice;
      for (std::size_t c = 0; c < width; ++c) slice.push_back(values[c * height + row]);
      ASSERT_TRUE(digests[row] == hash_slice(slice)) << "width " << width << " row " << row;
    }
  }
}

TEST(HashBatch, PairsEqualSingleCompressions) {
  RandomElements random(4);
  for (const std::size_t count : {1u, 2u, 15u, 16u, 17u, 40u}) {
    std::vector<Digest> below(2 * count);
    for (Digest& digest : below) {
      const std::vector<Fp> values = random.base(kDigestElements);
      std::copy(values.begin(), values.end(), digest.begin());
    }
    std::vector<Digest> adjacent(count), strided(count);
    compress_pairs(&below[0], &below[1], 2, adjacent.data(), count);
    compress_pairs(&below[0], &below[count], 1, strided.data(), count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_TRUE(adjacent[i] == compress(below[2 * i], below[2 * i + 1]));
      EXPECT_TRUE(strided[i] == compress(below[i], below[count + i]));
    }
  }
}

}  // namespace
}  // namespace gyre
