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
  std::vector<LeafOpening<std::vector<Fp>>> open(
      std::span<const std::size_t> indices) const override;

  /// The matrices in the order of the layout.
  std::span<const DeviceMatrix> matrices() const { return matrices_; }

 private:
  void commit_whole(StackedUpload& upload);
  void commit_in_batches(StackedUpload& upload);
  /// Encodes the columns that are not kept. Telemetry: a span rs_code_matrix.
  void collect_again(LeafCollector& collector) const;

  Work& work_;
  StackedLayout layout_;
  std::vector<DeviceMatrix> matrices_;
  CodewordShape shape_;
  std::size_t kept_;  ///< columns
  DeviceTree tree_;
  DeviceSpan<Fp> codeword_;  ///< of the kept columns
};

}  // namespace gyre::cuda
