#include "gyre/airs/preprocessed_cached.h"

#include "gyre/support/error.h"

namespace gyre {

PreprocessedCachedAir::PreprocessedCachedAir(std::vector<bool> selectors,
                                             std::uint32_t num_cached_parts)
    : selectors_(std::move(selectors)), num_cached_parts_(num_cached_parts) {
  if (num_cached_parts == 0) throw misuse("PreprocessedCached: expected a cached part, got none");
}

std::optional<Matrix> PreprocessedCachedAir::preprocessed_trace() const {
  Matrix trace(selectors_.size(), 1);
  for (std::size_t row = 0; row < selectors_.size(); ++row) {
    trace(row, 0) = selectors_[row] ? Fp::one() : Fp::zero();
  }
  return trace;
}

std::vector<std::uint32_t> PreprocessedCachedAir::cached_main_widths() const {
  return std::vector<std::uint32_t>(num_cached_parts_, 1);
}

void PreprocessedCachedAir::eval(AirBuilder& builder) const {
  const TraceWindow selectors = builder.preprocessed();
  const Expression selector = selectors.local()[0], next_selector = selectors.next()[0];
  builder.assert_bool(selector);

  TraceWindow previous = builder.common_main();
  builder.when_first_row().assert_zero(previous.local()[0]);
  builder.when_transition().assert_one(previous.next()[0] - previous.local()[0]);
  for (std::uint32_t j = 0; j < num_cached_parts_; ++j) {
    const TraceWindow part = builder.cached_main(j);
    builder.assert_eq(previous.local()[0] + selector, part.local()[0]);
    builder.when_transition().assert_eq(previous.next()[0] + next_selector, part.next()[0]);
    previous = part;
  }
}

PreprocessedCachedTrace preprocessed_cached_trace(const std::vector<bool>& selectors,
                                                  std::uint32_t num_cached_parts) {
  const std::size_t height = selectors.size();
  PreprocessedCachedTrace trace;
  trace.common_main = Matrix(height, 1);
  trace.cached_mains.assign(num_cached_parts, Matrix(height, 1));
  for (std::size_t row = 0; row < height; ++row) {
    trace.common_main(row, 0) = Fp::from_uint64(row);
    for (std::uint64_t j = 0; j < num_cached_parts; ++j) {
      trace.cached_mains[j](row, 0) = Fp::from_uint64(row + (selectors[row] ? j + 1 : 0));
    }
  }
  return trace;
}

}  // namespace gyre
