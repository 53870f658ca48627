#include "stacking/commitment.h"
#include "backend/cpu/cpu.h"

namespace gyre::cpu {

CodewordShape codeword_shape(const Context& context, const StackedLayout& layout) {
  return {.log_message = layout.log_stacked_height(),
          .log_blowup = static_cast<unsigned>(context.params.log_blowup),
          .width = layout.width(),
          .l_skip = layout.l_skip(),
          .k = context.k()};
}

CodewordShape folded_codeword_shape(const Context& context, unsigned log_message,
                                    unsigned log_domain) {
  return {.log_message = log_message,
          .log_blowup = log_domain - log_message,
          .width = Fp4::kDegree,
          .l_skip = 0,
          .k = context.k()};
}

CpuCommitment::CpuCommitment(const Context& context, Arena& arena, CodewordPolicy policy,
                             std::span<const MatrixView> matrices)
    : layout_(stacked_layout(context.params, matrices)),
      view_(layout_, matrices),
      columns_(view_),
      oracle_(context.parallel, arena, codeword_shape(context, layout_), columns_, policy) {}

std::vector<LeafOpening<std::vector<Fp>>> CpuCommitment::open(
    std::span<const std::size_t> indices) const {
  std::vector<LeafOpening<std::vector<Fp>>> openings;
  const std::vector<std::vector<Fp>> leaves = oracle_.open(indices);
  for (std::size_t i = 0; i < indices.size(); ++i) {
    auto& opening = openings.emplace_back();
    opening.path = oracle_.path(indices[i]);
    for (auto row = leaves[i].begin(); row != leaves[i].end();) {
      const auto end = row + static_cast<std::ptrdiff_t>(layout_.width());
      opening.rows.emplace_back(row, end);
      row = end;
    }
  }
  return openings;
}

}  // namespace gyre::cpu
