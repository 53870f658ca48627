#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "backend/cpu/cpu.h"
#include "gyre/support/telemetry.h"
#include "poly/kernels.h"
#include "poly/ntt.h"

namespace gyre::cpu {
namespace {

/// What the columns of one height share. Spec 06, sections 1 and 7.
struct HeightGroup {
  int n = 0;
  unsigned n_lifted = 0, log_order = 0;
  Fp4 rho;                              ///< univariate coordinate of the trace's point
  std::vector<Fp4> eq, successor_step;  ///< eq(x, r) and succ(x, r) - eq(x, r) over the cube
  FoldingTable equal, rotated;          ///< the kernels after the prism fold
  /// Sums over columns and x of weight * q, for the three kernels of s_0; one per z.
  std::vector<Fp4> plain_sum, rotated_sum, wrap_sum;
};

class CpuStackedSumcheck : public StackedSumcheck {
 public:
  CpuStackedSumcheck(const Context& context, std::span<const StackedColumnsInput> inputs,
                     std::span<const Fp4> r, const Fp4& lambda)
      : context_(context), r_(r.begin(), r.end()) {
    Fp4 power = Fp4::one();
    const Fp4 lambda_squared = lambda.squared();
    for (std::size_t a = 0; a < inputs.size(); ++a) {
      const auto* commitment = static_cast<const CpuCommitment*>(inputs[a].commitment);
      stacked_.push_back(&commitment->view());
      for (const StackedColumn& slice : commitment->layout().columns()) {
        columns_.push_back(
            {.commitment = a,
             .slice = slice,
             .lambda_equal = power,
             .lambda_rotated = inputs[a].need_rot[slice.matrix] ? power * lambda : Fp4::zero(),
             .group = &group(slice.log_height)});
        power *= lambda_squared;
      }
    }
  }

  /// s_0 = sum over heights of E0 G0 + E1 G1 + E2 G2, the G interpolated from their values on the
  /// skip domain. Spec 06, section 7.
  std::vector<Fp4> round0() override {
    count_dispatch(columns_.size() << (columns_.front().slice.log_height + 2));
    std::mutex mutex;
    context_.parallel.each(columns_.size(), [&](std::size_t i) { sum_column(columns_[i], mutex); });
    std::vector<Fp4> s_0((std::size_t{2} << context_.l_skip()) - 1);
    for (auto& [log_height, group] : groups_) {
      const auto add = [&](std::vector<Fp4> values, const std::vector<Fp4>& kernel) {
        inverse_dft(std::span(values));
        const std::vector<Fp4> product = multiply_polynomials(kernel, values);
        for (std::size_t k = 0; k < product.size(); ++k) s_0[k] += product[k];
      };
      const Fp omega = two_adic_generator(group.log_order);
      add(group.plain_sum, kernel_coefficients(group, group.rho));
      add(group.rotated_sum, kernel_coefficients(group, group.rho * omega));
      if (group.n > 0) {
        std::vector<Fp4> wrap(std::size_t{1} << context_.l_skip(),
                              wrap_factor() * inverse_power_of_2(context_.l_skip()));
        add(group.wrap_sum, wrap);
      }
    }
    return s_0;
  }

  void fold_prism(const Fp4& u0) override {
    for (auto& [log_height, group] : groups_) fold_kernels(group, u0);
    const std::vector<Fp4> weights = skip_domain_weights(context_.l_skip(), u0);
    const std::size_t chunk = weights.size();
    for (const StackedView* view : stacked_) {
      auto& tables = folded_.emplace_back(view->width());
      count_dispatch(view->width() * view->height() * sizeof(Fp) * 2);
      const std::size_t size = view->height() / chunk;
      const std::size_t block = std::min<std::size_t>(size, kGrain);
      context_.parallel.each(view->width(), [&](std::size_t s) {
        tables[s] = FoldingTable(size);
        std::vector<Fp> scratch(block * chunk);
        for (std::size_t first = 0; first < size; first += block) {
          const Fp* rows = view->read(s, first * chunk, block * chunk, scratch.data());
          for (std::size_t x = 0; x < block; ++x, rows += chunk) {
            Fp4 sum;
            for (std::size_t z = 0; z < chunk; ++z) sum += weights[z] * rows[z];
            tables[s][first + x] = sum;
          }
        }
      });
    }
  }

  std::array<Fp4, 2> round() override {
    ++round_;
    count_dispatch(columns_.size() * sizeof(Fp4));
    const auto sums = context_.parallel.sum<RoundSums>(columns_.size(), 1,
                                                       [&](std::size_t begin, std::size_t end) {
                                                         RoundSums partial;
                                                         for (std::size_t i = begin; i < end; ++i)
                                                           partial += column_sums(columns_[i]);
                                                         return partial;
                                                       });
    return {sums.at_1, sums.at_2};
  }

  void fold(const Fp4& challenge) override {
    for (auto& tables : folded_) {
      count_dispatch(tables.size() * tables.front().size() * sizeof(Fp4));
      context_.parallel.each(tables.size(),
                             [&](std::size_t s) { tables[s].bind_lowest(context_, challenge); });
    }
    for (auto& [log_height, group] : groups_) {
      if (round_ > group.n_lifted) continue;
      group.equal.bind_lowest(context_, challenge);
      group.rotated.bind_lowest(context_, challenge);
    }
    for (Column& column : columns_) {
      if (round_ <= column.group->n_lifted) continue;
      column.selector *= bit_of_round(column) ? challenge : Fp4::one() - challenge;
    }
  }

  std::vector<std::vector<Fp4>> openings() override {
    std::vector<std::vector<Fp4>> result;
    for (const auto& tables : folded_) {
      auto& list = result.emplace_back();
      for (const FoldingTable& table : tables) list.push_back(table[0]);
    }
    return result;
  }

 private:
  struct Column {
    std::size_t commitment;
    StackedColumn slice;
    Fp4 lambda_equal, lambda_rotated;
    HeightGroup* group;
    Fp4 selector = Fp4::one();  ///< eq of the bound exhausted variables with the slice's bits
  };

  HeightGroup& group(unsigned log_height) {
    const auto [entry, inserted] = groups_.try_emplace(log_height);
    HeightGroup& group = entry->second;
    if (!inserted) return group;
    const unsigned l_skip = context_.l_skip();
    group.n = static_cast<int>(log_height) - static_cast<int>(l_skip);
    group.n_lifted = static_cast<unsigned>(std::max(group.n, 0));
    group.log_order = std::min(log_height, l_skip);
    group.rho = r_[0].pow_power_of_2(l_skip - group.log_order);
    const std::span<const Fp4> cube = std::span(r_).subspan(1, group.n_lifted);
    group.eq = eq_table(cube);
    group.successor_step = successor_table(cube);
    for (std::size_t x = 0; x < group.eq.size(); ++x) group.successor_step[x] -= group.eq[x];
    for (auto* sum : {&group.plain_sum, &group.rotated_sum, &group.wrap_sum}) {
      sum->resize(std::size_t{1} << l_skip);
    }
    return group;
  }

  Fp4 wrap_factor() const {
    const unsigned l_skip = context_.l_skip();
    return eq_univariate_one(l_skip, r_[0] * two_adic_generator(l_skip));
  }

  /// Coefficients of in_n(Z) * eq(Z, y) over the group of the trace: repeated and scaled for a
  /// group smaller than the skip domain.
  std::vector<Fp4> kernel_coefficients(const HeightGroup& group, const Fp4& y) const {
    const std::vector<Fp4> small = eq_univariate_coefficients(group.log_order, y);
    const Fp scale = inverse_power_of_2(context_.l_skip() - group.log_order);
    std::vector<Fp4> coefficients(std::size_t{1} << context_.l_skip());
    for (std::size_t k = 0; k < coefficients.size(); ++k) {
      coefficients[k] = small[k % small.size()] * scale;
    }
    return coefficients;
  }

  void sum_column(const Column& column, std::mutex& mutex) {
    HeightGroup& group = *column.group;
    const std::size_t chunk = std::size_t{1} << context_.l_skip();
    const std::size_t length = group.eq.size() * chunk;
    std::vector<Fp> scratch(group.n < 0 ? length : 0);  // Long columns stand together.
    const Fp* const slice = stacked_[column.commitment]->read(
        column.slice.stacked_column, column.slice.row, length, scratch.data());
    const bool rotated = !column.lambda_rotated.is_zero();
    std::vector<Fp4> plain(chunk), step(chunk);
    for (std::size_t x = 0; x < group.eq.size(); ++x) {
      const Fp4 eq = group.eq[x], successor_step = group.successor_step[x];
      for (std::size_t z = 0; z < chunk; ++z) plain[z] += eq * slice[x * chunk + z];
      if (!rotated || group.n <= 0) continue;
      for (std::size_t z = 0; z < chunk; ++z) step[z] += successor_step * slice[x * chunk + z];
    }
    const std::lock_guard lock(mutex);
    for (std::size_t z = 0; z < chunk; ++z) {
      group.plain_sum[z] += column.lambda_equal * plain[z];
      group.rotated_sum[z] += column.lambda_rotated * plain[z];
      group.wrap_sum[z] += column.lambda_rotated * step[z];
    }
  }

  void fold_kernels(HeightGroup& group, const Fp4& u0) {
    const Fp omega = two_adic_generator(group.log_order);
    const Fp4 inside = in_subgroup(context_.l_skip(), group.n, u0);
    const Fp4 equal = inside * eq_univariate(group.log_order, u0, group.rho);
    const Fp4 rotated = inside * eq_univariate(group.log_order, u0, group.rho * omega);
    const Fp4 wrap =
        group.n <= 0 ? Fp4() : eq_univariate_one(context_.l_skip(), u0) * wrap_factor();
    group.equal = FoldingTable(group.eq.size());
    group.rotated = FoldingTable(group.eq.size());
    for (std::size_t x = 0; x < group.eq.size(); ++x) {
      group.equal[x] = equal * group.eq[x];
      group.rotated[x] = rotated * group.eq[x] + wrap * group.successor_step[x];
    }
  }

  /// The bit of the slice's place that belongs to the variable of the present round.
  bool bit_of_round(const Column& column) const {
    return ((column.slice.row >> (context_.l_skip() + round_ - 1)) & 1) != 0;
  }

  RoundSums column_sums(const Column& column) const {
    const HeightGroup& group = *column.group;
    const FoldingTable& table = folded_[column.commitment][column.slice.stacked_column];
    const unsigned l_skip = context_.l_skip();
    RoundSums sums;
    if (round_ <= group.n_lifted) {
      const std::size_t base = column.slice.row >> (l_skip + round_ - 1);
      RoundSums equal, rotated;
      const bool with_rotation = !column.lambda_rotated.is_zero();
      for (std::size_t y = 0; y < group.equal.size() / 2; ++y) {
        const Fp4 q1 = table[base + 2 * y + 1], q2 = q1.doubled() - table[base + 2 * y];
        const auto add = [&](RoundSums& target, const FoldingTable& kernel) {
          const Fp4 k1 = kernel[2 * y + 1];
          target.at_1 += q1 * k1;
          target.at_2 += q2 * (k1.doubled() - kernel[2 * y]);
        };
        add(equal, group.equal);
        if (with_rotation) add(rotated, group.rotated);
      }
      sums.at_1 = column.lambda_equal * equal.at_1 + column.lambda_rotated * rotated.at_1;
      sums.at_2 = column.lambda_equal * equal.at_2 + column.lambda_rotated * rotated.at_2;
      return sums;
    }
    const std::size_t base = 2 * (column.slice.row >> (l_skip + round_));
    const Fp4 q0 = table[base], q1 = table[base + 1];
    const Fp4 factor = column.selector * (column.lambda_equal * group.equal[0] +
                                          column.lambda_rotated * group.rotated[0]);
    // eq1(X, bit) is X or 1 - X: at 1 it is the bit, at 2 it is 2 or -1.
    const bool bit = bit_of_round(column);
    const Fp4 at_2 = (q1.doubled() - q0) * factor;
    sums.at_1 = bit ? q1 * factor : Fp4();
    sums.at_2 = bit ? at_2.doubled() : -at_2;
    return sums;
  }

  const Context& context_;
  unsigned round_ = 0;
  std::vector<Fp4> r_;
  std::map<unsigned, HeightGroup> groups_;
  std::vector<const StackedView*> stacked_;
  std::vector<Column> columns_;
  std::vector<std::vector<FoldingTable>> folded_;
};

}  // namespace

std::unique_ptr<StackedSumcheck> make_stacked_sumcheck(
    const Context& context, Arena&, std::span<const StackedColumnsInput> commitments,
    std::span<const Fp4> r, const Fp4& lambda) {
  return std::make_unique<CpuStackedSumcheck>(context, commitments, r, lambda);
}

}  // namespace gyre::cpu
