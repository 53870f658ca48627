#pragma once

#include <span>
#include <vector>

#include "backend/cuda/merkle.h"

namespace gyre::cuda {

/// A leaf as it is opened: its 2^k rows, row after row, `width` values each, and its path.
struct OpenedLeaf {
  std::vector<Fp> rows;
  MerklePath path;
};

struct CollectedColumns;

/// Collects the rows and paths of leaves on the device, and brings them to the host in one copy.
/// Holds bytes(shape, leaves.size()) of the arena while it lives.
class LeafCollector {
 public:
  /// `work` must outlive it.
  LeafCollector(Work& work, const CodewordShape& shape, std::span<const std::size_t> leaves);
  static std::size_t bytes(const CodewordShape& shape, std::size_t num_leaves);

  /// Rows and paths. `values` as DeviceCodeword has them.
  void collect(const Fp* values, const DeviceTree& tree);
  /// Columns [first, first + count) of the rows. `values`: of these columns, as DeviceCodeword has
  /// them.
  void collect_columns(std::size_t first, std::size_t count, const Fp* values);
  void collect_paths(const DeviceTree& tree);

  /// In the order of the leaves. All must have been collected.
  std::vector<OpenedLeaf> download() const;

 private:
  void launch(const CollectedColumns& columns, const DeviceTree* tree);

  Work& work_;
  DeviceArena::Scope scope_;
  CodewordShape shape_;
  std::size_t count_;
  DeviceSpan<std::uint32_t> leaves_;
  DeviceSpan<Fp> values_;  ///< rows of all leaves, then their paths
};

/// A committed codeword that is kept in device memory, and its tree. The encoder fills it in.
class DeviceOracle {
 public:
  /// Hashes the codeword, whose values must outlive it, as must `work`. Takes retained_bytes(shape)
  /// from the arena, and scratch_bytes(shape) more until it returns.
  DeviceOracle(Work& work, const DeviceCodeword& codeword, unsigned k);
  static std::size_t retained_bytes(const CodewordShape& shape) {
    return DeviceTree::retained_bytes(shape);
  }
  static std::size_t scratch_bytes(const CodewordShape& shape) {
    return DeviceTree::scratch_bytes(shape);
  }

  const Digest& root() const { return tree_.root(); }
  /// In the order of the indices. Takes LeafCollector::bytes(shape, indices.size()) from the arena
  /// until it returns. Requires index < shape.leaves().
  std::vector<OpenedLeaf> open(std::span<const std::size_t> indices) const;

 private:
  Work& work_;
  const Fp* values_;
  DeviceTree tree_;
};

}  // namespace gyre::cuda
