#pragma once

#include "backend/cuda/merkle.h"
#include "backend/cuda/opened_leaves.h"

namespace gyre::cuda {

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
  /// Rows and paths.
  void collect(LeafCollector collector) const;

 private:
  const Fp* values_;
  DeviceTree tree_;
};

}  // namespace gyre::cuda
