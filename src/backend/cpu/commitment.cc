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

CpuCommitment::CpuCommitment(const Context& context, Arena& arena,
                             std::span<const MatrixView> matrices)
    : scope_(arena),
      layout_(stacked_layout(context.params, matrices)),
      view_(layout_, matrices),
      columns_(view_),
      oracle_(context.parallel, arena, codeword_shape(context, layout_), columns_,
              context.codeword_policy) {}

MatrixView CpuCommitment::stacked() const {
  std::call_once(stacked_made_, [&] {
    stacked_ = Matrix(view_.height(), view_.width());
    for (std::size_t c = 0; c < view_.width(); ++c) {
      columns_.read(c, 0, view_.height(), stacked_.column(c).data());
    }
  });
  return stacked_;
}

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
