#include <algorithm>
#include <bit>
#include <utility>

#include "air/dag_evaluate.h"
#include "backend/opened_parts.h"
#include "backend/reference/reference.h"
#include "poly/kernels.h"
#include "poly/ntt.h"

namespace gyre::reference {
namespace {

/// Columns of a trace (or its selectors) as tables over the lifted rows, or over the cube once the
/// prism coordinate is bound. `next` holds the values of the next row.
template <class T>
struct Tables {
  std::vector<std::vector<T>> current, next;
};

/// Sums of the three expressions of an AIR at a point. Spec 05, section 3.
struct Expressions {
  Fp4 numerator, denominator, zerocheck;
};

class PlainConstraintSumcheck : public ConstraintSumcheck {
 public:
  PlainConstraintSumcheck(const SystemParams& params, ConstraintSumcheckInput input)
      : l_skip_(static_cast<unsigned>(params.l_skip)),
        degree_(static_cast<unsigned>(params.max_constraint_degree)),
        input_(std::move(input)) {
    for (const TraceInput& trace : input_.traces) {
      n_lifted_.push_back(std::max(trace.log_height, l_skip_) - l_skip_);
    }
  }

  std::vector<TraceRoundPolynomials> round0() override {
    std::vector<TraceRoundPolynomials> polynomials;
    for (std::size_t t = 0; t < input_.traces.size(); ++t) polynomials.push_back(round0_of(t));
    return polynomials;
  }

  void fold_prism(const Fp4& r0, std::span<const TraceWeights> weights) override {
    weights_.assign(weights.begin(), weights.end());
    const std::size_t chunk = std::size_t{1} << l_skip_;
    std::vector<Fp4> lagrange(chunk);
    for (std::size_t z = 0; z < chunk; ++z) {
      lagrange[z] = eq_univariate(l_skip_, r0, Fp4(two_adic_generator(l_skip_).pow(z)));
    }
    const auto fold = [&](const std::vector<Fp>& column) {
      std::vector<Fp4> table(column.size() / chunk);
      for (std::size_t row = 0; row < column.size(); ++row) {
        table[row / chunk] += lagrange[row % chunk] * column[row];
      }
      return table;
    };
    for (std::size_t t = 0; t < input_.traces.size(); ++t) {
      const Tables<Fp> lifted = lifted_tables(input_.traces[t]);
      Tables<Fp4>& tables = tables_.emplace_back();
      for (const auto& column : lifted.current) tables.current.push_back(fold(column));
      for (const auto& column : lifted.next) tables.next.push_back(fold(column));
    }
  }

  std::vector<Fp4> round(unsigned first) override {
    ++round_;
    std::vector<Fp4> values;
    for (unsigned x = first; x <= degree_; ++x) {
      Fp4 sum;
      for (std::size_t t = 0; t < input_.traces.size(); ++t) {
        if (n_lifted_[t] < round_) continue;
        const std::vector<Fp4> eq = eq_table(row_point(t).subspan(round_));
        for (std::size_t y = 0; y < eq.size(); ++y) {
          const auto at = [&](const std::vector<Fp4>& table) {
            return table[2 * y] + (table[2 * y + 1] - table[2 * y]) * Fp::from_canonical(x);
          };
          sum += eq[y] * weighted(t, expressions(t, tables_[t], at));
        }
      }
      values.push_back(sum);
    }
    return values;
  }

  void fold(const Fp4& challenge) override {
    for (std::size_t t = 0; t < input_.traces.size(); ++t) {
      if (n_lifted_[t] < round_) continue;
      for (auto& table : tables_[t].current) bind_lowest(table, challenge);
      for (auto& table : tables_[t].next) bind_lowest(table, challenge);
    }
  }

  Fp4 finished_value(std::size_t t) override {
    return weighted(
        t, expressions(t, tables_[t], [](const std::vector<Fp4>& table) { return table[0]; }));
  }

  void openings(const OpeningSink& sink) override {
    for_each_opened_part(input_.traces, [&](const OpenedPart& part) {
      std::vector<Fp4> values;
      for (std::size_t c = part.first_column; c < part.first_column + part.width; ++c) {
        values.push_back(tables_[part.trace].current[c][0]);
        if (input_.traces[part.trace].air->need_rot) {
          values.push_back(tables_[part.trace].next[c][0]);
        }
      }
      sink(part.trace, part.part, values);
    });
  }

 private:
  /// The coordinates of xi that pair with the row bits of a trace.
  std::span<const Fp4> row_point(std::size_t t) const {
    return std::span(input_.xi).subspan(l_skip_, n_lifted_[t]);
  }

  /// Preprocessed columns, main parts in order, then the three selectors; all lifted.
  Tables<Fp> lifted_tables(const TraceInput& trace) const {
    const std::size_t height = std::size_t{1} << trace.log_height;
    const std::size_t lifted = std::size_t{1} << std::max(trace.log_height, l_skip_);
    Tables<Fp> tables;
    const auto add = [&](auto&& value_at_row) {
      auto& current = tables.current.emplace_back(lifted);
      auto& next = tables.next.emplace_back(lifted);
      for (std::size_t row = 0; row < lifted; ++row) {
        current[row] = value_at_row(row % height);
        next[row] = value_at_row((row + 1) % height);
      }
    };
    for (std::size_t c = 0; c < trace.preprocessed.width(); ++c) {
      add([&](std::size_t r) { return trace.preprocessed(r, c); });
    }
    for (const MatrixView& part : trace.main_parts) {
      for (std::size_t c = 0; c < part.width(); ++c) {
        add([&](std::size_t r) { return part(r, c); });
      }
    }
    add([&](std::size_t r) { return r == 0 ? Fp::one() : Fp(); });
    add([&](std::size_t r) { return r == height - 1 ? Fp::one() : Fp(); });
    add([&](std::size_t r) { return r == height - 1 ? Fp() : Fp::one(); });
    return tables;
  }

  template <class T, class Value>
  Expressions expressions(std::size_t t, const Tables<T>& tables, Value&& value) const {
    const TraceInput& trace = input_.traces[t];
    const SymbolicConstraints& symbolic = trace.air->symbolic;
    const std::size_t selectors = tables.current.size() - 3;
    const auto nodes = evaluate_nodes<T>(
        symbolic.nodes,
        {.is_first = value(tables.current[selectors]),
         .is_last = value(tables.current[selectors + 1]),
         .is_transition = value(tables.current[selectors + 2])},
        [&](const Variable& variable) -> T {
          if (variable.source == VariableSource::kPublic) {
            return T(trace.public_values[variable.index]);
          }
          std::size_t column = variable.index;
          if (variable.source == VariableSource::kMain) {
            column += trace.preprocessed.width();
            for (std::size_t part = 0; part < variable.part; ++part) {
              column += trace.main_parts[part].width();
            }
          }
          return value(variable.offset == 0 ? tables.current[column] : tables.next[column]);
        });
    Expressions result;
    Fp4 power = Fp4::one();
    for (const std::uint32_t constraint : symbolic.constraint_nodes) {
      result.zerocheck += power * nodes[constraint];
      power *= input_.lambda;
    }
    for (std::size_t i = 0; i < symbolic.interactions.size(); ++i) {
      const Interaction& interaction = symbolic.interactions[i];
      const Fp4& weight = input_.interaction_weights[t][i];
      result.numerator += weight * nodes[interaction.count];
      Fp4 beta_power = Fp4::one(), fingerprint;
      for (const std::uint32_t field : interaction.message) {
        fingerprint += beta_power * nodes[field];
        beta_power *= input_.beta;
      }
      fingerprint += beta_power * Fp::from_canonical(interaction.bus_index + 1u);
      result.denominator += weight * fingerprint;
    }
    return result;
  }

  Fp4 weighted(std::size_t t, const Expressions& e) const {
    const TraceWeights& w = weights_[t];
    return w.numerator * e.numerator + w.denominator * e.denominator + w.zerocheck * e.zerocheck;
  }

  /// The three polynomials have degree <= d (2^l_skip - 1): their values on a group with more
  /// points than that give the coefficients.
  TraceRoundPolynomials round0_of(std::size_t t) const {
    const TraceInput& trace = input_.traces[t];
    const unsigned degree = std::max<unsigned>(trace.air->max_constraint_degree, 1);
    const std::size_t chunk = std::size_t{1} << l_skip_;
    const std::size_t num_points = std::bit_ceil(degree * (chunk - 1) + 1);
    const Tables<Fp> lifted = lifted_tables(trace);
    const std::vector<Fp4> eq = eq_table(row_point(t));
    TraceRoundPolynomials sums;
    for (auto* values : {&sums.numerator, &sums.denominator, &sums.zerocheck}) {
      values->resize(num_points);
    }
    for (std::size_t x = 0; x < eq.size(); ++x) {
      const auto extend = [&](const std::vector<Fp>& column) {
        std::vector<Fp> values(column.begin() + x * chunk, column.begin() + (x + 1) * chunk);
        inverse_dft(std::span(values));
        values.resize(std::max(num_points, chunk));
        dft(std::span(values));
        return values;
      };
      Tables<Fp> extended;
      for (const auto& column : lifted.current) extended.current.push_back(extend(column));
      for (const auto& column : lifted.next) extended.next.push_back(extend(column));
      for (std::size_t i = 0; i < num_points; ++i) {
        const Expressions e =
            expressions(t, extended, [&](const std::vector<Fp>& column) { return column[i]; });
        sums.numerator[i] += eq[x] * e.numerator;
        sums.denominator[i] += eq[x] * e.denominator;
        sums.zerocheck[i] += eq[x] * e.zerocheck;
      }
    }
    for (auto* values : {&sums.numerator, &sums.denominator, &sums.zerocheck}) {
      inverse_dft(std::span(*values));
      values->resize(degree * (chunk - 1) + 1);
    }
    return sums;
  }

  unsigned l_skip_, degree_, round_ = 0;
  ConstraintSumcheckInput input_;
  std::vector<unsigned> n_lifted_;
  std::vector<TraceWeights> weights_;
  std::vector<Tables<Fp4>> tables_;
};

}  // namespace

std::unique_ptr<ConstraintSumcheck> make_constraint_sumcheck(const SystemParams& params,
                                                             ConstraintSumcheckInput input) {
  return std::make_unique<PlainConstraintSumcheck>(params, std::move(input));
}

}  // namespace gyre::reference
