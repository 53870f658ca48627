#include "backend/cuda/oracle.h"

#include <algorithm>

#include "backend/cuda/digest.h"

namespace gyre::cuda {

/// Columns [first, first + count): value (position, column) at (column - first) * rows + position.
struct CollectedColumns {
  const Fp* values = nullptr;
  std::size_t first = 0, count = 0;
};

namespace {

/// Which leaves, and of which codeword.
struct LeafList {
  const std::uint32_t* leaves = nullptr;
  std::size_t count = 0, num_leaves = 0, width = 0;
  unsigned k = 0, path_length = 0;
  DeviceCodewordOrder order;
};

/// A thread copies a value (leaf, column, row), rows fastest, since those of a leaf are adjacent in
/// the codeword; threads after those of the last value copy a node (leaf, depth) of a path, unless
/// `nodes` is null.
__global__ void collect_kernel(LeafList list, CollectedColumns columns, Fp* rows,
                               const Digest* nodes, Digest* paths) {
  std::size_t item = global_thread();
  const std::size_t num_values = (list.count * columns.count) << list.k;
  if (item < num_values) {
    const std::size_t t = item & ((std::size_t{1} << list.k) - 1);
    const std::size_t column = (item >> list.k) % columns.count;
    const std::size_t leaf = (item >> list.k) / columns.count;
    const std::size_t row = list.leaves[leaf] + t * list.num_leaves;
    rows[((leaf << list.k) + t) * list.width + columns.first + column] =
        columns.values[column * list.order.rows() + list.order.position(row)];
    return;
  }
  item -= num_values;
  if (nodes == nullptr || item >= list.count * list.path_length) return;
  const auto depth = static_cast<unsigned>(item % list.path_length);
  const std::size_t leaf = list.leaves[item / list.path_length];
  Fp digest[kDigestElements];
  load_digest(nodes + first_node(list.num_leaves, depth) + ((leaf >> depth) ^ 1), digest);
  store_digest(paths + item, digest);
}

/// Values of the rows of the leaves, filled up to whole digests so that the paths are aligned.
std::size_t row_values(const CodewordShape& shape, std::size_t num_leaves) {
  const std::size_t values = (num_leaves << shape.k) * shape.width;
  return (values + kDigestElements - 1) / kDigestElements * kDigestElements;
}
unsigned path_length(const CodewordShape& shape) {
  return shape.log_rows() - shape.k;
}
std::size_t result_values(const CodewordShape& shape, std::size_t num_leaves) {
  return row_values(shape, num_leaves) + num_leaves * path_length(shape) * kDigestElements;
}

}  // namespace

LeafCollector::LeafCollector(Work& work, const CodewordShape& shape,
                             std::span<const std::size_t> leaves)
    : work_(work),
      scope_(work.arena),
      shape_(shape),
      count_(leaves.size()),
      leaves_(work.arena.take<std::uint32_t>(leaves.size())),
      values_(work.arena.take<Fp>(result_values(shape, leaves.size()))) {
  const std::vector<std::uint32_t> words(leaves.begin(), leaves.end());
  work.queue.upload(leaves_, words);
}

std::size_t LeafCollector::bytes(const CodewordShape& shape, std::size_t num_leaves) {
  return DeviceArena::bytes_of<std::uint32_t>(num_leaves) +
         DeviceArena::bytes_of<Fp>(result_values(shape, num_leaves));
}

void LeafCollector::launch(const CollectedColumns& columns, const DeviceTree* tree) {
  const LeafList list{.leaves = leaves_.data,
                      .count = count_,
                      .num_leaves = shape_.leaves(),
                      .width = shape_.width,
                      .k = shape_.k,
                      .path_length = path_length(shape_),
                      .order = order_of(shape_)};
  const std::size_t values = (count_ * columns.count) << shape_.k;
  const std::size_t nodes = tree == nullptr ? 0 : count_ * list.path_length;
  if (values + nodes == 0) return;
  work_.queue.launch(collect_kernel, grid_for(values + nodes),
                     2 * (values * sizeof(Fp) + nodes * sizeof(Digest)), list, columns,
                     values_.data, tree == nullptr ? nullptr : tree->nodes().data,
                     reinterpret_cast<Digest*>(values_.data + row_values(shape_, count_)));
}

void LeafCollector::collect(const Fp* values, const DeviceTree& tree) {
  launch({.values = values, .count = shape_.width}, &tree);
}

void LeafCollector::collect_columns(std::size_t first, std::size_t count, const Fp* values) {
  launch({.values = values, .first = first, .count = count}, nullptr);
}

void LeafCollector::collect_paths(const DeviceTree& tree) {
  launch({}, &tree);
}

std::vector<OpenedLeaf> LeafCollector::download() const {
  const std::vector<Fp> values = work_.queue.download(values_);
  const std::size_t leaf_values = shape_.width << shape_.k;
  auto row = values.begin();
  auto node = values.begin() + static_cast<std::ptrdiff_t>(row_values(shape_, count_));
  std::vector<OpenedLeaf> opened(count_);
  for (OpenedLeaf& leaf : opened) {
    leaf.rows.assign(row, row + static_cast<std::ptrdiff_t>(leaf_values));
    row += static_cast<std::ptrdiff_t>(leaf_values);
    leaf.path.resize(path_length(shape_));
    for (Digest& digest : leaf.path) {
      std::copy_n(node, kDigestElements, digest.begin());
      node += kDigestElements;
    }
  }
  return opened;
}

DeviceOracle::DeviceOracle(Work& work, const DeviceCodeword& codeword, unsigned k)
    : work_(work),
      values_(codeword.values),
      tree_(work, {.log_message = codeword.log_message,
                   .log_blowup = codeword.log_blowup,
                   .width = codeword.width,
                   .k = k}) {
  tree_.hash(values_);
}

std::vector<OpenedLeaf> DeviceOracle::open(std::span<const std::size_t> indices) const {
  LeafCollector collector(work_, tree_.shape(), indices);
  collector.collect(values_, tree_);
  return collector.download();
}

}  // namespace gyre::cuda
