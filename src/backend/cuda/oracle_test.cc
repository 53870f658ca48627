#include <gtest/gtest.h>

#include <algorithm>

#include "backend/cuda/oracle.h"
#include "gyre/hash/grinding.h"
#include "stacking/merkle.h"
#include "support/random_elements.h"

namespace gyre::cuda {
namespace {

/// A device with an arena of its own, as a phase sees it.
class DeviceTest : public testing::Test {
 protected:
  DeviceTest() { context_.device = find_device(0); }

  Context context_;
  Queue queue_{0};
  DeviceArena arena_{std::size_t{1} << 26};
  DeviceMatrices matrices_{queue_, arena_};
  Work work_{.context = context_, .queue = queue_, .arena = arena_, .matrices = matrices_};
};

/// A random codeword matrix, on the host in natural order, and its tree.
struct PlainOracle {
  explicit PlainOracle(const CodewordShape& s)
      : shape(s), values(RandomElements(s.width + s.k).base(s.rows() * s.width)) {
    std::vector<Digest> digests;
    for (std::size_t r = 0; r < shape.rows(); ++r) digests.push_back(hash_slice(row(r)));
    tree = plain_merkle_layers(std::move(digests), shape.k);
  }
  std::vector<Fp> row(std::size_t r) const {
    std::vector<Fp> result;
    for (std::size_t c = 0; c < shape.width; ++c) result.push_back(values[c * shape.rows() + r]);
    return result;
  }
  /// In the order of the device: columns [first, first + count) of rows at positions [begin, end).
  std::vector<Fp> arranged(std::size_t first, std::size_t count, std::size_t begin,
                           std::size_t end) const {
    const DeviceCodewordOrder order = order_of(shape);
    std::vector<Fp> result;
    for (std::size_t c = first; c < first + count; ++c) {
      for (std::size_t p = begin; p < end; ++p) {
        EXPECT_EQ(order.position(order.row(p)), p);
        result.push_back(values[c * shape.rows() + order.row(p)]);
      }
    }
    return result;
  }
  /// A few leaves, with repetitions.
  std::vector<std::size_t> some_leaves() const {
    std::vector<std::size_t> leaves;
    for (std::size_t i = 0; i < 9; ++i) leaves.push_back(i * i * 7919 % shape.leaves());
    return leaves;
  }
  void expect_opened(const CollectedLeaves& opened) const {
    const std::vector<std::size_t> leaves = some_leaves();
    ASSERT_EQ(opened.count, leaves.size());
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      for (std::size_t t = 0; t < std::size_t{1} << shape.k; ++t) {
        EXPECT_TRUE(std::ranges::equal(opened.row(i, t), row(leaves[i] + t * shape.leaves())));
      }
      EXPECT_EQ(opened.path(i), tree.path(leaves[i]));
    }
  }
  void expect_nodes(std::span<const Digest> nodes) const {
    const MerkleTree view(nodes);
    for (unsigned depth = 0; depth < tree.layers.size(); ++depth) {
      ASSERT_TRUE(std::ranges::equal(view.layer(depth), tree.layers[depth])) << depth;
    }
  }

  CodewordShape shape;
  std::vector<Fp> values;
  MerkleLayers tree;
};

class DeviceMerkle : public DeviceTest {
 protected:
  void check(const CodewordShape& shape) {
    SCOPED_TRACE(testing::Message()
                 << "message 2^" << shape.log_message << ", blowup 2^" << shape.log_blowup
                 << ", width " << shape.width << ", k " << shape.k);
    const PlainOracle plain(shape);
    const DeviceArena::Scope scope(arena_);
    const DeviceSpan<Fp> values = arena_.take<Fp>(plain.values.size());
    queue_.upload(values, plain.arranged(0, shape.width, 0, shape.rows()));
    DeviceCodeword codeword;
    codeword.log_message = shape.log_message;
    codeword.log_blowup = shape.log_blowup;
    codeword.values = values.data;
    codeword.width = shape.width;
    const std::size_t before = arena_.used();
    arena_.reset_peak();
    const DeviceOracle oracle(work_, codeword, shape.k);
    EXPECT_EQ(oracle.root(), plain.tree.root());
    const std::size_t retained = DeviceOracle::retained_bytes(shape);
    EXPECT_EQ(arena_.used(), before + retained);
    EXPECT_EQ(arena_.reset_peak(), before + retained + DeviceOracle::scratch_bytes(shape));
    // Beside those of another oracle, whose leaves are as many.
    const CodewordShape shapes[] = {shape, shape};
    {
      const DeviceArena::Scope inner(arena_);
      OpenedLeaves opened(work_, shapes, plain.some_leaves());
      oracle.collect(opened.collector(1));
      oracle.collect(opened.collector(0));
      opened.begin_download();
      plain.expect_opened(opened.leaves(0));
      plain.expect_opened(opened.leaves(1));
    }
    EXPECT_EQ(arena_.peak(), before + retained + OpenedLeaves::bytes(shapes, 9));

    DeviceTree tree(work_, shape);
    tree.hash(values.data);
    plain.expect_nodes(queue_.download(tree.nodes()));
  }

  void check_batches(const CodewordShape& shape, std::size_t batch_columns) {
    SCOPED_TRACE(testing::Message() << "width " << shape.width << ", batch " << batch_columns);
    const PlainOracle plain(shape);
    const DeviceArena::Scope scope(arena_);
    DeviceTree tree(work_, shape);
    const std::size_t rows = std::size_t{1} << shape.log_message;
    const DeviceSpan<Fp> batch = arena_.take<Fp>(rows * std::min(batch_columns, shape.width));
    const auto each_batch = [&](auto&& use) {
      for (std::size_t coset = 0; coset < std::size_t{1} << shape.log_blowup; ++coset) {
        for (std::size_t first = 0; first < shape.width; first += batch_columns) {
          const std::size_t count = std::min(batch_columns, shape.width - first);
          queue_.upload(batch.subspan(0, rows * count),
                        plain.arranged(first, count, coset * rows, (coset + 1) * rows));
          use(coset, first, count);
        }
      }
    };
    {
      const DeviceArena::Scope inner(arena_);
      const DeviceSpan<Fp> sponges = arena_.take<Fp>(DeviceTree::sponge_values(shape));
      each_batch([&](std::size_t coset, std::size_t first, std::size_t count) {
        tree.absorb(coset, first, count, batch.data, sponges);
      });
    }
    tree.finish();
    EXPECT_EQ(tree.root(), plain.tree.root());
    OpenedLeaves opened(work_, std::span(&shape, 1), plain.some_leaves());
    LeafCollector collector = opened.collector(0);
    collector.collect_paths(tree);
    for (std::size_t first = 0; first < shape.width; first += batch_columns) {
      const std::size_t count = std::min(batch_columns, shape.width - first);
      const DeviceArena::Scope inner(arena_);
      const DeviceSpan<Fp> columns = arena_.take<Fp>(shape.rows() * count);
      queue_.upload(columns, plain.arranged(first, count, 0, shape.rows()));
      collector.collect_columns(first, count, columns.data);
    }
    opened.begin_download();
    plain.expect_opened(opened.leaves(0));
  }
};

TEST_F(DeviceMerkle, IsThePlainTreeForEveryLeafAndBlowup) {
  for (unsigned k = 0; k <= 5; ++k) {
    for (unsigned log_blowup = 0; log_blowup <= 3; ++log_blowup) {
      check({.log_message = 8, .log_blowup = log_blowup, .width = 3, .k = k});
    }
  }
}

TEST_F(DeviceMerkle, IsThePlainTreeForEveryWidth) {
  for (std::size_t width = 0; width <= 20; ++width) {
    check({.log_message = 8, .log_blowup = 1, .width = width, .k = 4});
  }
}

TEST_F(DeviceMerkle, IsThePlainTreeOfShortCodewords) {
  for (unsigned log_message = 0; log_message <= 7; ++log_message) {
    for (unsigned log_blowup = 0; log_blowup <= 3; ++log_blowup) {
      for (unsigned k = 0; k <= std::min(4u, log_message + log_blowup); ++k) {
        check({.log_message = log_message, .log_blowup = log_blowup, .width = 2, .k = k});
      }
    }
  }
}

TEST_F(DeviceMerkle, IsThePlainTreeOfLongCodewords) {
  // One to four levels of the leaves from several tiles.
  check({.log_message = 12, .log_blowup = 1, .width = 4, .k = 4});
  check({.log_message = 14, .log_blowup = 1, .width = 1, .k = 4});
  check({.log_message = 16, .log_blowup = 0, .width = 1, .k = 5});
  check({.log_message = 9, .log_blowup = 1, .width = 1, .k = 8});
  check({.log_message = 9, .log_blowup = 1, .width = 1, .k = 9});
}

TEST_F(DeviceMerkle, TakesItsColumnsInBatches) {
  for (const std::size_t width : {1, 8, 9, 15, 16, 17, 24, 31}) {
    for (const std::size_t batch : {8, 16}) {
      check_batches({.log_message = 8, .log_blowup = 1, .width = width, .k = 4}, batch);
    }
  }
  check_batches({.log_message = 13, .log_blowup = 1, .width = 9, .k = 3}, 8);
}

class DeviceGrinding : public DeviceTest {};

TEST_F(DeviceGrinding, FindsTheSmallestWitness) {
  RandomElements random(3);
  for (const unsigned bits : {1u, 5u, 8u, 9u, 10u, 12u}) {
    for (unsigned position = 0; position < kSpongeRate; position += 3) {
      GrindingChallenge challenge{.state = {}, .position = position, .bits = bits};
      std::ranges::copy(random.base(kSpongeWidth), challenge.state.begin());
      EXPECT_EQ(grind(work_, challenge), smallest_witness(challenge)) << bits << " " << position;
      EXPECT_EQ(arena_.used(), 0u);
      EXPECT_LE(arena_.peak(), grinding_bytes());
    }
  }
}

}  // namespace
}  // namespace gyre::cuda
