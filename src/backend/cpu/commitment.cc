#include "stacking/commitment.h"
#include "backend/cpu/cpu.h"

namespace gyre::cpu {

CpuCommitment::CpuCommitment(const Context& context, Arena&, std::span<const MatrixView> matrices)
    : k_(context.k()), layout_(stacked_layout(context.params, matrices)), view_(layout_, matrices) {
  const auto log_blowup = static_cast<unsigned>(context.params.log_blowup);
  matrix_ = encode(context.parallel, layout_, log_blowup, matrices);
  const std::size_t rows = std::size_t{1} << (layout_.log_stacked_height() + log_blowup);
  tree_ = merkle_layers(context.parallel, matrix_.codeword.span(), rows, layout_.width(), k_);
}

LeafOpening<std::vector<Fp>> CpuCommitment::open_leaf(std::size_t index) const {
  LeafOpening<std::vector<Fp>> opening{.rows = {}, .path = tree_.path(index)};
  const std::size_t leaves = tree_.layers.front().size(), rows = leaves << k_;
  for (std::size_t t = 0; t < std::size_t{1} << k_; ++t) {
    std::vector<Fp>& row = opening.rows.emplace_back(layout_.width());
    for (std::size_t c = 0; c < row.size(); ++c)
      row[c] = matrix_.codeword[c * rows + index + t * leaves];
  }
  return opening;
}

std::vector<LeafOpening<std::vector<Fp>>> CpuCommitment::open(
    std::span<const std::size_t> indices) const {
  std::vector<LeafOpening<std::vector<Fp>>> openings;
  for (const std::size_t index : indices) openings.push_back(open_leaf(index));
  return openings;
}

}  // namespace gyre::cpu
