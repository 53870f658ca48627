#include "repeat.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "gyre/proof/codec.h"
#include "machine.h"

namespace gyre::cli {
namespace {

/// Copies of traces, row by row.
class RowMajorCopies {
 public:
  explicit RowMajorCopies(std::span<const AirTraces> traces)
      : traces_(traces.begin(), traces.end()) {
    for (AirTraces& air : traces_) {
      for (MatrixView& part : air.cached_mains) part = copy(part);
      air.common_main = copy(air.common_main);
      air.order = MatrixOrder::kRowMajor;
    }
  }
  std::span<const AirTraces> traces() const { return traces_; }

 private:
  MatrixView copy(const MatrixView& matrix) {
    constexpr std::size_t kColumns = 64;  // at once, so that their lines stay in the cache
    const std::size_t width = matrix.width();
    std::vector<Fp>& values = values_.emplace_back(matrix.height() * width);
    for (std::size_t begin = 0; begin < width; begin += kColumns) {
      const std::size_t end = std::min(width, begin + kColumns);
      for (std::size_t row = 0; row < matrix.height(); ++row) {
        for (std::size_t c = begin; c < end; ++c) values[row * width + c] = matrix(row, c);
      }
    }
    return {values, matrix.height(), width};
  }

  std::vector<AirTraces> traces_;
  std::deque<std::vector<Fp>> values_;
};

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
    if (plan_.source == TraceSource::kRowMajor) traces_ = row_major_.emplace(traces_).traces();
    if (plan_.source == TraceSource::kDevice && plan_.repeat > 1) {
      resident_ = prover_.upload(traces_);
    }
    note_memory(0);
    const double seconds = timed([&] {
      std::vector<std::thread> threads;
      for (unsigned i = 1; i < options_.proofs_at_once; ++i)
        threads.emplace_back([this] { work(); });
      work();
      for (std::thread& thread : threads) thread.join();
    });
    if (error_) std::rethrow_exception(error_);
    note_memory(plan_.repeat);
    return {.proof = std::move(*proof_),
            .bytes = std::move(bytes_),
            .latency = std::move(latency_),
            .seconds = seconds,
            .memory = std::move(memory_)};
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
    if (++done_ == std::max(1u, plan_.repeat / 10) && done_ != plan_.repeat) note_memory(done_);
  }

  void note_memory(unsigned proofs) {
    MemoryPoint& point = memory_.emplace_back();
    point.proofs = proofs;
    point.resident_bytes = resident_memory();
    if (const auto device = prover_.device()) {
      point.device_bytes = device->memory_bytes - device->free_bytes;
    }
  }

  const Prover& prover_;
  std::span<const AirTraces> traces_;
  std::optional<RowMajorCopies> row_major_;
  std::optional<ResidentTraces> resident_;  ///< of several proofs
  ProveOptions options_;
  const RepeatPlan& plan_;
  std::atomic<unsigned> next_{0};
  Series latency_;
  std::mutex mutex_;
  std::optional<Proof> proof_;
  std::vector<std::uint8_t> bytes_;
  unsigned done_ = 0;
  std::vector<MemoryPoint> memory_;
  std::exception_ptr error_;
};

}  // namespace

RepeatedProofs prove_repeatedly(const Prover& prover, std::span<const AirTraces> traces,
                                const ProveOptions& options, const RepeatPlan& plan) {
  return Repetition(prover, traces, options, plan).run();
}

}  // namespace gyre::cli
