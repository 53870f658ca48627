#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "backend/cuda/column_sums.h"
#include "backend/cuda/commitment.h"
#include "backend/cuda/stacked_memory.h"
#include "backend/cuda/stacked_rounds.h"
#include "poly/kernels.h"
#include "poly/ntt.h"

namespace gyre::cuda {
namespace {

class DeviceStackedSumcheck : public StackedSumcheck {
 public:
  DeviceStackedSumcheck(Work& work, std::span<const StackedColumnsInput> inputs,
                        std::span<const StackedShape> shapes, std::span<const Fp4> r,
                        const Fp4& lambda)
      : scope_(work.arena),
        context_(work.context),
        queue_(work.queue),
        sizes_(work.context, shapes),
        r_(r.begin(), r.end()),
        lambda_(lambda) {
    memory_.each(sizes_, [&]<class T>(DeviceSpan<T>& span, std::size_t count) {
      span = work.arena.take<T>(count);
    });
    queue_.fill_zero(memory_.counter.data, sizeof(unsigned));
    const std::vector<PlacedColumn> columns = place_columns(inputs);
    fill_powers(queue_, lambda.squared(), memory_.exponents, memory_.weights.data);
    fill_group_eq_tables(queue_, groups(), std::span(r_).subspan(1), memory_.eq.data);
    combine_columns(queue_, groups(), sizes_.l_skip,
                    {.columns = memory_.columns.data,
                     .weights = memory_.weights.data,
                     .eq = memory_.eq.data,
                     .rows = memory_.rows.data,
                     .partial_rows = memory_.partial_rows.data,
                     .partial_sums = memory_.partial_sums.data,
                     .sums = memory_.sums.data});
    // While the device is at it.
    levels_ = slice_levels(sizes_.l_skip, sizes_.n_stack, columns);
    queue_.upload(memory_.sources.subspan(0, levels_.sources.size()), levels_.sources);
  }

  /// s_0 = sum of E0 G0 + E1 G1 + E2 G2 over the orders of the columns' groups of points, the G
  /// interpolated from their values on the skip domain. Spec 06, section 7.
  std::vector<Fp4> round0() override {
    const unsigned l_skip = sizes_.l_skip;
    std::vector<Fp4> s_0((std::size_t{2} << l_skip) - 1);
    for (auto& [log_order, sums] : domain_sums()) {
      const Fp4 rho = rho_of(log_order);
      inverse_dft(std::span(sums.plain));
      add_product(s_0, kernel_coefficients(log_order, rho, Fp4::one()), sums.plain);
      inverse_dft(std::span(sums.rotated));
      add_product(s_0, kernel_coefficients(log_order, rho * two_adic_generator(log_order), lambda_),
                  sums.rotated);
      inverse_dft(std::span(sums.step));
      const Fp4 step_factor = lambda_ * wrap_factor() * inverse_power_of_2(l_skip);
      add_product(s_0, std::vector<Fp4>(sums.step.size(), step_factor), sums.step);
    }
    return s_0;
  }

  void fold_prism(const Fp4& u0) override {
    u_.push_back(u0);
    const unsigned l_skip = sizes_.l_skip;
    std::vector<Fp4> skip_weights;
    Fp4 z = Fp4::one();
    for (std::size_t i = 0; i < std::size_t{1} << l_skip; ++i) {
      skip_weights.push_back(eq_univariate(l_skip, u0, z));
      z *= two_adic_generator(l_skip);
    }
    queue_.upload(memory_.skip_weights, skip_weights);
    std::vector<Fp4> factors;
    for (const ColumnGroup& group : groups().groups()) {
      const auto [at_x, at_previous] = kernel_factors(group, u0);
      factors.insert(factors.end(), {at_x, at_previous});
    }
    queue_.upload(memory_.factors, factors);
  }

  std::array<Fp4, 2> round() override {
    upload_challenges();
    evaluate_exhausted();
    launch(next_round({}));
    ++round_;
    std::array<Fp4, 2> result;
    queue_.download_bytes(result.data(), memory_.round_result.data, sizeof result);
    return result;
  }

  /// The next round folds before it sums.
  void fold(const Fp4& challenge) override { u_.push_back(challenge); }

  std::optional<FinishedRounds> finish_rounds(DuplexState& sponge) override {
    const unsigned first = round_ + 1, rounds = sizes_.n_stack - round_;
    if (rounds == 0 || rounds > context_.log_stacked_tail) return std::nullopt;
    RoundLog log;
    log.sponge = sponge;
    std::ranges::copy(u_, log.challenges);
    queue_.upload(memory_.log, std::span(&log, 1));
    while (round_ < sizes_.n_stack) {
      evaluate_exhausted();
      launch_logged_rounds();
    }
    queue_.download_bytes(&log, memory_.log.data, sizeof log);
    FinishedRounds finished = log.rounds(first, rounds);
    u_.insert(u_.end(), finished.challenges.begin(), finished.challenges.end());
    sponge = log.sponge;
    return finished;
  }

  std::vector<std::vector<Fp4>> openings() override {
    upload_challenges();
    evaluate_exhausted();
    const NodeLevel level = node_level(sizes_.n_stack);
    make_nodes(queue_, u_.back(), level);
    const std::vector<Fp4> values =
        queue_.download(DeviceSpan<Fp4>(level.nodes.values, level.count));
    std::vector<std::vector<Fp4>> result;
    auto value = values.begin();
    for (const std::size_t width : widths_) {
      result.emplace_back(value, value + static_cast<std::ptrdiff_t>(width));
      value += static_cast<std::ptrdiff_t>(width);
    }
    return result;
  }

 private:
  /// Per z of the skip domain, over groups whose points have one order: sums of eq(x) A, the same
  /// of the rotated groups alone, and of (eq(x - 1) - eq(x)) A.
  struct DomainSums {
    std::vector<Fp4> plain, rotated, step;
  };

  const ColumnGroups& groups() const { return sizes_.groups; }

  /// Numbers the columns by groups, and uploads where each is and its power of lambda^2.
  std::vector<PlacedColumn> place_columns(std::span<const StackedColumnsInput> inputs) {
    std::vector<const Fp*> values(groups().num_columns);
    std::vector<std::uint32_t> exponents(values.size());
    std::vector<PlacedColumn> columns;
    columns.reserve(values.size());
    std::uint32_t next[ColumnGroups::kMaxGroups];
    for (std::size_t g = 0; g < groups().count; ++g) next[g] = groups().list[g].first_column;
    std::size_t width = 0;
    for (const StackedColumnsInput& input : inputs) {
      const auto& commitment = static_cast<const DeviceCommitment&>(*input.commitment);
      const StackedLayout& layout = commitment.layout();
      std::size_t g = 0;
      for (const StackedColumn& column : layout.columns()) {
        if (column.column == 0) {
          g = group_of(groups(), column.log_height, input.need_rot[column.matrix]);
        }
        const std::uint32_t number = next[g]++;
        values[number] = commitment.matrices()[column.matrix].column(column.column);
        exponents[number] = static_cast<std::uint32_t>(columns.size());
        columns.push_back({.stacked_column = width + column.stacked_column,
                           .row = column.row,
                           .n_lifted = groups().list[g].n_lifted,
                           .number = number});
      }
      widths_.push_back(layout.width());
      width += layout.width();
    }
    queue_.upload(memory_.columns, values);
    queue_.upload(memory_.exponents, exponents);
    return columns;
  }

  std::map<unsigned, DomainSums> domain_sums() {
    const std::vector<Fp4> sums = queue_.download(memory_.sums);
    const std::size_t domain = std::size_t{1} << sizes_.l_skip;
    std::map<unsigned, DomainSums> result;
    const Fp4* plain = sums.data();
    for (const ColumnGroup& group : groups().groups()) {
      const unsigned log_order = order_of(group);
      DomainSums& own = result[log_order];
      for (std::vector<Fp4>* list : {&own.plain, &own.rotated, &own.step}) list->resize(domain);
      for (std::size_t i = 0; i < std::size_t{1} << log_order; ++i) {
        const std::size_t z = i << (sizes_.l_skip - log_order);
        own.plain[z] += plain[i];
        if (group.rotated == 0) continue;
        own.rotated[z] += plain[i];
        if (group.n_lifted > 0) own.step[z] += plain[domain + i] - plain[i];
      }
      plain += 2 * domain;
    }
    return result;
  }

  unsigned order_of(const ColumnGroup& group) const {
    return std::min<unsigned>(group.log_height, sizes_.l_skip);
  }
  Fp4 rho_of(unsigned log_order) const { return r_[0].pow_power_of_2(sizes_.l_skip - log_order); }
  Fp4 wrap_factor() const {
    return eq_univariate_one(sizes_.l_skip, r_[0] * two_adic_generator(sizes_.l_skip));
  }

  static void add_product(std::vector<Fp4>& sum, std::span<const Fp4> a, std::span<const Fp4> b) {
    if (std::all_of(b.begin(), b.end(), [](const Fp4& value) { return value.is_zero(); })) return;
    const std::vector<Fp4> product = multiply_polynomials(a, b);
    for (std::size_t k = 0; k < product.size(); ++k) sum[k] += product[k];
  }

  /// Coefficients of factor * in_n(Z) * eq(Z, y) over the points of that order: repeated and scaled
  /// if they are fewer than the skip domain's.
  std::vector<Fp4> kernel_coefficients(unsigned log_order, const Fp4& y, const Fp4& factor) const {
    const std::vector<Fp4> small = eq_univariate_coefficients(log_order, y);
    const Fp4 scale = factor * inverse_power_of_2(sizes_.l_skip - log_order);
    std::vector<Fp4> coefficients(std::size_t{1} << sizes_.l_skip);
    for (std::size_t k = 0; k < coefficients.size(); ++k) {
      coefficients[k] = small[k % small.size()] * scale;
    }
    return coefficients;
  }

  /// The weight of A after the prism fold is at_x eq(x) + at_previous eq(x - 1):
  /// equal eq(x) + lambda (rotated eq(x) + wrap (eq(x - 1) - eq(x))).
  std::pair<Fp4, Fp4> kernel_factors(const ColumnGroup& group, const Fp4& u0) const {
    const unsigned log_order = order_of(group);
    const int n = static_cast<int>(group.log_height) - static_cast<int>(sizes_.l_skip);
    const Fp4 rho = rho_of(log_order), inside = in_subgroup(sizes_.l_skip, n, u0);
    Fp4 at_x = inside * eq_univariate(log_order, u0, rho), at_previous;
    if (group.rotated != 0) {
      at_x += lambda_ * inside * eq_univariate(log_order, u0, rho * two_adic_generator(log_order));
      if (n > 0) {
        at_previous = lambda_ * eq_univariate_one(sizes_.l_skip, u0) * wrap_factor();
        at_x -= at_previous;
      }
    }
    return {at_x, at_previous};
  }

  StackedRound next_round(const RoundStep& step) const {
    const bool has_nodes = levels_.count(round_) != 0;
    return {.table = table(round_),
            .pairs = (groups().cube_size(round_ + 1) >> round_) / 2,
            .level = node_level(round_),
            .parents = memory_.sources.data + levels_.starts[round_ + 1],
            .num_parents = has_nodes ? static_cast<std::uint32_t>(levels_.count(round_ + 1)) : 0,
            .sums = {.partial = memory_.round_partial.data,
                     .counter = memory_.counter.data,
                     .result = memory_.round_result.data},
            .step = step};
  }

  void launch(const StackedRound& round) {
    const unsigned multiprocessors = context_.device.multiprocessors;
    if (round_ == 0) {
      first_stacked_round(queue_, multiprocessors, groups(), sizes_.l_skip,
                          {.rows = memory_.rows.data,
                           .eq = memory_.eq.data,
                           .skip_weights = memory_.skip_weights.data,
                           .factors = memory_.factors.data},
                          round);
      return;
    }
    Challenge challenge;
    if (round.step.log == nullptr) {
      challenge.known = u_.back();
    } else {
      challenge.sampled = round.step.log->challenges + round_;
    }
    stacked_round(queue_, multiprocessors, table(round_ - 1), challenge, round);
  }

  /// The next round by the device alone; if it is small with those after it, as far as they are
  /// small and no columns are to be evaluated.
  void launch_logged_rounds() {
    const auto round = [&] { return next_round({.log = memory_.log.data, .round = round_ + 1}); };
    SmallRounds small;
    if (round_ == 0 || !is_small(round())) {
      launch(round());
      ++round_;
      return;
    }
    small.before = table(round_ - 1);
    do {
      small.list[small.count++] = round();
      ++round_;
    } while (round_ < sizes_.n_stack && small.count < SmallRounds::kMostRounds &&
             columns_with(groups(), round_).count == 0 && is_small(round()));
    small_stacked_rounds(queue_, small);
  }

  void upload_challenges() {
    if (columns_with(groups(), round_).count == 0) return;
    queue_.upload(DeviceSpan<Fp4>(memory_.log.data->challenges, u_.size()), u_);
  }

  /// Columns whose last variable was bound last: their values, and their weights from now on. The
  /// challenges are in the log.
  void evaluate_exhausted() {
    if (columns_with(groups(), round_).count == 0) return;
    evaluate_columns(queue_, groups(), sizes_.l_skip, std::span(r_).subspan(1, round_),
                     {.columns = memory_.columns.data,
                      .weights = memory_.weights.data,
                      .skip_weights = memory_.skip_weights.data,
                      .factors = memory_.factors.data,
                      .point = memory_.log.data->challenges + 1,
                      .low = memory_.low.data,
                      .high = memory_.high.data,
                      .out = memory_.column_values.data});
  }

  WeightedTable table(unsigned level) const {
    const unsigned i = level % 2 * 2;
    return {memory_.tables[i].data, memory_.tables[i + 1].data};
  }
  WeightedTable nodes(unsigned level) const {
    const unsigned i = level % 2 * 2;
    return {memory_.nodes[i].data, memory_.nodes[i + 1].data};
  }
  NodeLevel node_level(unsigned level) const {
    return {.sources = memory_.sources.data + levels_.starts[level],
            .count = static_cast<std::uint32_t>(levels_.count(level)),
            .nodes = nodes(level),
            .below = nodes(level + 1),
            .columns = columns_with(groups(), level),
            .column_values = memory_.column_values.data,
            .column_weights = memory_.weights.data};
  }

  DeviceArena::Scope scope_;
  const Context& context_;
  Queue& queue_;
  StackedSizes sizes_;
  StackedMemory memory_;
  std::vector<Fp4> r_, u_;
  Fp4 lambda_;
  SliceLevels levels_;
  std::vector<std::size_t> widths_;  ///< stacked columns per commitment
  unsigned round_ = 0;               ///< rounds done
};

}  // namespace

std::unique_ptr<StackedSumcheck> make_stacked_sumcheck(
    Work& work, std::span<const StackedColumnsInput> commitments, std::span<const Fp4> r,
    const Fp4& lambda) {
  std::vector<StackedShape> shapes;
  for (const StackedColumnsInput& input : commitments) {
    shapes.push_back({.layout = &input.commitment->layout(), .need_rot = input.need_rot});
  }
  return std::make_unique<DeviceStackedSumcheck>(work, commitments, shapes, r, lambda);
}

}  // namespace gyre::cuda
