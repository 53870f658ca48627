#include "stacking/commitment.h"

#include <algorithm>
#include <bit>
#include <string>

#include "gyre/support/error.h"
#include "poly/ntt.h"

namespace gyre {

MerkleLayers plain_merkle_layers(std::vector<Digest> row_digests, unsigned k) {
  // k strided layers: rows y, y + Q, y + 2Q, ... meet in leaf y, Q = rows / 2^k.
  const std::size_t leaves = row_digests.size() >> k;
  for (unsigned s = 0; s < k; ++s) {
    const std::size_t half = row_digests.size() / 2;
    for (std::size_t e = 0; e < half; ++e) {
      const std::size_t a = e / leaves, y = e % leaves;
      row_digests[e] =
          compress(row_digests[2 * a * leaves + y], row_digests[(2 * a + 1) * leaves + y]);
    }
    row_digests.resize(half);
  }
  MerkleLayers tree;
  tree.layers.push_back(std::move(row_digests));
  while (tree.layers.back().size() > 1) {
    const std::vector<Digest>& below = tree.layers.back();
    std::vector<Digest> layer(below.size() / 2);
    for (std::size_t i = 0; i < layer.size(); ++i) {
      layer[i] = compress(below[2 * i], below[2 * i + 1]);
    }
    tree.layers.push_back(std::move(layer));
  }
  return tree;
}

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

Digest plain_commitment_root(const SystemParams& params, std::span<const MatrixView> matrices) {
  return plain_commitment(params, matrices).tree.root();
}

}  // namespace gyre
