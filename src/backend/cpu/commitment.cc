#include "stacking/commitment.h"
#include "backend/cpu/cpu.h"

namespace gyre::cpu {

CpuCommitment::CpuCommitment(const Context& context, std::span<const MatrixView> matrices)
    : k_(context.k()), layout_(stacked_layout(context.params, matrices)) {
  const auto log_blowup = static_cast<unsigned>(context.params.log_blowup);
  matrix_ = encode(context.parallel, layout_, log_blowup, matrices);
  const std::size_t rows = std::size_t{1} << (layout_.log_stacked_height() + log_blowup);
  tree_ = merkle_layers(context.parallel, matrix_.codeword.span(), rows, layout_.width(), k_);
}

LeafOpening<std::vector<Fp>> CpuCommitment::open(std::size_t index) const {
  LeafOpening<std::vector<Fp>> opening{.rows = {}, .path = tree_.path(index)};
  const std::size_t leaves = tree_.layers.front().size(), rows = leaves << k_;
  for (std::size_t t = 0; t < std::size_t{1} << k_; ++t) {
    std::vector<Fp>& row = opening.rows.emplace_back(layout_.width());
    for (std::size_t c = 0; c < row.size(); ++c)
      row[c] = matrix_.codeword[c * rows + index + t * leaves];
  }
  return opening;
}

}  // namespace gyre::cpu
