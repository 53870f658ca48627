#include <algorithm>
#include <optional>
#include <utility>

#include "backend/cpu/cpu.h"
#include "backend/cpu/folded_trace.h"
#include "backend/cpu/round0.h"
#include "backend/opened_parts.h"

namespace gyre::cpu {
namespace {

class CpuConstraintSumcheck : public ConstraintSumcheck {
 public:
  CpuConstraintSumcheck(const Context& context, Arena& arena, ConstraintSumcheckInput input)
      : scope_(arena), context_(context), arena_(arena), input_(std::move(input)) {
    for (const TraceInput& trace : input_.traces) {
      n_lifted_.push_back(std::max(trace.log_height, context.l_skip()) - context.l_skip());
    }
  }

  std::vector<TraceRoundPolynomials> round0() override {
    std::vector<TraceRoundPolynomials> polynomials;
    for (std::size_t t = 0; t < input_.traces.size(); ++t) {
      polynomials.push_back(run_round0(context_, arena_, input_.traces[t],
                                       {.interaction_weights = input_.interaction_weights[t],
                                        .row_point = row_point(t),
                                        .beta = input_.beta,
                                        .lambda = input_.lambda}));
    }
    return polynomials;
  }

  void fold_prism(const Fp4& r0, std::span<const TraceWeights> weights) override {
    const std::vector<Fp4> skip_weights = skip_domain_weights(context_.l_skip(), r0);
    for (std::size_t t = 0; t < input_.traces.size(); ++t) {
      traces_.emplace_back(context_, arena_, input_.traces[t], skip_weights)
          .set_weights(weights[t], input_.interaction_weights[t], input_.beta, input_.lambda);
    }
  }

  std::vector<Fp4> round(unsigned first) override {
    ++round_;
    std::vector<Fp4> values(context_.params.max_constraint_degree + 1 - first);
    for (std::size_t t = 0; t < traces_.size(); ++t) {
      if (n_lifted_[t] < round_) continue;
      traces_[t].add_round(first, row_point(t).subspan(round_), values);
    }
    return values;
  }

  void fold(const Fp4& challenge) override {
    challenges_.push_back(challenge);
    for (std::size_t t = 0; t < traces_.size(); ++t) {
      if (n_lifted_[t] >= round_) traces_[t].fold(challenge);
    }
  }

  Fp4 finished_value(std::size_t t) override { return traces_[t].value(); }

  void openings(const OpeningSink& sink) override {
    std::vector<std::vector<Fp4>> columns;
    for (const FoldedTrace& trace : traces_) columns.push_back(trace.openings(challenges_));
    for_each_opened_part(input_.traces, [&](const OpenedPart& part) {
      const std::size_t offsets = input_.traces[part.trace].air->openings_per_column();
      sink(part.trace, part.part,
           std::span(columns[part.trace])
               .subspan(part.first_column * offsets, part.width * offsets));
    });
  }

 private:
  std::span<const Fp4> row_point(std::size_t t) const {
    return std::span(input_.xi).subspan(context_.l_skip(), n_lifted_[t]);
  }

  Arena::Scope scope_;
  const Context& context_;
  Arena& arena_;
  ConstraintSumcheckInput input_;
  unsigned round_ = 0;
  std::vector<unsigned> n_lifted_;
  std::vector<Fp4> challenges_;
  std::vector<FoldedTrace> traces_;
};

}  // namespace

std::unique_ptr<ConstraintSumcheck> make_constraint_sumcheck(const Context& context, Arena& arena,
                                                             ConstraintSumcheckInput input) {
  return std::make_unique<CpuConstraintSumcheck>(context, arena, std::move(input));
}

}  // namespace gyre::cpu
