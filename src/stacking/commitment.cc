#include "stacking/commitment.h"

#include <algorithm>
#include <bit>
#include <string>

#include "gyre/support/error.h"
#include "poly/ntt.h"
#include "stacking/oracle.h"

namespace gyre {

StackedLayout stacked_layout(const SystemParams& params, std::span<const MatrixView> matrices) {
  std::vector<MatrixShape> shapes;
  for (const MatrixView& matrix : matrices) {
    if (!std::has_single_bit(matrix.height())) {
      throw misuse("stacking: height must be a power of two, not " +
                   std::to_string(matrix.height()));
    }
    shapes.push_back({.width = matrix.width(), .log_height = matrix.log_height()});
  }
  StackedLayout layout(static_cast<unsigned>(params.l_skip), params.log_stacked_height(), shapes);
  if (layout.width() == 0) throw misuse("stacking: the matrices have no columns");
  return layout;
}

Matrix stack(const StackedLayout& layout, std::span<const MatrixView> matrices) {
  Matrix stacked(std::size_t{1} << layout.log_stacked_height(), layout.width());
  for (const StackedColumn& slice : layout.columns()) {
    const std::span<const Fp> source = matrices[slice.matrix].column(slice.column);
    const std::span<Fp> target = stacked.column(slice.stacked_column).subspan(slice.row);
    const std::size_t stride = layout.stride(slice);
    for (std::size_t r = 0; r < source.size(); ++r) target[r * stride] = source[r];
  }
  return stacked;
}

std::vector<Fp> encode_column(std::span<const Fp> column, unsigned l_skip, unsigned log_blowup) {
  std::vector<Fp> codeword(column.size() << log_blowup);
  std::copy(column.begin(), column.end(), codeword.begin());
  evaluations_to_message(std::span(codeword).first(column.size()), l_skip);
  dft(std::span(codeword));
  return codeword;
}

PlainCommitment plain_commitment(const SystemParams& params, std::span<const MatrixView> matrices) {
  PlainCommitment commitment;
  commitment.layout = stacked_layout(params, matrices);
  commitment.stacked = stack(commitment.layout, matrices);
  const std::size_t width = commitment.stacked.width();
  const std::size_t rows = commitment.stacked.height() << params.log_blowup;
  commitment.codeword = Matrix(rows, width);
  for (std::size_t column = 0; column < width; ++column) {
    const std::vector<Fp> codeword = encode_column(commitment.stacked.view().column(column),
                                                   static_cast<unsigned>(params.l_skip),
                                                   static_cast<unsigned>(params.log_blowup));
    std::copy(codeword.begin(), codeword.end(), commitment.codeword.column(column).begin());
  }
  std::vector<Digest> row_digests(rows);
  std::vector<Fp> row(width);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t column = 0; column < width; ++column)
      row[column] = commitment.codeword(r, column);
    row_digests[r] = hash_slice(row);
  }
  commitment.tree =
      plain_merkle_layers(std::move(row_digests), static_cast<unsigned>(params.whir.k));
  return commitment;
}

Digest commitment_root(const SystemParams& params, std::span<const MatrixView> matrices) {
  const Parallel parallel(0);
  const StackedLayout layout = stacked_layout(params, matrices);
  const StackedView view(layout, matrices);
  const StackedColumns columns(view);
  const CodewordShape shape{.log_message = layout.log_stacked_height(),
                            .log_blowup = static_cast<unsigned>(params.log_blowup),
                            .width = layout.width(),
                            .l_skip = layout.l_skip(),
                            .k = static_cast<unsigned>(params.whir.k)};
  constexpr auto kPolicy = CodewordPolicy::kRecompute;
  Arena arena(Oracle::retained_bytes(shape, kPolicy) + Oracle::scratch_bytes(shape, kPolicy));
  return Oracle(parallel, arena, shape, columns, kPolicy).root();
}

}  // namespace gyre
