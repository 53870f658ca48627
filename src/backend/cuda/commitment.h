#pragma once

#include <span>
#include <vector>

#include "backend/cuda/cuda.h"
#include "gyre/stacking/layout.h"

namespace gyre::cuda {

/// The traces of one stacked commitment on the device, its codeword and its tree. Spec 03.
class DeviceCommitment : public Commitment {
 public:
  DeviceCommitment(Work& work, std::span<const MatrixView> matrices);
  Digest root() const override;
  const StackedLayout& layout() const override { return layout_; }
  std::vector<LeafOpening<std::vector<Fp>>> open(
      std::span<const std::size_t> indices) const override;

  /// The matrices in the order of the layout.
  std::span<const DeviceMatrix> matrices() const { return matrices_; }

 private:
  StackedLayout layout_;
  std::vector<DeviceMatrix> matrices_;
};

}  // namespace gyre::cuda
