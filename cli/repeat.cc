#include "repeat.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "gyre/proof/codec.h"

namespace gyre::cli {
namespace {

/// The proofs of one command, taken in turn by its threads.
class Repetition {
 public:
  Repetition(const Prover& prover, std::span<const AirTraces> traces, const ProveOptions& options,
             const RepeatPlan& plan)
      : prover_(prover), traces_(traces), options_(options), plan_(plan) {
    options_.proofs_at_once = std::min(plan.in_flight, plan.repeat);
    latency_.values.resize(plan.repeat);
  }

  RepeatedProofs run() {
    if (plan_.repeat > 1) resident_ = prover_.upload(traces_);
    const double seconds = timed([&] {
      std::vector<std::thread> threads;
      for (unsigned i = 1; i < options_.proofs_at_once; ++i)
        threads.emplace_back([this] { work(); });
      work();
      for (std::thread& thread : threads) thread.join();
    });
    if (error_) std::rethrow_exception(error_);
    return {.proof = std::move(*proof_),
            .bytes = std::move(bytes_),
            .latency = std::move(latency_),
            .seconds = seconds};
  }

 private:
  void work() {
    for (unsigned i; (i = next_++) < plan_.repeat;) {
      try {
        prove(i);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
        next_ = plan_.repeat;
      }
    }
  }

  void prove(unsigned index) {
    ProveOptions options = options_;
    if (index != 0) options.telemetry = nullptr;
    std::optional<Proof> proof;
    latency_.values[index] = timed([&] {
      proof = resident_ ? prover_.prove(*resident_, options) : prover_.prove(traces_, options);
    });
    std::vector<std::uint8_t> bytes = encode_proof(*proof);
    const std::lock_guard lock(mutex_);
    if (proof_ && bytes != bytes_) {
      throw std::logic_error("two proofs of the same traces differ");
    }
    if (!proof_) {
      proof_ = std::move(proof);
      bytes_ = std::move(bytes);
    }
  }

  const Prover& prover_;
  const std::span<const AirTraces> traces_;
  std::optional<ResidentTraces> resident_;  ///< of several proofs
  ProveOptions options_;
  const RepeatPlan& plan_;
  std::atomic<unsigned> next_{0};
  Series latency_;
  std::mutex mutex_;
  std::optional<Proof> proof_;
  std::vector<std::uint8_t> bytes_;
  std::exception_ptr error_;
};

}  // namespace

RepeatedProofs prove_repeatedly(const Prover& prover, std::span<const AirTraces> traces,
                                const ProveOptions& options, const RepeatPlan& plan) {
  return Repetition(prover, traces, options, plan).run();
}

}  // namespace gyre::cli
