#pragma once

#include <span>
#include <vector>

#include "backend/cuda/cuda.h"
#include "backend/cuda/encode.h"
#include "backend/cuda/oracle.h"
#include "backend/cuda/trace_upload.h"
#include "gyre/stacking/layout.h"
#include "stacking/codeword.h"

namespace gyre::cuda {

/// Of the codeword that a commitment to matrices in this layout makes.
CodewordShape codeword_shape(const Context& context, const StackedLayout& layout);

/// The traces of one stacked commitment on the device, its codeword and its tree. Spec 03. What of
/// the codeword exists, and how long, is for the MemoryPolicy to say: all columns until their tree
/// is made, or a batch at one coset at a time; the first `kept` of them until leaves are opened,
/// when the others are encoded again.
class DeviceCommitment : public Commitment {
 public:
  /// Takes from the arena what commitment_bytes says. Telemetry: a span rs_code_matrix and a span
  /// merkle_tree, for each batch of columns if there are batches. `work` must outlive it.
  DeviceCommitment(Work& work, std::span<const MatrixView> matrices);
  Digest root() const override { return tree_.root(); }
  const StackedLayout& layout() const override { return layout_; }
  const CodewordShape& shape() const { return shape_; }
  /// Rows and paths, in the order of `work`'s queue, which need not be the one that it was made in.
  /// Takes from the arena, until it returns, what commitment_bytes says.
  void collect(Work& work, LeafCollector collector) const;

  /// The matrices in the order of the layout.
  std::span<const DeviceMatrix> matrices() const { return matrices_; }

 private:
  void commit_whole(StackedUpload& upload);
  void commit_in_batches(StackedUpload& upload);
  /// Encodes the columns that are not kept. Telemetry: a span rs_code_matrix.
  void collect_again(Work& work, LeafCollector& collector) const;

  Work& work_;
  StackedLayout layout_;
  std::vector<DeviceMatrix> matrices_;
  CodewordShape shape_;
  std::size_t kept_;  ///< columns
  DeviceTree tree_;
  DeviceSpan<Fp> codeword_;  ///< of the kept columns
};

}  // namespace gyre::cuda
