#include "stacking/encode.h"

#include <algorithm>

#include "gyre/support/telemetry.h"
#include "poly/ntt.h"

namespace gyre {
namespace {

void place_column(const StackedLayout& layout, const StackedColumn& slice,
                  std::span<const MatrixView> matrices, Buffer<Fp>& stacked) {
  const std::span<const Fp> source = matrices[slice.matrix].column(slice.column);
  Fp* target = stacked.data() + (slice.stacked_column << layout.log_stacked_height()) + slice.row;
  const std::size_t stride = layout.stride(slice);
  for (std::size_t r = 0; r < source.size(); ++r) target[r * stride] = source[r];
}

}  // namespace

EncodedMatrix encode(const Parallel& parallel, const StackedLayout& layout, unsigned log_blowup,
                     std::span<const MatrixView> matrices) {
  const Span span("rs_code_matrix");
  const std::size_t width = layout.width(), height = std::size_t{1} << layout.log_stacked_height();
  const std::size_t rows = height << log_blowup;
  EncodedMatrix encoded{.stacked = Buffer<Fp>::zeroed(height * width),
                        .codeword = Buffer<Fp>(rows * width)};
  count_dispatch(2 * height * width * sizeof(Fp));
  parallel.each(layout.columns().size(), [&](std::size_t i) {
    place_column(layout, layout.columns()[i], matrices, encoded.stacked);
  });
  count_dispatch((height + 3 * rows) * width * sizeof(Fp));
  const auto twiddles = shared_twiddles(layout.log_stacked_height() + log_blowup);
  parallel.each(width, [&](std::size_t c) {
    const std::span<Fp> column = encoded.codeword.span().subspan(c * rows, rows);
    std::copy_n(encoded.stacked.data() + c * height, height, column.begin());
    std::fill(column.begin() + static_cast<std::ptrdiff_t>(height), column.end(), Fp());
    evaluations_to_message(column.first(height), layout.l_skip());
    dft_to_bit_reversed(column, *twiddles);
    bit_reverse(column);
  });
  return encoded;
}

}  // namespace gyre
