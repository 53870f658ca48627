#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "soundness/tampering.h"
#include "support/proof_members.h"
#include "support/verify_stages.h"

namespace gyre {
namespace {

/// Random changes to the structure and the values of proof objects. Deterministic.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  void mutate(Proof& proof, const Proof& donor) {
    switch (random_() % 8) {
      case 0:
        return mutate_trace_vdata(proof.trace_vdata);
      case 1:
        return replace_member(proof, donor);
      case 2:
      case 3:
        return mutate_element(proof);
      default:
        return mutate_list(proof);
    }
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  Fp extreme_or_random() {
    const Fp values[] = {Fp::zero(), Fp::one(), -Fp::one(), Fp::from_uint64(random_())};
    return values[below(4)];
  }

  void mutate_trace_vdata(std::vector<std::optional<TraceVerifierData>>& traces) {
    constexpr std::uint32_t kHeights[] = {0, 1, 2, 3, 5, 27, 28, 64, 0x7fffffff, 0xffffffff};
    auto& trace = traces[below(traces.size())];
    switch (below(4)) {
      case 0:
        if (trace) {
          trace.reset();
        } else {
          trace.emplace();
        }
        return;
      case 1:
        return mutate_size(traces);
      case 2:
        if (trace) trace->log_height += below(2) == 0 ? 1 : -1;
        return;
      default:
        if (trace) trace->log_height = kHeights[below(std::size(kHeights))];
    }
  }

  /// One member as it is in another proof.
  void replace_member(Proof& proof, const Proof& donor) {
    std::vector<std::function<void()>> replacements{
        [&] { proof.trace_vdata = donor.trace_vdata; },
        [&] { proof.gkr = donor.gkr; },
        [&] { proof.batch_constraints = donor.batch_constraints; },
        [&] { proof.stacking = donor.stacking; },
        [&] { proof.whir = donor.whir; },
        [&] { proof.public_values = donor.public_values; },
        [&] { proof.common_main_commit = donor.common_main_commit; },
        [&] { proof.gkr.claims_per_layer = donor.gkr.claims_per_layer; },
        [&] { proof.batch_constraints.column_openings = donor.batch_constraints.column_openings; },
        [&] { proof.whir.final_poly = donor.whir.final_poly; },
        [&] { proof.whir.initial_round_opened_rows = donor.whir.initial_round_opened_rows; },
        [&] { proof.whir.codeword_commits = donor.whir.codeword_commits; },
    };
    replacements[below(replacements.size())]();
  }

  void mutate_element(Proof& proof) {
    std::size_t count = 0;
    const auto count_one = [&](Fp&) { ++count; };
    for_each_fp(proof, count_one);
    const std::size_t chosen = below(count), length = 1 + below(2) * below(8);
    const Fp value = extreme_or_random();
    std::size_t i = 0;
    const auto change = [&](Fp& element) {
      if (i >= chosen && i < chosen + length) element = value;
      ++i;
    };
    for_each_fp(proof, change);
  }

  void mutate_list(Proof& proof) {
    std::vector<std::function<void()>> lists;
    for_each_member(proof, [&](auto& member) { collect_lists(member, lists); });
    lists[below(lists.size())]();
  }

  template <class T>
  void collect_lists(T&, std::vector<std::function<void()>>&) {}  // no list
  template <class T>
  void collect_lists(std::vector<T>& list, std::vector<std::function<void()>>& lists) {
    lists.push_back([this, &list] { mutate_size(list); });
    for (T& item : list) collect_lists(item, lists);
  }

  template <class T>
  void mutate_size(std::vector<T>& list) {
    const std::size_t size = list.size();
    if (size == 0) return list.resize(1 + below(3));
    const auto at = static_cast<std::ptrdiff_t>(below(size));
    switch (below(8)) {
      case 0:
        return list.pop_back();
      case 1:
        return list.resize(size + 1);
      case 2:
        list.erase(list.begin() + at);
        return;
      case 3: {
        const T copy = list[static_cast<std::size_t>(at)];
        list.insert(list.begin() + at, copy);
        return;
      }
      case 4:
        return list.clear();
      case 5:
        return list.resize(2 * size);
      case 6:
        list[static_cast<std::size_t>(at)] = T{};
        return;
      default:
        std::swap(list[static_cast<std::size_t>(at)], list[below(size)]);
    }
  }

  std::mt19937_64 random_;
};

/// `proof` with the witnesses that no check reads as in `original`.
Proof with_free_witnesses_of(const SystemParams& params, const Proof& original, Proof proof) {
  if (params.logup.pow_bits == 0) proof.gkr.logup_pow_witness = original.gkr.logup_pow_witness;
  if (params.whir.mu_pow_bits == 0) proof.whir.mu_pow_witness = original.whir.mu_pow_witness;
  if (params.whir.folding_pow_bits == 0) {
    proof.whir.folding_pow_witnesses = original.whir.folding_pow_witnesses;
  }
  if (params.whir.query_phase_pow_bits == 0) {
    proof.whir.query_phase_pow_witnesses = original.whir.query_phase_pow_witnesses;
  }
  return proof;
}

/// What can be encoded means the same after decoding.
void expect_consistent_encoding(const Proof& proof) {
  std::vector<std::uint8_t> bytes;
  try {
    bytes = encode_proof(proof);
  } catch (const Error&) {
    return;
  }
  const auto decoded = decode_proof(bytes);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_TRUE(*decoded == proof);
  EXPECT_TRUE(encode_proof(*decoded) == bytes);
}

class ProofMutation : public testing::TestWithParam<const char*> {};

TEST_P(ProofMutation, IsRejected) {
  const Target target = load_target(GetParam());
  std::vector<Proof> donors;
  for (const char* donor : {"mixture_pow0", "fib_small", "random_v1", "whir_1round"}) {
    donors.push_back(load_target(donor).proof);
  }
  Mutator mutator(std::hash<std::string_view>{}(GetParam()));
  std::mt19937 random(1);
  std::size_t num_shapes = 0;
  for (int trial = 0; trial < 400; ++trial) {
    Proof proof = target.proof;
    for (std::size_t i = 0; i < 1 + random() % 3; ++i) {
      mutator.mutate(proof, donors[random() % donors.size()]);
    }
    if (with_free_witnesses_of(target.key.params, target.proof, proof) == target.proof) continue;
    SCOPED_TRACE(trial);
    const auto failure = verify(target.key, proof);
    ASSERT_TRUE(failure) << "accepted";
    EXPECT_EQ(failure->debug(), verify(target.key, proof)->debug());
    expect_consistent_encoding(proof);
    // Other donors' values in the right shape: the stages after the first failure.
    if (trial % 10 == 0) num_shapes += verify_stages(target.key, proof).has_shape;
  }
  EXPECT_GT(num_shapes, 4u);
}

INSTANTIATE_TEST_SUITE_P(Cases, ProofMutation,
                         testing::Values("mixture_pow0", "inter11", "optional_inter", "fib_l0",
                                         "whir_1round", "whir_final_len1", "prep_cached3",
                                         "random_v2"));

}  // namespace
}  // namespace gyre
