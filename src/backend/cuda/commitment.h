#pragma once

#include <span>
#include <vector>

#include "backend/cuda/cuda.h"
#include "backend/cuda/encode.h"
#include "backend/cuda/merkle.h"
#include "backend/cuda/trace_upload.h"
#include "gyre/stacking/layout.h"
#include "stacking/codeword.h"

namespace gyre::cuda {

/// The traces of one stacked commitment on the device, its codeword and its tree. Spec 03. With
/// little memory the codeword never exists as a whole: columns are encoded and hashed in batches, a
/// coset at a time, and once more when leaves are opened.
class DeviceCommitment : public Commitment {
 public:
  /// Takes from the arena what commitment_bytes says. Telemetry: a span rs_code_matrix and a span
  /// merkle_tree, with little memory for each batch of columns. `work` must outlive it.
  DeviceCommitment(Work& work, std::span<const MatrixView> matrices);
  Digest root() const override { return tree_.root(); }
  const StackedLayout& layout() const override { return layout_; }
  std::vector<LeafOpening<std::vector<Fp>>> open(
      std::span<const std::size_t> indices) const override;

  /// The matrices in the order of the layout.
  std::span<const DeviceMatrix> matrices() const { return matrices_; }

 private:
  void commit_kept(StackedUpload& upload);
  void commit_in_batches(StackedUpload& upload);
  /// Columns of a batch, encoded at one coset at a time, to whoever takes (coset, first column,
  /// columns, values). `prepare` is called with the end of a batch's columns before they are
  /// encoded.
  template <class Preparation, class Consumer>
  void for_each_batch(const Preparation& prepare, const Consumer& consume) const;

  Work& work_;
  StackedLayout layout_;
  std::vector<DeviceMatrix> matrices_;
  CodewordShape shape_;
  DeviceSpan<Fp> codeword_;  ///< empty if it is not kept
  DeviceTree tree_;
};

}  // namespace gyre::cuda
