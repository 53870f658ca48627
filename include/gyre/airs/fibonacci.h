#pragma once

#include <cstdint>
#include <vector>

#include "gyre/air/air.h"

namespace gyre {

/// Two columns (left, right): (a, b), then (right, left + right). Public values: a, b, and `right`
/// of the last row. Spec 02, section 8.
class FibonacciAir : public Air {
 public:
  std::string name() const override { return "Fibonacci"; }
  std::uint32_t common_main_width() const override { return 2; }
  std::size_t num_public_values() const override { return 3; }
  void eval(AirBuilder& builder) const override;
};

/// The trace from (a, b). Misuse if `height` is not a power of two.
Matrix fibonacci_trace(Fp a, Fp b, std::size_t height);

/// a, b, last: what the trace of either AIR of this header makes public.
std::vector<Fp> fibonacci_public_values(const Matrix& trace);

/// Fibonacci whose preprocessed column says which rows step; the others repeat the row. With
/// `interactions` it answers one lookup of left + right per selected row, on bus 0. Spec 02,
/// section 8.
class FibonacciSelectorAir : public Air {
 public:
  FibonacciSelectorAir(std::vector<bool> selectors, bool interactions)
      : selectors_(std::move(selectors)), interactions_(interactions) {}

  std::string name() const override { return "FibonacciSelector"; }
  std::optional<Matrix> preprocessed_trace() const override;
  std::uint32_t common_main_width() const override { return 2; }
  std::size_t num_public_values() const override { return 3; }
  void eval(AirBuilder& builder) const override;

 private:
  std::vector<bool> selectors_;
  bool interactions_;
};

/// The trace from (a, b); as many rows as selectors. Misuse if these are not a power of two.
Matrix fibonacci_selector_trace(Fp a, Fp b, const std::vector<bool>& selectors);

}  // namespace gyre
