#include <algorithm>
#include <optional>
#include <utility>

#include "backend/cuda/constraint_openings.h"
#include "backend/cuda/constraint_round0.h"
#include "backend/cuda/constraint_rounds.h"
#include "backend/cuda/constraint_traces.h"

namespace gyre::cuda {
namespace {

std::vector<ConstraintShape> shapes_of(const Context& context, std::span<const TraceInput> traces) {
  std::vector<ConstraintShape> shapes;
  for (const TraceInput& trace : traces) {
    shapes.emplace_back(context, trace.air_index, *trace.air, trace.log_height);
  }
  return shapes;
}

std::vector<TraceColumns> columns_of(Work& work, std::span<const TraceInput> traces) {
  std::vector<TraceColumns> columns;
  for (const TraceInput& trace : traces) columns.emplace_back(work, trace);
  return columns;
}

/// What the phase object holds from its start.
std::size_t lasting_bytes(std::span<const ConstraintShape> shapes) {
  return RowEq::bytes(shapes) + UniformValues::bytes(shapes) +
         DeviceArena::bytes_of<std::uint64_t>(PrismFoldPlan::words(shapes));
}

class DeviceConstraintSumcheck : public ConstraintSumcheck {
 public:
  DeviceConstraintSumcheck(Work& work, ConstraintSumcheckInput input)
      : work_(work),
        input_(std::move(input)),
        columns_(columns_of(work, input_.traces)),
        scope_(work.arena),
        shapes_(shapes_of(work.context, input_.traces)),
        eq_(work, shapes_, input_.xi),
        uniforms_(work, shapes_, input_.traces),
        fold_memory_(work.arena.take<std::uint64_t>(PrismFoldPlan::words(shapes_))) {}

  std::vector<TraceRoundPolynomials> round0() override {
    return round0_on_device(work_, shapes_, input_, columns_, eq_, uniforms_, [&] { plan_fold(); });
  }
  void fold_prism(const Fp4& r0, std::span<const TraceWeights> weights) override {
    r0_ = r0;
    if (!fold_plan_) plan_fold();
    work_.queue.finish_copies();
    folded_.emplace(work_, shapes_, input_, fold_plan_.value(), eq_, uniforms_, r0, weights);
  }
  std::vector<Fp4> round(unsigned first) override { return folded_->round(first); }
  void fold(const Fp4& challenge) override { folded_->fold(challenge); }
  Fp4 finished_value(std::size_t trace) override { return folded_->value(trace); }
  /// The first openings are on their way before the host sees the rounds.
  std::optional<RoundsRest> finish_rounds(const RoundClaim& claim, DuplexState& sponge) override {
    const unsigned first_round = folded_->num_rounds() + 1;
    if (!folded_->finish(claim, sponge)) return std::nullopt;
    make_openings();
    openings_->begin(1);
    auto download = work_.queue.begin_download(folded_->tail_output());
    openings_->begin(ColumnOpenings::kMostUnderWay);
    const TailOutput& output = download.wait().front();
    sponge = output.state.sponge;
    return folded_->rest(output, first_round);
  }
  void openings(const OpeningSink& sink) override {
    if (!openings_) make_openings();
    openings_->deliver(sink);
  }

 private:
  void plan_fold() {
    work_.queue.begin_copies();
    fold_plan_.emplace(work_.queue, shapes_, columns_, fold_memory_);
  }
  void make_openings() {
    openings_.emplace(work_, shapes_, input_.traces, columns_, r0_, folded_->row_point());
  }

  Work& work_;
  ConstraintSumcheckInput input_;
  std::vector<TraceColumns> columns_;
  DeviceArena::Scope scope_;
  std::vector<ConstraintShape> shapes_;
  RowEq eq_;
  UniformValues uniforms_;
  DeviceSpan<std::uint64_t> fold_memory_;
  Fp4 r0_;
  std::optional<PrismFoldPlan> fold_plan_;
  std::optional<FoldedTraces> folded_;
  std::optional<ColumnOpenings> openings_;
};

}  // namespace

std::size_t round0_bytes(const Context& context, const Workload& workload,
                         const MemoryPolicy& policy) {
  const std::vector<ConstraintShape> shapes = constraint_shapes(context, workload);
  return lasting_bytes(shapes) + Round0Plan(shapes, round0_tile_bytes(context, policy)).bytes();
}

std::size_t mle_rounds_bytes(const Context& context, const Workload& workload) {
  const std::vector<ConstraintShape> shapes = constraint_shapes(context, workload);
  return lasting_bytes(shapes) + FoldedTraces::bytes(context, shapes) +
         OpeningPlan(workload.traces).bytes();
}

std::unique_ptr<ConstraintSumcheck> make_constraint_sumcheck(Work& work,
                                                             ConstraintSumcheckInput input) {
  return std::make_unique<DeviceConstraintSumcheck>(work, std::move(input));
}

}  // namespace gyre::cuda
