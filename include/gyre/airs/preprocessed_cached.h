#pragma once

#include <cstdint>
#include <vector>

#include "gyre/air/air.h"

namespace gyre {

/// A preprocessed column of selectors, k >= 1 cached parts of one column and a common main of one
/// column. The common main counts rows; each part adds the selector to the one before it. Spec 02,
/// section 8.
class PreprocessedCachedAir : public Air {
 public:
  /// Misuse if num_cached_parts is 0.
  PreprocessedCachedAir(std::vector<bool> selectors, std::uint32_t num_cached_parts);

  std::string name() const override { return "PreprocessedCached"; }
  std::optional<Matrix> preprocessed_trace() const override;
  std::vector<std::uint32_t> cached_main_widths() const override;
  std::uint32_t common_main_width() const override { return 1; }
  void eval(AirBuilder& builder) const override;

 private:
  std::vector<bool> selectors_;
  std::uint32_t num_cached_parts_;
};

struct PreprocessedCachedTrace {
  std::vector<Matrix> cached_mains;
  Matrix common_main;
};

/// common[r] = r, cached part j: r + (j + 1) * selectors[r].
PreprocessedCachedTrace preprocessed_cached_trace(const std::vector<bool>& selectors,
                                                  std::uint32_t num_cached_parts);

}  // namespace gyre
