#include <algorithm>
#include <utility>

#include "backend/cpu/cpu.h"
#include "backend/cpu/round0.h"
#include "backend/cpu/trace_block.h"
#include "gyre/support/telemetry.h"
#include "poly/kernels.h"

namespace gyre::cpu {
namespace {

/// Points of the cube evaluated at a time in the multilinear rounds.
constexpr std::size_t kExtBlock = 8;

class CpuConstraintSumcheck : public ConstraintSumcheck {
 public:
  CpuConstraintSumcheck(const Context& context, Arena& arena, ConstraintSumcheckInput input)
      : context_(context), arena_(arena), input_(std::move(input)) {
    for (const TraceInput& trace : input_.traces) {
      n_lifted_.push_back(std::max(trace.log_height, context.l_skip()) - context.l_skip());
    }
  }

  std::vector<TraceRoundPolynomials> round0() override {
    std::vector<TraceRoundPolynomials> polynomials;
    for (std::size_t t = 0; t < input_.traces.size(); ++t) {
      polynomials.push_back(
          round0_polynomials(context_, arena_, input_.traces[t],
                             {.interaction_weights = input_.interaction_weights[t],
                              .row_point = row_point(t),
                              .beta = input_.beta,
                              .lambda = input_.lambda}));
    }
    return polynomials;
  }

  void fold_prism(const Fp4& r0, std::span<const TraceWeights> weights) override {
    weights_.assign(weights.begin(), weights.end());
    const std::vector<Fp4> skip_weights = skip_domain_weights(context_.l_skip(), r0);
    for (const TraceInput& trace : input_.traces) fold_trace(trace, skip_weights);
    for (std::size_t t = 0; t < traces_.size(); ++t) make_combinations(t);
  }

  std::vector<Fp4> round(unsigned first) override {
    ++round_;
    const auto degree = static_cast<unsigned>(context_.params.max_constraint_degree);
    std::vector<Fp4> values(degree + 1 - first);
    for (std::size_t t = 0; t < traces_.size(); ++t) {
      if (n_lifted_[t] < round_) continue;
      const std::vector<Fp4> eq = eq_table(row_point(t).subspan(round_));
      for (unsigned x = first; x <= degree; ++x) {
        count_dispatch(traces_[t].tables.size() * eq.size() * 2 * sizeof(Fp4));
        values[x - first] += context_.parallel.sum<Fp4>(
            eq.size(), kExtBlock, [&](std::size_t begin, std::size_t end) {
              return evaluate(t, begin, end, eq, [x](const FoldingTable& table, std::size_t y) {
                return table[2 * y] + (table[2 * y + 1] - table[2 * y]) * Fp::from_canonical(x);
              });
            });
      }
    }
    return values;
  }

  void fold(const Fp4& challenge) override {
    for (std::size_t t = 0; t < traces_.size(); ++t) {
      if (n_lifted_[t] < round_) continue;
      count_dispatch(traces_[t].tables.size() * traces_[t].tables[0].size() * sizeof(Fp4));
      context_.parallel.ranges(traces_[t].tables.size(), 16,
                               [&](std::size_t begin, std::size_t end) {
                                 for (std::size_t i = begin; i < end; ++i) {
                                   traces_[t].tables[i].bind_lowest(context_, challenge);
                                 }
                               });
    }
  }

  Fp4 finished_value(std::size_t t) override {
    const std::vector<Fp4> eq = {Fp4::one()};
    return evaluate(t, 0, 1, eq, [](const FoldingTable& table, std::size_t y) { return table[y]; });
  }

  std::vector<std::vector<std::vector<Fp4>>> openings() override {
    std::vector<std::vector<std::vector<Fp4>>> result;
    for (std::size_t t = 0; t < traces_.size(); ++t) {
      const AirVerifyingKey& air = *input_.traces[t].air;
      auto& parts = result.emplace_back();
      const auto open_part = [&](std::size_t first_column, std::size_t width) {
        auto& values = parts.emplace_back();
        for (std::size_t c = first_column; c < first_column + width; ++c) {
          for (std::size_t o = 0; o < air.openings_per_column(); ++o) {
            values.push_back(traces_[t].tables[c * air.openings_per_column() + o][0]);
          }
        }
      };
      std::size_t start = input_.traces[t].preprocessed.width(), common_start = start;
      for (const std::uint32_t width : air.width.cached_mains) common_start += width;
      open_part(common_start, air.width.common_main);
      if (air.width.preprocessed) open_part(0, start);
      for (const std::uint32_t width : air.width.cached_mains) {
        open_part(start, width);
        start += width;
      }
    }
    return result;
  }

 private:
  /// Tables of a trace over the cube: columns (preprocessed, main parts in order), each followed by
  /// its rotation if the AIR needs it, then the three selectors.
  struct FoldedTrace {
    std::vector<FoldingTable> tables;
    std::vector<Fp4> constraint_weights;            ///< lambda^k times the trace's weight
    std::vector<Fp4> count_weights;                 ///< per interaction
    std::vector<std::vector<Fp4>> message_weights;  ///< per interaction and field
    Fp4 constant;                                   ///< the bus terms
  };

  std::span<const Fp4> row_point(std::size_t t) const {
    return std::span(input_.xi).subspan(context_.l_skip(), n_lifted_[t]);
  }

  void fold_trace(const TraceInput& trace, std::span<const Fp4> skip_weights) {
    const std::size_t height = std::size_t{1} << trace.log_height, chunk = skip_weights.size();
    const std::size_t size = std::max(height, chunk) / chunk;
    const std::size_t offsets = trace.air->openings_per_column();
    std::vector<std::span<const Fp>> columns;
    for (std::size_t c = 0; c < trace.preprocessed.width(); ++c) {
      columns.push_back(trace.preprocessed.column(c));
    }
    for (const MatrixView& part : trace.main_parts) {
      for (std::size_t c = 0; c < part.width(); ++c) columns.push_back(part.column(c));
    }
    FoldedTrace& folded = traces_.emplace_back();
    folded.tables.resize(columns.size() * offsets + 3);
    count_dispatch(columns.size() * offsets * (height * sizeof(Fp) + size * sizeof(Fp4)));
    const auto fold = [&](FoldingTable& table, auto&& value_at_row) {
      table = FoldingTable(size);
      for (std::size_t x = 0; x < size; ++x) {
        Fp4 sum;
        for (std::size_t z = 0; z < chunk; ++z) {
          sum += skip_weights[z] * value_at_row((x * chunk + z) & (height - 1));
        }
        table[x] = sum;
      }
    };
    context_.parallel.each(columns.size() * offsets, [&](std::size_t i) {
      const std::span<const Fp> column = columns[i / offsets];
      const std::size_t offset = i % offsets;
      fold(folded.tables[i],
           [&](std::size_t row) { return column[(row + offset) & (height - 1)]; });
    });
    for (const NodeKind kind :
         {NodeKind::kIsFirstRow, NodeKind::kIsLastRow, NodeKind::kIsTransition}) {
      AirProgram::Input selector{.kind = kind, .variable = {}, .constant = {}, .input_register = 0};
      fold(folded.tables[columns.size() * offsets + selector_index(kind)],
           [&](std::size_t row) { return input_at_row(trace, selector, row); });
    }
  }

  static std::size_t selector_index(NodeKind kind) {
    return static_cast<std::size_t>(kind) - static_cast<std::size_t>(NodeKind::kIsFirstRow);
  }

  /// The factor of each result register in the weighted sum.
  void make_combinations(std::size_t t) {
    FoldedTrace& trace = traces_[t];
    const AirProgram& program = context_.programs[input_.traces[t].air_index];
    trace.constraint_weights = powers(input_.lambda, program.constraints.size());
    for (Fp4& weight : trace.constraint_weights) weight *= weights_[t].zerocheck;
    for (std::size_t i = 0; i < program.interactions.size(); ++i) {
      const auto& interaction = program.interactions[i];
      const Fp4& weight = input_.interaction_weights[t][i];
      trace.count_weights.push_back(weights_[t].numerator * weight);
      std::vector<Fp4> fields = powers(input_.beta, interaction.message.size() + 1);
      for (Fp4& field : fields) field *= weights_[t].denominator * weight;
      trace.constant += fields.back() * interaction.bus;
      fields.pop_back();
      trace.message_weights.push_back(std::move(fields));
    }
  }

  /// Table of a variable or selector input.
  std::size_t table_index(const TraceInput& trace, const AirProgram::Input& input) const {
    const std::size_t offsets = trace.air->openings_per_column();
    if (input.kind != NodeKind::kVariable) {
      std::size_t columns = trace.preprocessed.width();
      for (const MatrixView& part : trace.main_parts) columns += part.width();
      return columns * offsets + selector_index(input.kind);
    }
    std::size_t column = input.variable.index;
    if (input.variable.source == VariableSource::kMain) {
      column += trace.preprocessed.width();
      for (std::size_t p = 0; p < input.variable.part; ++p) column += trace.main_parts[p].width();
    }
    return column * offsets + input.variable.offset;
  }

  template <class Value>
  Fp4 evaluate(std::size_t t, std::size_t begin, std::size_t end, std::span<const Fp4> eq,
               Value&& value) const {
    const TraceInput& input = input_.traces[t];
    const FoldedTrace& trace = traces_[t];
    const AirProgram& program = context_.programs[input.air_index];
    std::vector<Fp4> registers(program.num_registers * kExtBlock);
    Fp4 sum;
    for (std::size_t start = begin; start < end; start += kExtBlock) {
      const std::size_t points = std::min(kExtBlock, end - start);
      for (const AirProgram::Input& in : program.inputs) {
        Fp4* target = &registers[in.input_register * points];
        if (in.kind == NodeKind::kConstant) {
          std::fill_n(target, points, Fp4(in.constant));
        } else if (in.kind == NodeKind::kVariable &&
                   in.variable.source == VariableSource::kPublic) {
          std::fill_n(target, points, Fp4(input.public_values[in.variable.index]));
        } else {
          const FoldingTable& table = trace.tables[table_index(input, in)];
          for (std::size_t i = 0; i < points; ++i) target[i] = value(table, start + i);
        }
      }
      run_block(program, registers.data(), points);
      for (std::size_t i = 0; i < points; ++i) {
        sum += eq[start + i] * combine(program, trace, registers.data() + i, points);
      }
    }
    return sum;
  }

  static Fp4 combine(const AirProgram& program, const FoldedTrace& trace, const Fp4* registers,
                     std::size_t stride) {
    Fp4 sum = trace.constant;
    for (std::size_t k = 0; k < program.constraints.size(); ++k) {
      sum += trace.constraint_weights[k] * registers[program.constraints[k] * stride];
    }
    for (std::size_t i = 0; i < program.interactions.size(); ++i) {
      const auto& interaction = program.interactions[i];
      sum += trace.count_weights[i] * registers[interaction.count * stride];
      for (std::size_t f = 0; f < interaction.message.size(); ++f) {
        sum += trace.message_weights[i][f] * registers[interaction.message[f] * stride];
      }
    }
    return sum;
  }

  const Context& context_;
  Arena& arena_;
  ConstraintSumcheckInput input_;
  unsigned round_ = 0;
  std::vector<unsigned> n_lifted_;
  std::vector<TraceWeights> weights_;
  std::vector<FoldedTrace> traces_;
};

}  // namespace

std::unique_ptr<ConstraintSumcheck> make_constraint_sumcheck(const Context& context, Arena& arena,
                                                             ConstraintSumcheckInput input) {
  return std::make_unique<CpuConstraintSumcheck>(context, arena, std::move(input));
}

}  // namespace gyre::cpu
