#include "gyre/prover.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "backend/registry.h"
#include "column_major.h"
#include "gyre/simd/targets.h"
#include "gyre/support/error.h"
#include "protocol/batch_constraints/prove.h"
#include "protocol/commitment/prove.h"
#include "protocol/grinding/prove.h"
#include "protocol/logup_gkr/prove.h"
#include "protocol/stacked_reduction/prove.h"
#include "protocol/statement.h"
#include "protocol/whir/prove.h"
#include "prover_checks.h"
#include "prover_workload.h"
#include "stacking/commitment.h"

namespace gyre {

using ResidentCopies = std::vector<std::shared_ptr<const ResidentMatrix>>;

struct Prover::Impl {
  ProvingKey key;
  std::unique_ptr<Backend> backend;
  ResidentCopies preprocessed_copies;                     ///< of the preprocessed traces
  std::unique_ptr<BackendSession> loading;                ///< holds the preprocessed commitments
  std::vector<std::unique_ptr<Commitment>> preprocessed;  ///< per AIR; null without one
  std::uint64_t preprocessed_bytes = 0;

  Impl(ProvingKey proving_key, std::string_view backend_name, unsigned threads)
      : key(std::move(proving_key)) {
    if (const std::string problem = simd::environment_problem(); !problem.empty()) {
      throw misuse(problem);
    }
    if (const auto problem = key.vk.params.validate()) throw misuse("parameters: " + *problem);
    if (key.per_air.size() != key.vk.per_air.size()) {
      throw misuse(fmt::format("proving key: expected {} AIRs as in its verifying key, got {}",
                               key.vk.per_air.size(), key.per_air.size()));
    }
    const BackendChoice choice = parse_backend_choice(backend_name);
    backend = backend_maker(choice).make(key.vk, choice.device, threads);
    load_preprocessed();
  }

  /// The commitments that are made once, when the key is loaded.
  std::vector<StackedLayout> preprocessed_layouts() const {
    std::vector<StackedLayout> layouts;
    for (std::size_t air = 0; air < key.vk.per_air.size(); ++air) {
      if (!key.vk.per_air[air].preprocessed || !key.per_air[air].preprocessed_trace) continue;
      const MatrixView trace = key.per_air[air].preprocessed_trace->view();
      layouts.push_back(stacked_layout(key.vk.params, std::array{trace}));
    }
    return layouts;
  }

  void load_preprocessed() {
    const std::vector<StackedLayout> layouts = preprocessed_layouts();
    Workload load;
    for (const StackedLayout& layout : layouts) load.commitments.push_back({.layout = &layout});
    for (const AirProvingKey& air : key.per_air) {
      if (!air.preprocessed_trace) continue;
      make_resident(air.preprocessed_trace->view(), MatrixOrder::kColumnMajor, preprocessed_copies);
    }
    use_copies(load, preprocessed_copies, /*of_made=*/true);
    preprocessed_bytes = backend->plan(load).committed;
    loading = backend->begin(load);
    for (std::size_t air = 0; air < key.vk.per_air.size(); ++air) {
      preprocessed.emplace_back();
      if (!key.vk.per_air[air].preprocessed) continue;
      const auto& trace = key.per_air[air].preprocessed_trace;
      if (!trace) throw misuse(air_label(key, air) + ": the preprocessed trace is absent");
      if (trace->width() != *key.vk.per_air[air].width.preprocessed) {
        throw misuse(fmt::format("{}: width of the preprocessed trace: expected {}, got {}",
                                 air_label(key, air), *key.vk.per_air[air].width.preprocessed,
                                 trace->width()));
      }
      preprocessed.back() = loading->commit(std::array{trace->view()});
      if (preprocessed.back()->root() != key.vk.per_air[air].preprocessed->commit) {
        throw misuse(air_label(key, air) +
                     ": the preprocessed trace is not the one that the key commits to");
      }
    }
  }

  void make_resident(const MatrixView& matrix, MatrixOrder order, ResidentCopies& copies) const {
    if (matrix.width() == 0) return;
    if (auto copy = backend->make_resident(matrix, order)) copies.push_back(std::move(copy));
  }

  /// Tells a session of the copies of all matrices of the commitments that it makes, or does not.
  static void use_copies(Workload& load, const ResidentCopies& copies, bool of_made) {
    if (copies.empty()) return;
    for (const auto& copy : copies) load.resident.push_back(copy.get());
    for (Workload::Oracle& oracle : load.commitments) {
      if (oracle.made == of_made) oracle.resident = true;
    }
  }

  std::vector<TraceInput> trace_inputs(const Statement& statement,
                                       std::span<const AirTraces> traces) const {
    std::vector<const AirTraces*> by_air(key.vk.per_air.size());
    for (const AirTraces& given : traces) by_air[given.air_index] = &given;
    std::vector<TraceInput> inputs;
    for (const SortedTrace& trace : statement.traces) {
      const AirTraces& given = *by_air[trace.air_index];
      TraceInput& input = inputs.emplace_back();
      input.air_index = trace.air_index;
      input.air = trace.air;
      input.log_height = trace.log_height;
      input.main_parts = given.cached_mains;
      if (trace.air->width.common_main != 0) input.main_parts.push_back(given.common_main);
      if (trace.air->preprocessed) {
        input.preprocessed = key.per_air[trace.air_index].preprocessed_trace->view();
      }
      input.public_values = given.public_values;
    }
    return inputs;
  }

  MemoryPlan plan(const Workload& load) const {
    MemoryPlan result = backend->plan(load);
    result.preprocessed = preprocessed_bytes;
    return result;
  }

  /// Column-major copies that a proof needs; null where the backend takes the traces as they are.
  std::shared_ptr<const ColumnMajorTraces> column_major_copies(
      std::span<const AirTraces> traces) const {
    if (column_major_bytes(traces) == 0) return nullptr;
    const Span span("transpose");
    return std::make_shared<ColumnMajorTraces>(traces);
  }
  /// Their bytes.
  std::uint64_t column_major_bytes(std::span<const AirTraces> traces) const {
    return backend->takes_row_major() ? 0 : ColumnMajorTraces::bytes(traces);
  }

  static MemoryLimit memory_limit(const ProveOptions& options) {
    return {.bytes = options.memory_limit, .proofs_at_once = options.proofs_at_once};
  }

  /// What a proof from `traces` takes from the backend. A limit is first for what all proofs share.
  Workload workload_of(const Statement& statement, std::span<const StackedCommitment> commitments,
                       const ResidentCopies& traces, const ProveOptions& options) const {
    if (options.proofs_at_once == 0) throw misuse("proofs at once: expected at least 1, got 0");
    Workload load = workload(statement, commitments, options.low_memory);
    use_copies(load, traces, /*of_made=*/true);
    use_copies(load, preprocessed_copies, /*of_made=*/false);
    std::uint64_t shared = preprocessed_bytes;
    for (const ResidentMatrix* matrix : load.resident) shared += matrix->bytes();
    const std::uint64_t limit = memory_limit(options).of(backend->memory());
    load.arena_limit = (limit - std::min(limit, shared)) / options.proofs_at_once;
    load.limit_given = options.memory_limit != 0;
    return load;
  }

  /// The workload of a proof that fits into memory; notes what it does without.
  Workload fitting_workload(const Statement& statement,
                            std::span<const StackedCommitment> commitments,
                            std::span<const AirTraces> traces, const ResidentCopies& copies,
                            const ProveOptions& options) const {
    Workload load = workload_of(statement, commitments, copies, options);
    const auto plan_of = [&](const Workload& planned) {
      MemoryPlan result = plan(planned);
      result.traces += column_major_bytes(traces) * options.proofs_at_once;
      return result;
    };
    const MemoryPlan needed = plan_of(load);
    require_memory(needed, options, [&] {
      Workload lowest = load;
      lowest.low_memory = true;
      return plan_of(lowest);
    });
    if (!needed.savings.empty()) note_attribute("memory_savings", needed.savings);
    if (backend->takes_row_major()) load.row_major = row_major_parts(traces);
    return load;
  }

  static std::vector<MatrixView> row_major_parts(std::span<const AirTraces> traces) {
    std::vector<MatrixView> parts;
    for (const AirTraces& given : traces) {
      if (given.order == MatrixOrder::kColumnMajor) continue;
      parts.insert(parts.end(), given.cached_mains.begin(), given.cached_mains.end());
      parts.push_back(given.common_main);
    }
    return parts;
  }

  /// `lowest`: the plan in low-memory mode.
  template <class Lowest>
  void require_memory(const MemoryPlan& needed, const ProveOptions& options,
                      const Lowest& lowest) const {
    const Backend::Memory memory = backend->memory();
    const MemoryLimit limit = memory_limit(options);
    if (needed.total(options.proofs_at_once) <= limit.of(memory)) return;
    refuse_for_memory(needed, lowest(), limit, memory);
  }

  Proof prove(std::span<const AirTraces> traces, const ResidentCopies& copies,
              const ProveOptions& options) const;
};

/// The stages of a proof in the order of the spec's chapters: commitment (03), LogUp GKR (04),
/// batched constraints (05), stacked reduction (06), WHIR (07).
Proof Prover::Impl::prove(std::span<const AirTraces> traces, const ResidentCopies& copies,
                          const ProveOptions& options) const {
  check_input(key, traces);
  const TelemetryScope scope(options.telemetry);
  const Span whole("stark_prove_excluding_trace");
  note_attribute("backend", backend->name());
  for (const auto& [name, value] : backend->attributes()) note_attribute(name, value);
  const std::size_t num_airs = key.vk.per_air.size();
  Transcript transcript(options.transcript_log);
  Proof proof;
  proof.trace_vdata.resize(num_airs);
  proof.public_values.resize(num_airs);
  for (const AirTraces& given : traces) {
    const auto log_height = static_cast<unsigned>(std::countr_zero(height_of(given)));
    proof.trace_vdata[given.air_index] =
        TraceVerifierData{.log_height = log_height, .cached_commitments = {}};
    proof.public_values[given.air_index] = given.public_values;
  }
  const Statement statement(key.vk, proof.trace_vdata);
  const std::vector<StackedCommitment> commitments = stacked_commitments(statement);
  check_limits(key.vk, statement, commitments);
  const std::unique_ptr<BackendSession> session =
      backend->begin(fitting_workload(statement, commitments, traces, copies, options));
  const auto column_major = column_major_copies(traces);
  const std::vector<TraceInput> inputs =
      trace_inputs(statement, column_major ? column_major->traces() : traces);
  Grinder grinder(*session, options.forced_witnesses ? &*options.forced_witnesses : nullptr);

  const TraceCommitments committed =
      prove_commitment(*session, key.vk, statement, inputs, preprocessed, transcript, proof);
  OpeningClaims claims;
  {
    const Span span("prover.rap_constraints");
    const GkrClaim gkr_claim =
        prove_logup_gkr(*session, statement, inputs, grinder, transcript, proof.gkr);
    claims = prove_batch_constraints(*session, statement, inputs, gkr_claim, transcript,
                                     proof.batch_constraints);
  }
  const Span span("prover.openings");
  const std::vector<Fp4> u = prove_stacked_reduction(
      *session, statement, commitments, committed.in_order, claims, transcript, proof.stacking);
  prove_whir(*session, key.vk.params, committed.in_order, whir_point(statement.l_skip(), u),
             grinder, transcript, proof.whir);
  grinder.finish();
  return proof;
}

Prover::Prover(ProvingKey key, std::string_view backend, unsigned threads)
    : impl_(std::make_unique<Impl>(std::move(key), backend, threads)) {}
Prover::~Prover() = default;
Prover::Prover(Prover&&) noexcept = default;
Prover& Prover::operator=(Prover&&) noexcept = default;

const ProvingKey& Prover::proving_key() const {
  return impl_->key;
}
const VerifyingKey& Prover::verifying_key() const {
  return impl_->key.vk;
}

Proof Prover::prove(std::span<const AirTraces> traces, const ProveOptions& options) const {
  return impl_->prove(traces, {}, options);
}

ResidentTraces Prover::upload(std::span<const AirTraces> traces) const {
  check_input(impl_->key, traces);
  const Span span("upload");
  ResidentTraces resident;
  resident.prover_ = impl_.get();
  resident.column_major_ = impl_->column_major_copies(traces);
  if (resident.column_major_) traces = resident.column_major_->traces();
  resident.traces_.assign(traces.begin(), traces.end());
  for (const AirTraces& given : traces) {
    for (const MatrixView& main : given.cached_mains) {
      impl_->make_resident(main, given.order, resident.copies_);
    }
    impl_->make_resident(given.common_main, given.order, resident.copies_);
  }
  return resident;
}

Proof Prover::prove(const ResidentTraces& traces, const ProveOptions& options) const {
  if (traces.prover_ != impl_.get()) throw misuse("the traces were uploaded for another prover");
  return impl_->prove(traces.traces_, traces.copies_, options);
}

std::uint64_t ResidentTraces::bytes() const {
  std::uint64_t bytes = column_major_ ? column_major_->bytes() : 0;
  for (const auto& copy : copies_) bytes += copy->bytes();
  return bytes;
}

std::optional<DeviceInfo> Prover::device() const {
  return impl_->backend->device();
}

MemoryPlan Prover::plan(std::span<const AirHeight> heights, const ProveOptions& options) const {
  const VerifyingKey& vk = impl_->key.vk;
  std::vector<std::optional<TraceVerifierData>> present(vk.per_air.size());
  for (std::size_t i = 0; i < heights.size(); ++i) {
    const AirHeight& height = heights[i];
    if (height.air_index >= present.size() ||
        (i > 0 && height.air_index <= heights[i - 1].air_index)) {
      throw misuse(fmt::format("plan: expected ascending AIR indices below {}, got {}",
                               present.size(), height.air_index));
    }
    if (height.log_height > vk.params.log_stacked_height()) {
      throw misuse(fmt::format("{}: height: expected at most 2^{}, got 2^{}",
                               air_label(impl_->key, height.air_index),
                               vk.params.log_stacked_height(), height.log_height));
    }
    present[height.air_index] =
        TraceVerifierData{.log_height = height.log_height, .cached_commitments = {}};
  }
  const Statement statement(vk, present);
  const std::vector<StackedCommitment> commitments = stacked_commitments(statement);
  check_limits(vk, statement, commitments);
  return impl_->plan(impl_->workload_of(statement, commitments, {}, options));
}

void Prover::check_memory(std::span<const AirHeight> heights, const ProveOptions& options) const {
  impl_->require_memory(plan(heights, options), options, [&] {
    ProveOptions lowest = options;
    lowest.low_memory = true;
    return plan(heights, lowest);
  });
}

std::vector<std::string> backend_names() {
  return registered_backends();
}

void check_backend_name(std::string_view backend) {
  static_cast<void>(parse_backend_choice(backend));
}

std::string backend_obstacle(std::string_view backend) {
  const BackendChoice choice = parse_backend_choice(backend);
  const BackendMaker maker = backend_maker(choice);
  if (!maker.check) return "";
  try {
    maker.check(choice.device);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace gyre
