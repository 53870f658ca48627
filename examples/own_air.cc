#include <cstdio>

#include "gyre/air/air.h"
#include "gyre/keys/keygen.h"
#include "gyre/prover.h"
#include "gyre/verifier.h"

using namespace gyre;

/// One column that starts at a public value and squares from row to row.
struct Squares : Air {
  std::string name() const override { return "Squares"; }
  std::uint32_t common_main_width() const override { return 1; }
  std::size_t num_public_values() const override { return 1; }
  void eval(AirBuilder& builder) const override {
    const Expression x = builder.main().local()[0], next = builder.main().next()[0];
    builder.when_first_row().assert_eq(x, builder.public_value(0));
    builder.when_transition().assert_eq(next, x * x);
  }
};

int main() {
  Matrix trace(/*height=*/8, /*width=*/1);
  trace(0, 0) = Fp::from_canonical(3);
  for (std::size_t row = 1; row < 8; ++row) trace(row, 0) = trace(row - 1, 0).squared();

  KeyGenerator generator(presets::app(17));
  const Squares squares;
  generator.add_required_air(squares);
  const Prover prover(generator.generate());
  const AirTraces traces{.air_index = 0, .common_main = trace, .public_values = {trace(0, 0)}};
  const Proof proof = prover.prove(std::span(&traces, 1));

  const auto error = verify(prover.verifying_key(), proof);
  std::puts(error ? error->message().c_str() : "valid");
  return error ? 1 : 0;
}
