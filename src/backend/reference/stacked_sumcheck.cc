#include <algorithm>
#include <map>
#include <utility>

#include "backend/reference/reference.h"
#include "poly/kernels.h"
#include "poly/ntt.h"

namespace gyre::reference {
namespace {

/// Kernels of the columns of one height. Spec 06, section 1.
struct HeightKernels {
  int n = 0;
  unsigned n_lifted = 0, log_order = 0;
  Fp4 rho;                          ///< univariate coordinate of the trace's point
  std::vector<Fp4> equal, rotated;  ///< tables over the cube, folded round by round
};

class PlainStackedSumcheck : public StackedSumcheck {
 public:
  PlainStackedSumcheck(const SystemParams& params, std::span<const StackedColumnsInput> inputs,
                       std::span<const Fp4> r, const Fp4& lambda)
      : l_skip_(static_cast<unsigned>(params.l_skip)), r_(r.begin(), r.end()) {
    Fp4 power = Fp4::one();
    for (std::size_t a = 0; a < inputs.size(); ++a) {
      const auto* commitment = static_cast<const PlainBackendCommitment*>(inputs[a].commitment);
      stacked_.push_back(commitment->stacked());
      for (const StackedColumn& slice : commitment->layout().columns()) {
        columns_.push_back(
            {.commitment = a,
             .slice = slice,
             .lambda_equal = power,
             .lambda_rotated = inputs[a].need_rot[slice.matrix] ? power * lambda : Fp4::zero()});
        power *= lambda * lambda;
        add_kernels(slice.log_height);
      }
    }
  }

  std::vector<Fp4> round0() override {
    // s_0 at the 2^(l_skip + 1) points of the group of that order, which has more points than s_0
    // has coefficients.
    const unsigned log_points = l_skip_ + 1;
    const std::size_t num_points = std::size_t{1} << log_points, chunk = num_points / 2;
    std::vector<Fp4> values(num_points);
    for (const Column& column : columns_) {
      const HeightKernels& kernels = kernels_.at(column.slice.log_height);
      const std::span<const Fp> slice = slice_values(column);
      const std::vector<Fp4> cube(r_.begin() + 1, r_.begin() + 1 + kernels.n_lifted);
      const std::vector<Fp4> equal = eq_table(cube), successor = successor_table(cube);
      for (std::size_t x = 0; x < equal.size(); ++x) {
        std::vector<Fp> q(slice.begin() + x * chunk, slice.begin() + (x + 1) * chunk);
        inverse_dft(std::span(q));
        q.resize(num_points);
        dft(std::span(q));
        for (std::size_t i = 0; i < num_points; ++i) {
          const PrismKernels at =
              prism_kernels(kernels, Fp4(two_adic_generator(log_points).pow(i)));
          values[i] += q[i] * (column.lambda_equal * at.equal * equal[x] +
                               column.lambda_rotated *
                                   (at.rotated * equal[x] + at.wrap * (successor[x] - equal[x])));
        }
      }
    }
    inverse_dft(std::span(values));
    values.resize(num_points - 1);
    return values;
  }

  void fold_prism(const Fp4& u0) override {
    for (auto& [log_height, kernels] : kernels_) {
      const PrismKernels at = prism_kernels(kernels, u0);
      const std::vector<Fp4> cube(r_.begin() + 1, r_.begin() + 1 + kernels.n_lifted);
      const std::vector<Fp4> equal = eq_table(cube), successor = successor_table(cube);
      for (std::size_t x = 0; x < equal.size(); ++x) {
        kernels.equal.push_back(at.equal * equal[x]);
        kernels.rotated.push_back(at.rotated * equal[x] + at.wrap * (successor[x] - equal[x]));
      }
    }
    const std::size_t chunk = std::size_t{1} << l_skip_;
    std::vector<Fp4> lagrange(chunk);
    for (std::size_t z = 0; z < chunk; ++z) {
      lagrange[z] = eq_univariate(l_skip_, u0, Fp4(two_adic_generator(l_skip_).pow(z)));
    }
    for (const MatrixView& matrix : stacked_) {
      auto& tables = folded_.emplace_back();
      for (std::size_t s = 0; s < matrix.width(); ++s) {
        auto& table = tables.emplace_back(matrix.height() / chunk);
        for (std::size_t row = 0; row < matrix.height(); ++row) {
          table[row / chunk] += lagrange[row % chunk] * matrix(row, s);
        }
      }
    }
  }

  std::array<Fp4, 2> round() override {
    ++round_;
    std::array<Fp4, 2> sums;
    for (const Column& column : columns_) {
      const HeightKernels& kernels = kernels_.at(column.slice.log_height);
      const auto kernel = [&](std::size_t y) {
        return column.lambda_equal * kernels.equal[y] + column.lambda_rotated * kernels.rotated[y];
      };
      const auto& table = folded_[column.commitment][column.slice.stacked_column];
      if (round_ <= kernels.n_lifted) {
        const std::size_t base = column.slice.row >> (l_skip_ + round_ - 1);
        for (std::size_t y = 0; y < kernels.equal.size() / 2; ++y) {
          const Fp4 q0 = table[base + 2 * y], q1 = table[base + 2 * y + 1];
          const Fp4 k0 = kernel(2 * y), k1 = kernel(2 * y + 1);
          sums[0] += q1 * k1;
          sums[1] += (q1.doubled() - q0) * (k1.doubled() - k0);
        }
      } else {
        const std::size_t base = 2 * (column.slice.row >> (l_skip_ + round_));
        const Fp4 q0 = table[base], q1 = table[base + 1];
        const Fp4 factor = kernel(0) * eq_bits(exhausted(kernels), exhausted_bits(column, kernels));
        const bool bit = ((column.slice.row >> (l_skip_ + round_ - 1)) & 1) != 0;
        const Fp two = Fp::from_canonical(2);
        sums[0] += bit ? factor * q1 : Fp4();
        sums[1] += (q1.doubled() - q0) * factor * (bit ? two : Fp::one() - two);
      }
    }
    return sums;
  }

  void fold(const Fp4& challenge) override {
    challenges_.push_back(challenge);
    for (auto& tables : folded_) {
      for (auto& table : tables) bind_lowest(table, challenge);
    }
    for (auto& [log_height, kernels] : kernels_) {
      if (round_ > kernels.n_lifted) continue;
      bind_lowest(kernels.equal, challenge);
      bind_lowest(kernels.rotated, challenge);
    }
  }

  std::vector<std::vector<Fp4>> openings() override {
    std::vector<std::vector<Fp4>> result;
    for (const auto& tables : folded_) {
      auto& list = result.emplace_back();
      for (const auto& table : tables) list.push_back(table[0]);
    }
    return result;
  }

 private:
  struct Column {
    std::size_t commitment;
    StackedColumn slice;
    Fp4 lambda_equal, lambda_rotated;
  };
  /// Factors of eq(x), eq(x) and succ(x) - eq(x) at a univariate coordinate. Spec 06, section 3.
  struct PrismKernels {
    Fp4 equal, rotated, wrap;
  };

  void add_kernels(unsigned log_height) {
    HeightKernels kernels;
    kernels.n = static_cast<int>(log_height) - static_cast<int>(l_skip_);
    kernels.n_lifted = static_cast<unsigned>(std::max(kernels.n, 0));
    kernels.log_order = std::min(log_height, l_skip_);
    kernels.rho = r_[0].pow_power_of_2(l_skip_ - kernels.log_order);
    kernels_.emplace(log_height, std::move(kernels));
  }

  PrismKernels prism_kernels(const HeightKernels& kernels, const Fp4& z) const {
    const Fp omega = two_adic_generator(kernels.log_order);
    const Fp4 inside = in_subgroup(l_skip_, kernels.n, z);
    const Fp4 wrap = kernels.n <= 0
                         ? Fp4()
                         : eq_univariate_one(l_skip_, z) *
                               eq_univariate_one(l_skip_, r_[0] * two_adic_generator(l_skip_));
    return {.equal = inside * eq_univariate(kernels.log_order, z, kernels.rho),
            .rotated = inside * eq_univariate(kernels.log_order, z, kernels.rho * omega),
            .wrap = wrap};
  }

  std::span<const Fp> slice_values(const Column& column) const {
    return stacked_[column.commitment]
        .column(column.slice.stacked_column)
        .subspan(column.slice.row, std::size_t{1} << std::max(column.slice.log_height, l_skip_));
  }

  /// Challenges of the rounds after a trace's own variables.
  std::span<const Fp4> exhausted(const HeightKernels& kernels) const {
    return std::span(challenges_).subspan(kernels.n_lifted);
  }
  std::size_t exhausted_bits(const Column& column, const HeightKernels& kernels) const {
    return column.slice.row >> (l_skip_ + kernels.n_lifted);
  }

  unsigned l_skip_, round_ = 0;
  std::vector<Fp4> r_, challenges_;
  std::vector<MatrixView> stacked_;
  std::vector<Column> columns_;
  std::map<unsigned, HeightKernels> kernels_;
  std::vector<std::vector<std::vector<Fp4>>> folded_;
};

}  // namespace

std::unique_ptr<StackedSumcheck> make_stacked_sumcheck(
    const SystemParams& params, std::span<const StackedColumnsInput> commitments,
    std::span<const Fp4> r, const Fp4& lambda) {
  return std::make_unique<PlainStackedSumcheck>(params, commitments, r, lambda);
}

}  // namespace gyre::reference
