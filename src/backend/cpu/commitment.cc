#include <algorithm>

#include "backend/cpu/cpu.h"
#include "gyre/support/telemetry.h"
#include "hash/batch.h"
#include "poly/ntt.h"
#include "stacking/commitment.h"

namespace gyre::cpu {
namespace {

std::vector<Digest> row_digests(const Context& context, std::span<const Fp> values,
                                std::size_t height, std::size_t width) {
  std::vector<Digest> digests(height);
  count_dispatch((values.size() * sizeof(Fp)) + height * sizeof(Digest));
  if (height < kHashLanes) {
    std::vector<Fp> row(width);
    for (std::size_t r = 0; r < height; ++r) {
      for (std::size_t c = 0; c < width; ++c) row[c] = values[c * height + r];
      digests[r] = hash_slice(row);
    }
    return digests;
  }
  context.parallel.ranges(height / kHashLanes, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      hash_rows(values.data(), height, width, i * kHashLanes, &digests[i * kHashLanes]);
    }
  });
  return digests;
}

}  // namespace

MerkleLayers merkle_layers(const Context& context, std::span<const Fp> values, std::size_t height,
                           std::size_t width) {
  const Span span("merkle_tree");
  std::vector<Digest> layer = row_digests(context, values, height, width);
  const std::size_t leaves = height >> context.k();
  const auto compress_layer = [&](std::size_t count, auto&& pair_at) {
    std::vector<Digest> parents(count);
    count_dispatch(3 * count * sizeof(Digest));
    context.parallel.ranges(count, 512, [&](std::size_t begin, std::size_t end) {
      pair_at(parents.data(), begin, end);
    });
    return parents;
  };
  for (unsigned s = 0; s < context.k(); ++s) {
    // Node (a, y) joins (2a, y) and (2a + 1, y) of the layer below; y runs over the leaves.
    layer = compress_layer(layer.size() / 2, [&](Digest* out, std::size_t begin, std::size_t end) {
      while (begin < end) {
        const std::size_t a = begin / leaves, y = begin % leaves;
        const std::size_t count = std::min(end - begin, leaves - y);
        compress_pairs(&layer[2 * a * leaves + y], &layer[(2 * a + 1) * leaves + y], 1, out + begin,
                       count);
        begin += count;
      }
    });
  }
  MerkleLayers tree;
  tree.layers.push_back(std::move(layer));
  while (tree.layers.back().size() > 1) {
    const std::vector<Digest>& below = tree.layers.back();
    tree.layers.push_back(
        compress_layer(below.size() / 2, [&](Digest* out, std::size_t begin, std::size_t end) {
          compress_pairs(&below[2 * begin], &below[2 * begin + 1], 2, out + begin, end - begin);
        }));
  }
  return tree;
}

CpuCommitment::CpuCommitment(const Context& context, std::span<const MatrixView> matrices)
    : k_(context.k()), layout_(stacked_layout(context.params, matrices)) {
  const std::size_t height = std::size_t{1} << layout_.log_stacked_height();
  const std::size_t rows = height << context.params.log_blowup, width = layout_.width();
  stacked_ = Buffer<Fp>::zeroed(height * width);
  codeword_ = Buffer<Fp>(rows * width);
  {
    const Span span("rs_code_matrix");
    count_dispatch(2 * height * width * sizeof(Fp));
    context.parallel.each(layout_.columns().size(), [&](std::size_t i) {
      const StackedColumn& slice = layout_.columns()[i];
      const std::span<const Fp> source = matrices[slice.matrix].column(slice.column);
      Fp* target = stacked_.data() + slice.stacked_column * height + slice.row;
      const std::size_t stride = layout_.stride(slice);
      for (std::size_t r = 0; r < source.size(); ++r) target[r * stride] = source[r];
    });
    count_dispatch((height + 3 * rows) * width * sizeof(Fp));
    const auto twiddles = shared_twiddles(layout_.log_stacked_height() +
                                          static_cast<unsigned>(context.params.log_blowup));
    context.parallel.each(width, [&](std::size_t c) {
      const std::span<Fp> column = codeword_.span().subspan(c * rows, rows);
      std::copy_n(stacked_.data() + c * height, height, column.begin());
      std::fill(column.begin() + height, column.end(), Fp());
      evaluations_to_message(column.first(height), context.l_skip());
      dft_to_bit_reversed(column, *twiddles);
      bit_reverse(column);
    });
  }
  tree_ = merkle_layers(context, codeword_.span(), rows, width);
}

LeafOpening<std::vector<Fp>> CpuCommitment::open(std::size_t index) const {
  LeafOpening<std::vector<Fp>> opening{.rows = {}, .path = tree_.path(index)};
  const std::size_t leaves = tree_.layers.front().size(), rows = leaves << k_;
  for (std::size_t t = 0; t < std::size_t{1} << k_; ++t) {
    std::vector<Fp>& row = opening.rows.emplace_back(layout_.width());
    for (std::size_t c = 0; c < row.size(); ++c) row[c] = codeword_[c * rows + index + t * leaves];
  }
  return opening;
}

}  // namespace gyre::cpu
