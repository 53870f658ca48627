#pragma once

#include <span>
#include <vector>

#include "gyre/hash/scheme.h"
#include "stacking/codeword.h"
#include "stacking/encode.h"
#include "stacking/merkle.h"
#include "stacking/message_columns.h"
#include "support/arena.h"
#include "support/parallel.h"

namespace gyre {

/// What becomes of a codeword after its tree is made.
enum class CodewordPolicy {
  kKeep,
  /// It never exists as a whole: columns are encoded and hashed in batches, a coset at a time, and
  /// once more when leaves are opened.
  kRecompute,
};

/// A committed codeword matrix: encoder, Merkle tree and openings. Spec 03, sections 5 and 6.
class Oracle {
 public:
  /// Takes retained_bytes from the arena, and up to scratch_bytes more until it returns. The
  /// arguments must outlive it; the columns only with kRecompute. Telemetry: a span rs_code_matrix
  /// and a span merkle_tree, with kRecompute for each batch of columns.
  Oracle(const Parallel& parallel, Arena& arena, const CodewordShape& shape,
         const MessageColumns& columns, CodewordPolicy policy);

  static std::size_t retained_bytes(const CodewordShape& shape, CodewordPolicy policy);
  static std::size_t scratch_bytes(const CodewordShape& shape, CodewordPolicy policy);
  /// What open takes from the arena until it returns.
  static std::size_t open_bytes(const CodewordShape& shape, CodewordPolicy policy);

  const CodewordShape& shape() const { return shape_; }
  const Digest& root() const { return tree_.root(); }
  MerklePath path(std::size_t leaf) const { return tree_.path(leaf); }
  /// The 2^k rows of each leaf, row after row, `width` values each.
  std::vector<std::vector<Fp>> open(std::span<const std::size_t> leaves) const;

 private:
  void commit_plain(std::span<Digest> nodes);
  void commit_kept(std::span<Digest> nodes);
  void commit_in_batches(std::span<Digest> nodes) const;
  void absorb_batch(std::size_t coset, std::size_t first, std::size_t count, const Fp* batch,
                    Fp* states, std::span<Digest> leaves) const;
  void pick(std::span<const std::size_t> leaves, std::size_t first, std::size_t count,
            std::size_t first_block, std::size_t end_block, const Fp* values,
            std::vector<std::vector<Fp>>& rows) const;

  const Parallel& parallel_;
  Arena& arena_;
  CodewordShape shape_;
  const MessageColumns& columns_;
  bool kept_;
  std::span<Fp> codeword_;
  MerkleTree tree_;
};

}  // namespace gyre
