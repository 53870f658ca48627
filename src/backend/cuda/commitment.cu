#include "backend/cuda/commitment.h"

#include "gyre/support/error.h"
#include "stacking/commitment.h"

namespace gyre::cuda {

CommitmentBytes commitment_bytes(const Context&, const Workload&) {
  return {};
}

DeviceCommitment::DeviceCommitment(Work& work, std::span<const MatrixView> matrices)
    : layout_(stacked_layout(work.context.params, matrices)) {
  for (const MatrixView& matrix : matrices) matrices_.push_back(work.matrices.get(matrix));
}

Digest DeviceCommitment::root() const {
  throw misuse("not there yet");
}

std::vector<LeafOpening<std::vector<Fp>>> DeviceCommitment::open(
    std::span<const std::size_t>) const {
  throw misuse("not there yet");
}

std::unique_ptr<Commitment> make_commitment(Work& work, std::span<const MatrixView> matrices) {
  return std::make_unique<DeviceCommitment>(work, matrices);
}

}  // namespace gyre::cuda
