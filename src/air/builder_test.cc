#include "gyre/air/builder.h"

#include <gtest/gtest.h>

#include "gyre/air/bus.h"
#include "gyre/support/error.h"
#include "support/expression_text.h"

namespace gyre {
namespace {

class BuilderTest : public ::testing::Test {
 protected:
  /// Texts of the constraints recorded since the last call.
  std::vector<std::string> recorded() {
    std::vector<std::string> texts;
    for (const std::uint32_t id : record_.constraints) {
      texts.push_back(tree_text(record_.arena, id));
    }
    record_.constraints.clear();
    return texts;
  }
  using Texts = std::vector<std::string>;

  RecordedAir record_{.name = "Test",
                      .width = {.preprocessed = 2, .cached_mains = {}, .common_main = 3},
                      .num_public_values = 1};
  AirBuilder builder_{record_};
  Expression x_ = builder_.main().local()[0], y_ = builder_.main().local()[1],
             next_ = builder_.main().next()[0];
};

TEST_F(BuilderTest, Assertions) {
  builder_.assert_zero(x_);
  builder_.assert_one(x_);
  builder_.assert_eq(x_, y_);
  builder_.assert_bool(x_);
  builder_.assert_tern(x_);
  EXPECT_EQ(recorded(), (Texts{"M(0)", "(M(0) - #1)", "(M(0) - M(1))", "(M(0) * (M(0) - #1))",
                               "((M(0) * (M(0) - #1)) * (M(0) - #2))"}));
  const std::vector<Expression> both{x_, y_};
  builder_.assert_zeros(both);
  builder_.assert_bools(both);
  EXPECT_EQ(recorded(), (Texts{"M(0)", "M(1)", "(M(0) * (M(0) - #1))", "(M(1) * (M(1) - #1))"}));
  builder_.assert_zero_ext(x_);
  builder_.assert_eq_ext(x_, y_);
  builder_.assert_one_ext(x_);
  EXPECT_EQ(recorded(), (Texts{"M(0)", "(M(0) - M(1))", "(M(0) - #1)"}));
}

TEST_F(BuilderTest, Conditions) {
  builder_.when(x_).assert_zero(y_);
  builder_.when(x_).assert_eq(y_, next_);
  builder_.when(x_).when(y_).assert_zero(next_);
  builder_.when_ne(x_, y_).assert_one(next_);
  EXPECT_EQ(recorded(), (Texts{"(M(0) * M(1))", "(M(0) * (M(1) - M'(0)))",
                               "(M(0) * (M(1) * M'(0)))", "((M(0) - M(1)) * (M'(0) - #1))"}));
  builder_.when_first_row().assert_zero(x_);
  builder_.when_last_row().assert_zero(x_);
  builder_.when_transition().assert_zero(x_);
  builder_.when_transition_window(2).assert_zero(x_);
  builder_.when(x_).when_transition().assert_zero(y_);
  EXPECT_EQ(recorded(), (Texts{"(FIRST * M(0))", "(LAST * M(0))", "(TRANS * M(0))",
                               "(TRANS * M(0))", "(M(0) * (TRANS * M(1)))"}));
  builder_.when(x_).assert_zero_ext(y_);
  builder_.when(x_).assert_eq_ext(y_, next_);
  builder_.when(x_).when(y_).assert_zero_ext(next_);
  EXPECT_EQ(recorded(),
            (Texts{"(M(1) * M(0))", "((M(1) - M'(0)) * M(0))", "((M'(0) * M(1)) * M(0))"}));
  EXPECT_THROW(builder_.when_transition_window(3), Error);
  EXPECT_THROW(builder_.is_transition_window(1), Error);
}

TEST_F(BuilderTest, ColumnRangeShiftsMainOnly) {
  AirBuilder sub = builder_.column_range(1, 3);
  EXPECT_EQ(sub.main().width(), 2u);
  sub.assert_zero(sub.main().local()[0]);
  sub.assert_zero(sub.main().next()[1]);
  sub.assert_zero(sub.preprocessed().local()[1]);
  sub.assert_zero(sub.public_value(0));
  sub.column_range(1, 2).assert_zero(sub.column_range(1, 2).main().local()[0]);
  EXPECT_EQ(recorded(), (Texts{"M(1)", "M'(2)", "Q(1)", "U(0)", "M(2)"}));
  EXPECT_THROW(sub.main().local()[2], Error);
  EXPECT_THROW(builder_.column_range(1, 4), Error);
}

TEST_F(BuilderTest, PartsAreNumberedCachedFirst) {
  record_.width = {.preprocessed = {}, .cached_mains = {1, 2}, .common_main = 4};
  EXPECT_EQ(builder_.num_main_parts(), 3u);
  builder_.assert_zero(builder_.cached_main(1).local()[1]);
  builder_.assert_zero(builder_.common_main().next()[3]);
  EXPECT_EQ(recorded(), (Texts{"M1(1)", "M2'(3)"}));
  EXPECT_EQ(builder_.preprocessed().width(), 0u);
  EXPECT_THROW(builder_.main(), Error);
  EXPECT_THROW(builder_.main_part(3), Error);
  EXPECT_THROW(builder_.cached_main(2), Error);
  record_.width = {.preprocessed = {}, .cached_mains = {1}, .common_main = 0};
  EXPECT_EQ(builder_.main().width(), 1u);
  EXPECT_THROW(builder_.common_main(), Error);
}

TEST_F(BuilderTest, ReadsOutsideOfTheShapeAreRefused) {
  EXPECT_THROW(builder_.main().local()[3], Error);
  EXPECT_THROW(builder_.preprocessed().local()[2], Error);
  EXPECT_THROW(builder_.public_value(1), Error);
}

TEST_F(BuilderTest, Buses) {
  const std::vector<Expression> message{x_, y_};
  const LookupBus lookup(3);
  const PermutationCheckBus permutation(4);
  lookup.lookup_key(builder_, message, next_);
  lookup.add_key_with_lookups(builder_, message, next_);
  permutation.send(builder_, message, next_);
  permutation.receive(builder_, message, next_);
  permutation.send_or_receive(builder_, PermutationCheckBus::Kind::kSend, message, next_);
  permutation.send_or_receive(builder_, PermutationCheckBus::Kind::kReceive, message, next_);
  permutation.interact(builder_, message, next_);
  std::vector<std::string> texts;
  for (const RecordedAir::Interaction& interaction : record_.interactions) {
    ASSERT_EQ(interaction.message.size(), 2u);
    EXPECT_EQ(tree_text(record_.arena, interaction.message[1]), "M(1)");
    texts.push_back(std::to_string(interaction.bus_index) + " " +
                    tree_text(record_.arena, interaction.count) + " " +
                    std::to_string(interaction.count_weight));
  }
  EXPECT_EQ(texts, (Texts{"3 M'(0) 1", "3 (-M'(0)) 0", "4 M'(0) 1", "4 (-M'(0)) 1", "4 M'(0) 1",
                          "4 (-M'(0)) 1", "4 M'(0) 1"}));
  EXPECT_TRUE(record_.constraints.empty());
}

}  // namespace
}  // namespace gyre
