#pragma once

#include "backend/cuda/leaf_hash.h"

namespace gyre::cuda {

/// The Merkle tree over the rows of a codeword, in device memory: layer after layer, leaves first
/// and in natural order, root last, as gyre::MerkleTree has it. Spec 03, section 6. Filled either
/// by `hash`, or coset by coset by `absorb` and then `finish`.
class DeviceTree {
 public:
  /// Takes retained_bytes(shape) from the arena. `work` must outlive it.
  DeviceTree(Work& work, const CodewordShape& shape);
  static std::size_t retained_bytes(const CodewordShape& shape);

  /// Of the codeword's values as DeviceCodeword has them. Takes scratch_bytes(shape) from the arena
  /// until it returns. Telemetry: a span merkle_tree.
  void hash(const Fp* values);
  static std::size_t scratch_bytes(const CodewordShape& shape);

  /// Whether the tree can be made without the whole codeword.
  static bool can_absorb(const CodewordShape& shape) { return has_tiled_leaves(shape); }
  /// Absorbs columns [first, first + count) of one coset: value (position in the coset, column
  /// first + c) at values[(c << log_message) + position]. All columns of a coset in ascending
  /// order, in batches of multiples of kSpongeRate but for the last; then the next coset. `sponges`
  /// has sponge_values(shape) values, kept by the caller from batch to batch of a coset.
  /// Telemetry: a span merkle_tree.
  void absorb(std::size_t coset, std::size_t first, std::size_t count, const Fp* values,
              DeviceSpan<Fp> sponges);
  static std::size_t sponge_values(const CodewordShape& shape);
  /// The layers above the leaves. Telemetry: a span merkle_tree.
  void finish();

  /// After `hash` or `finish`.
  const Digest& root() const { return root_; }
  const CodewordShape& shape() const { return shape_; }
  DeviceSpan<const Digest> nodes() const { return nodes_; }
  /// Siblings on the way from a leaf to the root.
  unsigned path_length() const { return shape_.log_rows() - shape_.k; }

 private:
  void compress_layers();

  Work& work_;
  CodewordShape shape_;
  DeviceSpan<Digest> nodes_;
  Digest root_{};
};

/// Number of the first node of the layer `depth` levels above the leaves.
__host__ __device__ inline std::size_t first_node(std::size_t num_leaves, unsigned depth) {
  return 2 * num_leaves - 2 * (num_leaves >> depth);
}

}  // namespace gyre::cuda
