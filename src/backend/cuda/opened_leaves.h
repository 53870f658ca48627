#pragma once

#include <optional>
#include <span>
#include <vector>

#include "backend/cuda/merkle.h"

namespace gyre::cuda {

struct CollectedColumns;

/// Leaves of one oracle as they came to the host.
struct CollectedLeaves {
  CodewordShape shape;
  std::size_t count = 0;
  std::span<const Fp> values;  ///< rows of all leaves, then their paths

  /// Row t < 2^k of a leaf: shape.width values.
  std::span<const Fp> row(std::size_t leaf, std::size_t t) const {
    return values.subspan(((leaf << shape.k) + t) * shape.width, shape.width);
  }
  MerklePath path(std::size_t leaf) const;
};

/// Collects the rows and paths of leaves of one oracle on the device.
class LeafCollector {
 public:
  /// `values`: result_values(shape, leaves.size) of them. `queue` must outlive it.
  LeafCollector(Queue& queue, const CodewordShape& shape, DeviceSpan<const std::uint32_t> leaves,
                DeviceSpan<Fp> values)
      : queue_(queue), shape_(shape), leaves_(leaves), values_(values) {}
  static std::size_t result_values(const CodewordShape& shape, std::size_t num_leaves);

  /// Rows and paths. `values` as DeviceCodeword has them.
  void collect(const Fp* values, const DeviceTree& tree);
  /// Columns [first, first + count) of the rows. `values`: of these columns, as DeviceCodeword has
  /// them.
  void collect_columns(std::size_t first, std::size_t count, const Fp* values);
  void collect_paths(const DeviceTree& tree);

 private:
  void launch(const CollectedColumns& columns, const DeviceTree* tree);

  Queue& queue_;
  CodewordShape shape_;
  DeviceSpan<const std::uint32_t> leaves_;
  DeviceSpan<Fp> values_;
};

/// The leaves at the same indices of one or more oracles, gathered in one buffer that one copy
/// brings to the host, which goes on meanwhile.
class OpenedLeaves {
 public:
  /// Takes bytes(shapes, indices.size()) from the arena for good. Requires indices below
  /// shape.leaves() of each. `work` must outlive it.
  OpenedLeaves(Work& work, std::span<const CodewordShape> shapes,
               std::span<const std::size_t> indices);
  static std::size_t bytes(std::span<const CodewordShape> shapes, std::size_t num_leaves);

  /// Of the i-th oracle. Everything must be collected before begin_download.
  LeafCollector collector(std::size_t i) const;
  void begin_download();
  /// Of the i-th oracle, in the order of the indices, while this object lives. Waits for the copy.
  CollectedLeaves leaves(std::size_t i);

 private:
  Queue& queue_;
  std::vector<CodewordShape> shapes_;
  std::vector<std::size_t> starts_;  ///< of the oracles among the values
  DeviceSpan<std::uint32_t> indices_;
  DeviceSpan<Fp> values_;
  std::optional<Queue::Download<Fp>> download_;
  std::span<const Fp> arrived_;
};

}  // namespace gyre::cuda
