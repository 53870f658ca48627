#include "backend/cuda/opened_leaves.h"

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

}  // namespace

std::size_t LeafCollector::result_values(const CodewordShape& shape, std::size_t num_leaves) {
  return row_values(shape, num_leaves) + num_leaves * path_length(shape) * kDigestElements;
}

void LeafCollector::launch(const CollectedColumns& columns, const DeviceTree* tree) {
  const LeafList list{.leaves = leaves_.data,
                      .count = leaves_.size,
                      .num_leaves = shape_.leaves(),
                      .width = shape_.width,
                      .k = shape_.k,
                      .path_length = path_length(shape_),
                      .order = order_of(shape_)};
  const std::size_t values = (list.count * columns.count) << shape_.k;
  const std::size_t nodes = tree == nullptr ? 0 : list.count * list.path_length;
  if (values + nodes == 0) return;
  queue_.launch(collect_kernel, grid_for(values + nodes),
                2 * (values * sizeof(Fp) + nodes * sizeof(Digest)), list, columns, values_.data,
                tree == nullptr ? nullptr : tree->nodes().data,
                reinterpret_cast<Digest*>(values_.data + row_values(shape_, list.count)));
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

MerklePath CollectedLeaves::path(std::size_t leaf) const {
  MerklePath path(path_length(shape));
  auto node = values.begin() + static_cast<std::ptrdiff_t>(row_values(shape, count) +
                                                           leaf * path.size() * kDigestElements);
  for (Digest& digest : path) {
    std::copy_n(node, kDigestElements, digest.begin());
    node += kDigestElements;
  }
  return path;
}

OpenedLeaves::OpenedLeaves(Work& work, std::span<const CodewordShape> shapes,
                           std::span<const std::size_t> indices)
    : queue_(work.queue),
      shapes_(shapes.begin(), shapes.end()),
      indices_(work.arena.take<std::uint32_t>(indices.size())) {
  std::size_t size = 0;
  for (const CodewordShape& shape : shapes) {
    starts_.push_back(size);
    size += LeafCollector::result_values(shape, indices.size());
  }
  starts_.push_back(size);
  values_ = work.arena.take<Fp>(size);
  queue_.upload(indices_, std::vector<std::uint32_t>(indices.begin(), indices.end()));
}

std::size_t OpenedLeaves::bytes(std::span<const CodewordShape> shapes, std::size_t num_leaves) {
  std::size_t size = 0;
  for (const CodewordShape& shape : shapes) size += LeafCollector::result_values(shape, num_leaves);
  return DeviceArena::bytes_of<std::uint32_t>(num_leaves) + DeviceArena::bytes_of<Fp>(size);
}

LeafCollector OpenedLeaves::collector(std::size_t i) const {
  return {queue_, shapes_[i], indices_, values_.subspan(starts_[i], starts_[i + 1] - starts_[i])};
}

void OpenedLeaves::begin_download() {
  download_.emplace(queue_.begin_download(values_));
}

CollectedLeaves OpenedLeaves::leaves(std::size_t i) {
  if (arrived_.empty()) arrived_ = download_->wait();
  return {.shape = shapes_[i],
          .count = indices_.size,
          .values = arrived_.subspan(starts_[i], starts_[i + 1] - starts_[i])};
}

}  // namespace gyre::cuda
