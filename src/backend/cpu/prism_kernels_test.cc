#include "backend/cpu/prism_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "gyre/simd/targets.h"
#include "poly/kernels.h"
#include "poly/ntt.h"
#include "support/forced_target.h"
#include "support/memory.h"
#include "support/random_elements.h"

namespace gyre::cpu {
namespace {

class PrismKernels : public testing::TestWithParam<std::string> {
 protected:
  ForcedTarget forced_{GetParam()};
  RandomElements random_{7};
};

Fp4 plane_entry(const Fp* planes, std::size_t lanes, std::size_t lane) {
  return {planes[lane], planes[lanes + lane], planes[2 * lanes + lane], planes[3 * lanes + lane]};
}

/// Chunk x of the column that starts at row `offset`, repeated where it ends.
std::vector<Fp4> chunk_values(const PrismShape& shape, const std::vector<Fp>& column, std::size_t x,
                              std::size_t offset) {
  std::vector<Fp4> values;
  for (std::size_t z = 0; z < shape.chunk; ++z) {
    values.emplace_back(column[(x * shape.chunk + z + offset) & (shape.height - 1)]);
  }
  return values;
}

/// Checks the planes of `target` in lane `lane` against the polynomial with `values` on D.
void expect_extension(const PrismShape& shape, const CosetTables& tables, std::vector<Fp4> values,
                      std::size_t last, const ExtendedTarget& target, std::size_t lane) {
  inverse_dft(std::span(values));
  const Fp w = two_adic_generator(tables.l_skip);
  for (std::size_t coset = target.first_coset; coset < last; ++coset) {
    for (std::size_t z = 0; z < shape.chunk; ++z) {
      const std::size_t plane = (coset - target.first_coset) * shape.chunk + z;
      const std::size_t block = plane >> target.log_block_planes;
      const std::size_t in_block = plane - (block << target.log_block_planes);
      const Fp value = target.values[block * target.block_stride + in_block * shape.lanes + lane];
      const Fp4 point(kMultiplicativeGenerator.pow(coset) * w.pow(z));
      ASSERT_EQ(Fp4(value), evaluate_polynomial(values, point))
          << "coset " << coset << ", z " << z << ", lane " << lane;
    }
  }
}

TEST_P(PrismKernels, ColumnsAreExtendedToCosets) {
  constexpr std::size_t kLast = 3;
  for (unsigned l_skip = 0; l_skip <= 5; ++l_skip) {
    for (unsigned log_height = 0; log_height <= l_skip + 6; ++log_height) {
      SCOPED_TRACE(testing::Message() << "l_skip " << l_skip << ", log_height " << log_height);
      const PrismShape shape(l_skip, log_height);
      const CosetTables tables(l_skip, kLast);
      const std::vector<Fp> column = random_.base(shape.height);
      const std::size_t first = log_height % 2, plane = shape.lanes;
      const std::size_t planes = (kLast - first) * shape.chunk;
      const std::size_t log_block = std::min(l_skip, 1 + log_height % 3);
      // Local and rotated values beside one another in each block.
      const std::size_t block = plane << log_block;
      Buffer<Fp> extended(2 * planes * plane), scratch(2 * shape.chunk * plane);
      const ExtendedTarget local{.values = extended.data(),
                                 .first_coset = first,
                                 .log_block_planes = log_block,
                                 .block_stride = 2 * block};
      ExtendedTarget rotated = local;
      rotated.values += block;
      for (std::size_t tile = 0; tile < shape.tiles; ++tile) {
        extend_column(tables, shape, column.data(), column.data(), tile, first, kLast, local,
                      rotated, scratch.data());
        for (std::size_t lane = 0; lane < std::min(shape.lanes, shape.chunks); ++lane) {
          const std::size_t x = tile * shape.lanes + lane;
          const auto values = [&](std::size_t offset) {
            return chunk_values(shape, column, x, offset);
          };
          expect_extension(shape, tables, values(0), kLast, local, lane);
          expect_extension(shape, tables, values(1), kLast, rotated, lane);
        }
      }
    }
  }
}

TEST_P(PrismKernels, PlanesAreExtendedToCosets) {
  constexpr std::size_t kLast = 3;
  for (unsigned l_skip = 0; l_skip <= 5; ++l_skip) {
    const PrismShape shape(l_skip, 10);
    const CosetTables tables(l_skip, kLast);
    Buffer<Fp> planes(2 * shape.chunk * shape.lanes), extended(kLast * shape.chunk * shape.lanes);
    std::ranges::copy(random_.base(planes.size()), planes.begin());
    const std::vector<Fp> before(planes.begin(), planes.end());
    const ExtendedTarget target{.values = extended.data(),
                                .first_coset = 0,
                                .log_block_planes = 0,
                                .block_stride = shape.lanes};
    extend_planes(tables, planes.data(), 0, kLast, target);
    for (std::size_t lane = 0; lane < shape.lanes; ++lane) {
      std::vector<Fp4> values;
      for (std::size_t z = 0; z < shape.chunk; ++z) {
        values.emplace_back(before[z * shape.lanes + lane]);
      }
      expect_extension(shape, tables, values, kLast, target, lane);
    }
  }
}

/// Entry x of a table over the cube in planes.
Fp4 table_entry(const Fp* table, std::size_t size, std::size_t lanes, std::size_t x) {
  const std::size_t vectors = std::max<std::size_t>(size / lanes, 1);
  return plane_entry(table + x % vectors * 4 * lanes, lanes, x / vectors);
}

TEST_P(PrismKernels, ChunksAndTablesAreFolded) {
  for (unsigned l_skip = 0; l_skip <= 5; ++l_skip) {
    for (unsigned log_height = 0; log_height <= l_skip + 7; ++log_height) {
      SCOPED_TRACE(testing::Message() << "l_skip " << l_skip << ", log_height " << log_height);
      const PrismShape shape(l_skip, log_height);
      const std::vector<Fp> column = random_.base(shape.height);
      const std::vector<Fp4> weights = random_.extension(shape.chunk);
      Buffer<Fp> scratch((shape.chunk + 1) * shape.lanes), table(shape.tiles * 4 * shape.lanes);
      for (std::size_t offset = 0; offset < 2; ++offset) {
        fold_chunks(shape, column.data(), offset, weights, scratch.data(), table.data());
        std::vector<Fp4> expected(shape.chunks);
        for (std::size_t x = 0; x < shape.chunks; ++x) {
          const std::vector<Fp4> values = chunk_values(shape, column, x, offset);
          for (std::size_t z = 0; z < shape.chunk; ++z) expected[x] += weights[z] * values[z];
        }
        for (;;) {
          const std::size_t size = expected.size();
          for (std::size_t x = 0; x < size; ++x) {
            ASSERT_EQ(table_entry(table.data(), size, shape.lanes, x), expected[x])
                << "entry " << x << " of " << size;
          }
          if (size == 1) break;
          const Fp4 r = random_.element();
          fold_table(table.data(), size, r);
          for (std::size_t y = 0; y < size / 2; ++y) {
            expected[y] = expected[2 * y] + r * (expected[2 * y + 1] - expected[2 * y]);
          }
          expected.resize(size / 2);
        }
      }
    }
  }
}

TEST_P(PrismKernels, ColumnsTimesWeights) {
  for (const std::size_t count : {1, 2, 15, 16, 17, 64, 1000}) {
    const std::vector<Fp> values = random_.base(3 * count), weights = random_.base(4 * count);
    const Fp* const columns[] = {&values[0], &values[count], &values[2 * count]};
    std::vector<Fp4> expected(3), totals(3);
    for (std::size_t i = 0; i < 3 * count; ++i) {
      expected[i / count] += plane_entry(weights.data(), count, i % count) * values[i];
    }
    dot_with_planes(columns, weights.data(), count, totals.data());
    EXPECT_EQ(totals, expected);
  }
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const std::string_view name : simd::available_targets()) result.emplace_back(name);
  return result;
}

INSTANTIATE_TEST_SUITE_P(Targets, PrismKernels, testing::ValuesIn(names()),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace gyre::cpu
