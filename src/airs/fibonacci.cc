#include "gyre/airs/fibonacci.h"

#include <bit>
#include <string>

#include "gyre/air/bus.h"
#include "gyre/support/error.h"

namespace gyre {

namespace {

void check_height(std::size_t height) {
  if (std::has_single_bit(height)) return;
  throw misuse("Fibonacci trace: expected a power-of-two height, got " + std::to_string(height));
}

void assert_first_row(AirBuilder& builder) {
  const TraceRow local = builder.main().local();
  FilteredBuilder first = builder.when_first_row();
  first.assert_eq(local[0], builder.public_value(0));
  first.assert_eq(local[1], builder.public_value(1));
}

void assert_last_row(AirBuilder& builder) {
  builder.when_last_row().assert_eq(builder.main().local()[1], builder.public_value(2));
}

}  // namespace

void FibonacciAir::eval(AirBuilder& builder) const {
  const TraceRow local = builder.main().local(), next = builder.main().next();
  assert_first_row(builder);
  FilteredBuilder transition = builder.when_transition();
  transition.assert_eq(local[1], next[0]);
  transition.assert_eq(local[0] + local[1], next[1]);
  assert_last_row(builder);
}

Matrix fibonacci_trace(Fp a, Fp b, std::size_t height) {
  check_height(height);
  return fibonacci_selector_trace(a, b, std::vector<bool>(height, true));
}

std::vector<Fp> fibonacci_public_values(const Matrix& trace) {
  return {trace(0, 0), trace(0, 1), trace(trace.height() - 1, 1)};
}

std::optional<Matrix> FibonacciSelectorAir::preprocessed_trace() const {
  Matrix trace(selectors_.size(), 1);
  for (std::size_t row = 0; row < selectors_.size(); ++row) {
    trace(row, 0) = selectors_[row] ? Fp::one() : Fp::zero();
  }
  return trace;
}

void FibonacciSelectorAir::eval(AirBuilder& builder) const {
  const TraceRow local = builder.main().local(), next = builder.main().next();
  const Expression selector = builder.preprocessed().local()[0];
  assert_first_row(builder);

  FilteredBuilder transition = builder.when_transition();
  FilteredBuilder steps = transition.when(selector);
  FilteredBuilder repeats = transition.when_ne(selector, Fp::one());
  steps.assert_eq(local[1], next[0]);
  repeats.assert_eq(local[0], next[0]);
  steps.assert_eq(local[0] + local[1], next[1]);
  repeats.assert_eq(local[1], next[1]);
  assert_last_row(builder);

  if (interactions_) {
    const Expression key[] = {local[0] + local[1]};
    LookupBus(0).add_key_with_lookups(builder, key, selector);
  }
}

Matrix fibonacci_selector_trace(Fp a, Fp b, const std::vector<bool>& selectors) {
  check_height(selectors.size());
  Matrix trace(selectors.size(), 2);
  for (std::size_t row = 0; row < selectors.size(); ++row) {
    trace(row, 0) = a;
    trace(row, 1) = b;
    if (!selectors[row]) continue;
    const Fp next = a + b;
    a = b;
    b = next;
  }
  return trace;
}

}  // namespace gyre
