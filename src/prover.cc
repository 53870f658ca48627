#include "gyre/prover.h"

#include <bit>
#include <string>
#include <utility>

#include "backend/backend.h"
#include "gyre/support/error.h"
#include "protocol/batch_constraints/prove.h"
#include "protocol/grinding.h"
#include "protocol/logup_gkr/prove.h"
#include "protocol/stacked_reduction/prove.h"
#include "protocol/statement.h"
#include "protocol/whir/prove.h"

namespace gyre {
namespace {

std::string air_label(const ProvingKey& key, std::size_t air) {
  return "AIR " + std::to_string(air) + " (" + key.per_air[air].name + ")";
}

void check_part(const std::string& label, const std::string& part, const MatrixView& matrix,
                std::size_t width, std::size_t height) {
  if (matrix.width() == width && (width == 0 || matrix.height() == height)) return;
  throw misuse(label + ": " + part + " must be " + std::to_string(height) + " x " +
               std::to_string(width) + ", is " + std::to_string(matrix.height()) + " x " +
               std::to_string(matrix.width()));
}

void check_traces_of_air(const ProvingKey& key, const AirTraces& traces) {
  const AirVerifyingKey& air = key.vk.per_air[traces.air_index];
  const std::string label = air_label(key, traces.air_index);
  if (traces.cached_mains.size() != air.num_cached_mains()) {
    throw misuse(label + ": " + std::to_string(air.num_cached_mains()) +
                 " cached mains expected, " + std::to_string(traces.cached_mains.size()) +
                 " given");
  }
  const std::size_t height = air.width.common_main != 0 || traces.cached_mains.empty()
                                 ? traces.common_main.height()
                                 : traces.cached_mains.front().height();
  const unsigned limit = key.vk.params.log_stacked_height();
  if (!std::has_single_bit(height) || height > std::size_t{1} << limit) {
    throw misuse(label + ": height must be a power of two of at most 2^" + std::to_string(limit) +
                 ", is " + std::to_string(height));
  }
  check_part(label, "common main", traces.common_main, air.width.common_main, height);
  for (std::size_t j = 0; j < traces.cached_mains.size(); ++j) {
    check_part(label, "cached main " + std::to_string(j), traces.cached_mains[j],
               air.width.cached_mains[j], height);
  }
  if (air.width.preprocessed) {
    const std::size_t expected = key.per_air[traces.air_index].preprocessed_trace->height();
    if (height != expected) {
      throw misuse(label + ": the preprocessed trace has " + std::to_string(expected) +
                   " rows, the main trace " + std::to_string(height));
    }
  }
  if (traces.public_values.size() != air.num_public_values) {
    throw misuse(label + ": " + std::to_string(air.num_public_values) +
                 " public values expected, " + std::to_string(traces.public_values.size()) +
                 " given");
  }
}

/// Shapes, order and required AIRs, before anything is computed.
void check_traces(const ProvingKey& key, std::span<const AirTraces> traces) {
  if (traces.empty()) throw misuse("a proof needs the traces of at least one AIR");
  std::vector<bool> present(key.vk.per_air.size());
  for (std::size_t i = 0; i < traces.size(); ++i) {
    const std::size_t air = traces[i].air_index;
    if (air >= present.size()) {
      throw misuse("traces for AIR " + std::to_string(air) + ", the key has " +
                   std::to_string(present.size()) + " AIRs");
    }
    if (i > 0 && air <= traces[i - 1].air_index) {
      throw misuse("traces must be given by ascending AIR index, " + std::to_string(air) +
                   " follows " + std::to_string(traces[i - 1].air_index));
    }
    present[air] = true;
    check_traces_of_air(key, traces[i]);
  }
  for (std::size_t air = 0; air < present.size(); ++air) {
    if (key.vk.per_air[air].is_required && !present[air]) {
      throw misuse(air_label(key, air) + " is required in every proof, its trace is absent");
    }
  }
}

/// The statement's linear bounds on heights and the stacked width, which a verifier would refuse.
void check_limits(const VerifyingKey& key, const Statement& statement,
                  std::span<const StackedCommitment> commitments) {
  for (std::size_t i = 0; i < key.trace_height_constraints.size(); ++i) {
    const LinearConstraint& constraint = key.trace_height_constraints[i];
    if (!satisfies(statement, constraint)) {
      throw misuse("traces are too tall: trace height constraint " + std::to_string(i) +
                   " bounds the interactions by " + std::to_string(constraint.threshold));
    }
  }
  std::size_t width = 0;
  for (const StackedCommitment& commitment : commitments) width += commitment.layout.width();
  if (width > key.params.w_stack) {
    throw misuse("the traces need " + std::to_string(width) + " stacked columns, w_stack is " +
                 std::to_string(key.params.w_stack));
  }
}

}  // namespace

struct Prover::Impl {
  ProvingKey key;
  std::unique_ptr<Backend> backend;
  std::vector<std::unique_ptr<Commitment>> preprocessed;  ///< per AIR; null without one

  Impl(ProvingKey proving_key, std::string_view backend_name, unsigned threads)
      : key(std::move(proving_key)) {
    if (const auto problem = key.vk.params.validate()) throw misuse("parameters: " + *problem);
    if (backend_name == "cpu") {
      backend = make_cpu_backend(key.vk, threads);
    } else if (backend_name == "reference") {
      backend = make_reference_backend(key.vk);
    } else {
      throw misuse("no backend is named '" + std::string(backend_name) +
                   "'; there are 'cpu' and 'reference'");
    }
    load_preprocessed();
  }

  void load_preprocessed() {
    for (std::size_t air = 0; air < key.vk.per_air.size(); ++air) {
      preprocessed.emplace_back();
      if (!key.vk.per_air[air].preprocessed) continue;
      const auto& trace = key.per_air[air].preprocessed_trace;
      if (!trace) throw misuse(air_label(key, air) + ": the preprocessed trace is absent");
      check_part(air_label(key, air), "preprocessed trace", *trace,
                 *key.vk.per_air[air].width.preprocessed, trace->height());
      preprocessed.back() = backend->commit(std::array{trace->view()});
      if (preprocessed.back()->root() != key.vk.per_air[air].preprocessed->commit) {
        throw misuse(air_label(key, air) +
                     ": the preprocessed trace is not the one that the key commits to");
      }
    }
  }

  std::vector<TraceInput> trace_inputs(const Statement& statement,
                                       std::span<const AirTraces* const> by_air) const {
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

  Proof prove(std::span<const AirTraces> traces, const ProveOptions& options) const;
};

/// The stages of a proof in the order of the spec's chapters: commitment (03), LogUp GKR (04),
/// batched constraints (05), stacked reduction (06), WHIR (07).
Proof Prover::Impl::prove(std::span<const AirTraces> traces, const ProveOptions& options) const {
  check_traces(key, traces);
  const TelemetryScope scope(options.telemetry);
  const Span whole("stark_prove_excluding_trace");
  const std::size_t num_airs = key.vk.per_air.size();
  Transcript transcript(options.transcript_log);
  Grinder grinder(*backend, options.forced_witnesses ? &*options.forced_witnesses : nullptr);

  Proof proof;
  proof.trace_vdata.resize(num_airs);
  proof.public_values.resize(num_airs);
  std::vector<const AirTraces*> by_air(num_airs);
  for (const AirTraces& given : traces) {
    by_air[given.air_index] = &given;
    const MatrixView& part =
        given.common_main.width() != 0 ? given.common_main : given.cached_mains.front();
    proof.trace_vdata[given.air_index] =
        TraceVerifierData{.log_height = part.log_height(), .cached_commitments = {}};
    proof.public_values[given.air_index] = given.public_values;
  }
  const Statement statement(key.vk, proof.trace_vdata);
  const std::vector<StackedCommitment> commitments = stacked_commitments(statement);
  check_limits(key.vk, statement, commitments);
  const std::vector<TraceInput> inputs = trace_inputs(statement, by_air);

  std::vector<std::unique_ptr<Commitment>> owned;
  std::vector<const Commitment*> committed;
  {
    const Span span("prover.main_trace_commit");
    std::vector<MatrixView> common_mains;
    for (const SortedTrace& trace : statement.traces) {
      common_mains.push_back(by_air[trace.air_index]->common_main);
    }
    committed.push_back(owned.emplace_back(backend->commit(common_mains)).get());
    proof.common_main_commit = committed.back()->root();
    for (const SortedTrace& trace : statement.traces) {
      if (trace.air->preprocessed) committed.push_back(preprocessed[trace.air_index].get());
      for (const MatrixView& cached : by_air[trace.air_index]->cached_mains) {
        committed.push_back(owned.emplace_back(backend->commit(std::array{cached})).get());
        proof.trace_vdata[trace.air_index]->cached_commitments.push_back(committed.back()->root());
      }
    }
  }
  observe_preamble(transcript, key.vk, proof.common_main_commit, proof.trace_vdata,
                   proof.public_values);

  OpeningClaims claims;
  {
    const Span span("prover.rap_constraints");
    const GkrClaim gkr_claim =
        prove_logup_gkr(*backend, statement, inputs, grinder, transcript, proof.gkr);
    claims = prove_batch_constraints(*backend, statement, inputs, gkr_claim, transcript,
                                     proof.batch_constraints);
  }
  const Span span("prover.openings");
  const std::vector<Fp4> u = prove_stacked_reduction(*backend, statement, commitments, committed,
                                                     claims, transcript, proof.stacking);
  prove_whir(*backend, key.vk.params, committed, proof.stacking.stacking_openings,
             whir_point(statement.l_skip(), u), grinder, transcript, proof.whir);
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
  return impl_->prove(traces, options);
}

std::vector<std::string_view> backend_names() {
  return {"cpu", "reference"};
}

}  // namespace gyre
