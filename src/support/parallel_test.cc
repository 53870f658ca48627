#include "support/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace gyre {
namespace {

class ParallelLoops : public testing::TestWithParam<unsigned> {
 protected:
  Parallel parallel_{GetParam()};
};

TEST_P(ParallelLoops, RangesCoverEveryItemOnce) {
  for (const std::size_t count : {0, 1, 2, 7, 64, 1000}) {
    for (const std::size_t grain : {1, 3, 64, 2000}) {
      std::vector<std::atomic<int>> visits(count);
      parallel_.ranges(count, grain, [&](std::size_t begin, std::size_t end) {
        ASSERT_LT(begin, end);
        for (std::size_t i = begin; i < end; ++i) ++visits[i];
      });
      for (const auto& visit : visits) EXPECT_EQ(visit, 1) << count << " by " << grain;
    }
  }
}

TEST_P(ParallelLoops, LoopsNest) {
  std::vector<std::vector<int>> table(20, std::vector<int>(30));
  parallel_.each(table.size(), [&](std::size_t i) {
    parallel_.each(table[i].size(), [&](std::size_t j) { table[i][j] += static_cast<int>(i * j); });
  });
  for (std::size_t i = 0; i < table.size(); ++i) {
    for (std::size_t j = 0; j < table[i].size(); ++j) {
      EXPECT_EQ(table[i][j], static_cast<int>(i * j));
    }
  }
}

TEST_P(ParallelLoops, Sums) {
  for (const std::size_t count : {0, 1, 63, 64, 65, 5000}) {
    const auto sum = parallel_.sum<std::size_t>(count, 16, [](std::size_t begin, std::size_t end) {
      std::size_t partial = 0;
      for (std::size_t i = begin; i < end; ++i) partial += i;
      return partial;
    });
    EXPECT_EQ(sum, count == 0 ? 0 : count * (count - 1) / 2);
  }
}

TEST_P(ParallelLoops, ExceptionsReachTheCaller) {
  EXPECT_THROW(parallel_.each(100,
                              [](std::size_t i) {
                                if (i == 50) throw std::runtime_error("fifty");
                              }),
               std::runtime_error);
}

INSTANTIATE_TEST_SUITE_P(Threads, ParallelLoops, testing::Values(0u, 1u, 2u, 5u));

}  // namespace
}  // namespace gyre
