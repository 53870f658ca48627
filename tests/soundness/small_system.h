#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "gyre/airs/fibonacci.h"
#include "gyre/airs/interactions.h"
#include "gyre/keys/keygen.h"
#include "gyre/prover.h"
#include "soundness/tampering.h"

namespace gyre {

/// AIRs and traces of a small system, put together by a test and proven there.
class SmallSystem {
 public:
  explicit SmallSystem(SystemParams params) : params_(std::move(params)) {}

  /// An AIR without a trace.
  void add_absent(std::unique_ptr<Air> air) { airs_.push_back(std::move(air)); }
  void add(std::unique_ptr<Air> air, Matrix common_main, std::vector<Matrix> cached_mains = {},
           std::vector<Fp> public_values = {}) {
    traces_.push_back(
        {airs_.size(), std::move(common_main), std::move(cached_mains), std::move(public_values)});
    airs_.push_back(std::move(air));
  }
  void add_fibonacci(std::size_t height) {
    Matrix trace = fibonacci_trace(Fp::one(), Fp::from_canonical(3), height);
    std::vector<Fp> public_values = fibonacci_public_values(trace);
    add(std::make_unique<FibonacciAir>(), std::move(trace), {}, std::move(public_values));
  }
  /// A DummyInteractionAir on bus 0.
  void add_dummy(bool is_send, std::vector<CountedMessage> rows, bool partitioned = false) {
    const auto width = static_cast<std::uint32_t>(rows.front().fields.size());
    DummyInteractionTrace trace = dummy_interaction_trace(rows, width, partitioned);
    add(std::make_unique<DummyInteractionAir>(width, is_send, 0, partitioned),
        std::move(trace.common_main), std::move(trace.cached_mains));
  }
  Matrix& common_main(std::size_t trace) { return traces_[trace].common_main; }

  ProvingKey key() const {
    std::vector<const Air*> airs;
    for (const auto& air : airs_) airs.push_back(air.get());
    return keygen(params_, airs);
  }

  /// gyre::Error(kUnsatisfied) if the buses do not balance.
  Target prove(std::string_view backend) const {
    const Prover prover(key(), backend);
    std::vector<AirTraces> traces;
    for (const Traces& trace : traces_) {
      traces.push_back({.air_index = trace.air_index,
                        .cached_mains = {trace.cached_mains.begin(), trace.cached_mains.end()},
                        .common_main = trace.common_main,
                        .public_values = trace.public_values});
    }
    return {prover.verifying_key(), prover.prove(traces)};
  }

 private:
  struct Traces {
    std::size_t air_index;
    Matrix common_main;
    std::vector<Matrix> cached_mains;
    std::vector<Fp> public_values;
  };

  SystemParams params_;
  std::vector<std::unique_ptr<Air>> airs_;
  std::vector<Traces> traces_;
};

/// (count; fields...).
inline CountedMessage counted(std::uint32_t count, std::initializer_list<std::uint32_t> fields) {
  CountedMessage row{.count = Fp::from_canonical(count)};
  for (const std::uint32_t field : fields) row.fields.push_back(Fp::from_canonical(field));
  return row;
}

/// No proof of work, so that the outcome of every change is certain.
inline SystemParams without_grinding(SystemParams params) {
  params.logup.pow_bits = params.whir.mu_pow_bits = 0;
  params.whir.folding_pow_bits = params.whir.query_phase_pow_bits = 0;
  return params;
}

}  // namespace gyre
