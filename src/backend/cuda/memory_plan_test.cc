#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <set>
#include <string>

#include "backend/cuda/cuda.h"
#include "gyre/airs/fibonacci.h"
#include "gyre/airs/interactions.h"
#include "gyre/airs/keccak.h"
#include "gyre/keys/keygen.h"
#include "stacking/commitment.h"

namespace gyre::cuda {
namespace {

/// A proof of one AIR.
class Planned {
 public:
  Planned(const Air& air, unsigned log_height, unsigned log_stacked_height,
          std::size_t round0_tile_bytes)
      : key_(make_key(air, log_stacked_height)),
        trace_(std::size_t{1} << log_height, key_.per_air[0].width.common_main),
        layout_(stacked_layout(key_.params, std::array{trace_.view()})),
        context{.params = key_.params,
                .device = find_device(0),
                .interactions = interaction_programs(key_),
                .round0_tile_bytes = round0_tile_bytes} {
    context.expressions.emplace_back(key_.per_air[0].symbolic);
    context.pieces = make_pieces(key_.per_air, context.expressions);
    load.traces.push_back({.air_index = 0, .air = &key_.per_air[0], .log_height = log_height});
    load.commitments.push_back({.layout = &layout_});
    load.num_leaves = key_.per_air[0].symbolic.interactions.size() << log_height;
    while (load.num_leaves >> load.num_gkr_layers != 0) ++load.num_gkr_layers;
  }

  Planned(const Planned&) = delete;
  Planned& operator=(const Planned&) = delete;

  MemoryChoice choice() const { return choose_memory(context, load); }
  MemoryPolicy policy(std::uint64_t limit) {
    load.arena_limit = limit;
    load.limit_given = true;
    return choice().policy;
  }
  /// Without a limit.
  MemoryPolicy lean_policy(std::uint64_t small_arena) {
    context.small_arena = small_arena;
    return choice().policy;
  }
  MemoryPlan plan(const MemoryPolicy& policy) const { return memory_plan(context, load, policy); }
  std::uint64_t arena(const MemoryPolicy& policy) const { return plan(policy).arena(); }
  std::uint64_t least() {
    load.low_memory = true;
    const MemoryChoice least = choice();
    load.low_memory = false;
    EXPECT_EQ(least.plan.arena(), arena(least.policy));
    return least.plan.arena();
  }

 private:
  static VerifyingKey make_key(const Air& air, unsigned log_stacked_height) {
    const Air* airs[] = {&air};
    return keygen(presets::test_small(4, log_stacked_height - 4, 3), airs).vk;
  }

  VerifyingKey key_;
  Matrix trace_;
  StackedLayout layout_;

 public:
  Context context;
  Workload load;
};

/// 48 stacked columns; the largest phase is the fraction tree.
Planned interactions() {
  return Planned(SelfInteractionAir(48, 1), 13, 13, std::size_t{8} << 20);
}

/// Savings in the order in which a falling limit brings them.
unsigned rank(const MemoryPolicy& policy) {
  return (policy.batches ? 4u : 0u) + (policy.narrow_tree ? 2u : 0u) +
         (policy.log_tile_reduction > 0 ? 1u : 0u);
}

/// The ranks that limits from the least to the most bring about: none more under a higher limit.
std::set<unsigned> ranks_under_limits(Planned& proof) {
  const std::uint64_t first = proof.least(), last = proof.arena({});
  EXPECT_LT(first, last);
  std::optional<MemoryPolicy> before;
  std::set<unsigned> ranks;
  std::set<std::size_t> kept;
  const std::uint64_t step = (last - first) / 200;
  for (std::uint64_t limit = first; limit < last + step; limit += step) {
    const MemoryPolicy now = proof.policy(limit);
    SCOPED_TRACE(testing::Message() << limit << ": " << proof.plan(now).savings);
    EXPECT_LE(proof.arena(now), limit);
    ranks.insert(rank(now));
    if (rank(now) == 0) kept.insert(now.kept_columns);
    if (before) {
      EXPECT_LE(rank(now), rank(*before));
      if (rank(now) == rank(*before)) {
        EXPECT_GE(now.kept_columns, before->kept_columns);
      }
    }
    before = now;
  }
  EXPECT_EQ(proof.arena(*before), last);
  EXPECT_EQ(proof.plan(*before).savings, "");
  EXPECT_GT(kept.size(), 4u);
  return ranks;
}

TEST(MemoryPolicy, SavesNoMoreUnderAHigherLimit) {
  Planned tree = interactions();
  EXPECT_EQ(ranks_under_limits(tree), (std::set<unsigned>{0, 4, 6}));
  Planned keccak(KeccakAir(), 6, 10, std::size_t{4} << 20);
  EXPECT_EQ(ranks_under_limits(keccak), (std::set<unsigned>{0, 1, 5}));
}

/// One byte less than what the last column takes costs one column.
TEST(MemoryPolicy, GivesUpNoMoreThanItMust) {
  Planned proof = interactions();
  const std::uint64_t most = proof.arena({});
  EXPECT_EQ(proof.policy(most).kept_columns, 48u);
  const MemoryPolicy next = proof.policy(most - 1);
  EXPECT_EQ(next, MemoryPolicy{.kept_columns = 47});
  EXPECT_EQ(proof.plan(next).savings, "47 of 48 columns of the codeword kept");
}

TEST(MemoryPolicy, IsTheLeastOneWhereNoneFits) {
  Planned proof = interactions();
  const std::uint64_t bytes = proof.least();
  EXPECT_EQ(proof.arena(proof.policy(0)), bytes);
  EXPECT_EQ(proof.arena(proof.policy(bytes - 1)), bytes);
  for (const bool batches : {false, true}) {
    for (const unsigned tile : {0u, 2u}) {
      for (const bool narrow : {false, true}) {
        EXPECT_GE(proof.arena({.kept_columns = 0,
                               .batches = batches,
                               .log_tile_reduction = tile,
                               .narrow_tree = narrow}),
                  bytes);
      }
    }
  }
}

/// A column that is not kept may take more to be encoded again than it takes.
TEST(MemoryPolicy, TakesNoMoreThanWithAllColumnsOrNone) {
  for (const unsigned log_stacked_height : {8, 10, 14}) {
    Planned proof(FibonacciAir(), 8, log_stacked_height, std::size_t{1} << 10);
    EXPECT_LE(proof.least(), proof.arena({}));
    EXPECT_LE(proof.least(), proof.arena({.kept_columns = 0}));
    EXPECT_EQ(proof.plan(proof.policy(proof.arena({}))).savings, "");
  }
}

TEST(MemoryPolicy, SavesNothingThatIsNotAtThePeak) {
  Planned proof = interactions();
  proof.load.low_memory = true;
  EXPECT_TRUE(proof.choice().policy.narrow_tree);
  EXPECT_EQ(proof.choice().policy.log_tile_reduction, 0u);
}

TEST(MemoryPolicy, TakesNoMoreThanCommitmentsWithoutALimit) {
  Planned keccak(KeccakAir(), 6, 10, std::size_t{4} << 20);
  const MemoryPolicy lean = keccak.lean_policy(0);
  const std::uint64_t none_kept = keccak.arena({.kept_columns = 0});
  EXPECT_EQ(keccak.arena(lean), none_kept);
  EXPECT_EQ(lean, MemoryPolicy{.kept_columns = lean.kept_columns});
  EXPECT_LT(keccak.arena({.kept_columns = lean.kept_columns}),
            keccak.arena({.kept_columns = lean.kept_columns + 1}));
  EXPECT_EQ(keccak.plan(keccak.lean_policy(keccak.arena({}))).savings, "");
}

TEST(MemoryPolicy, HasANarrowTreeWithoutALimitWhereTheTreeIsThePeak) {
  Planned proof(SelfInteractionAir(4, 1), 13, 13, std::size_t{8} << 20);
  const MemoryPolicy lean = proof.lean_policy(0);
  EXPECT_TRUE(lean.narrow_tree);
  EXPECT_FALSE(lean.batches);
  EXPECT_LE(proof.arena(lean), proof.arena({.kept_columns = 0, .narrow_tree = true}));
  EXPECT_LT(proof.arena(lean), proof.arena({.kept_columns = 0}));
  EXPECT_EQ(proof.plan(proof.lean_policy(proof.arena({}))).savings, "");
}

TEST(MemoryPolicy, KeepsTheCommitmentsOfAKey) {
  Planned proof = interactions();
  proof.load.traces.clear();
  proof.load.low_memory = true;
  EXPECT_EQ(proof.policy(0), MemoryPolicy{});
}

TEST(MemoryPolicy, SaysWhatIsSaved) {
  EXPECT_EQ(
      interactions().plan({.batches = true, .log_tile_reduction = 2, .narrow_tree = true}).savings,
      "codeword made in batches and not kept, round 0 in tiles of 2097152 bytes, two layers of "
      "the LogUp tree not stored");
}

}  // namespace
}  // namespace gyre::cuda
