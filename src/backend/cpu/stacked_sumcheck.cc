#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "backend/cpu/column_kernels.h"
#include "backend/cpu/cpu.h"
#include "backend/cpu/openings.h"
#include "backend/cpu/slice_nodes.h"
#include "backend/cpu/table_kernels.h"
#include "gyre/support/telemetry.h"
#include "poly/kernels.h"
#include "poly/ntt.h"

namespace gyre::cpu {
namespace {

/// One trace column.
struct Column {
  const StackedView* view;
  StackedColumn slice;
  std::size_t first_place;  ///< stacked columns of the commitments before, and of this one
  Fp4 weight;               ///< lambda^(2i)
};

/// Tables of one group, all of them extension elements in the arena.
struct GroupSizes {
  std::size_t rows;   ///< of a slice
  std::size_t cube;   ///< 2^n_lifted
  std::size_t lanes;  ///< rows are taken together: a multiple of the skip domain, and of vectors
  std::size_t high;   ///< rows / lanes, 0 if there are fewer rows than lanes

  GroupSizes(unsigned l_skip, unsigned log_height)
      : rows(std::size_t{1} << std::max(log_height, l_skip)),
        cube(rows >> l_skip),
        lanes(std::max(kSumLanes, std::size_t{1} << l_skip)),
        high(rows / lanes) {}
};

/// The columns of one height that need, or do not need, a rotated opening. All of them enter the
/// rounds of their own variables as one: A[row] = sum over i of lambda^(2i) column_i[row].
/// Spec 06, section 7.
struct Group {
  Group(Arena& arena, unsigned l_skip, unsigned log_rows, bool need_rot)
      : sizes(l_skip, log_rows),
        log_height(log_rows),
        n(static_cast<int>(log_rows) - static_cast<int>(l_skip)),
        n_lifted(static_cast<unsigned>(std::max(n, 0))),
        log_order(std::min(log_rows, l_skip)),
        rotated(need_rot),
        rows(arena, sizes.rows),
        high_weights(arena, sizes.high + 1),
        eq(arena, sizes.cube),
        table_memory(arena, sizes.cube),
        kernel_memory(arena, sizes.cube),
        sums(2 * sizes.lanes) {}

  GroupSizes sizes;
  unsigned log_height;
  int n;
  unsigned n_lifted, log_order;
  bool rotated;
  std::vector<Column> columns;

  Buffer<Fp4> rows;          ///< A
  Buffer<Fp4> high_weights;  ///< eq of the row variables above the lanes, the last one in front
  Buffer<Fp4> eq;            ///< eq(x, r) over the cube; then the other half of the folding tables
  Buffer<Fp4> table_memory, kernel_memory;
  std::span<Fp4> table, kernel;  ///< A and the weight of the group over the unbound variables
  std::span<Fp4> other_table, other_kernel;

  /// Per lane: sums over the rows of A * weight, then of A * weight of the row before.
  std::vector<Fp4> sums;
};

/// Rows of A that one thread makes at a time.
struct RowBlock {
  Group* group;
  std::size_t first, count;
};

class CpuStackedSumcheck : public StackedSumcheck {
 public:
  CpuStackedSumcheck(const Context& context, Arena& arena,
                     std::span<const StackedColumnsInput> inputs, std::span<const Fp4> r,
                     const Fp4& lambda)
      : scope_(arena), context_(context), r_(r.begin(), r.end()), lambda_(lambda) {
    Fp4 power = Fp4::one();
    const Fp4 lambda_squared = lambda.squared();
    for (const StackedColumnsInput& input : inputs) {
      const auto* commitment = static_cast<const CpuCommitment*>(input.commitment);
      const StackedLayout& layout = commitment->layout();
      for (const StackedColumn& slice : layout.columns()) {
        const bool rotated = input.need_rot[slice.matrix];
        auto group = groups_.find({slice.log_height, rotated});
        if (group == groups_.end()) {
          group = groups_
                      .try_emplace({slice.log_height, rotated}, arena, context.l_skip(),
                                   slice.log_height, rotated)
                      .first;
        }
        group->second.columns.push_back({.view = &commitment->view(),
                                         .slice = slice,
                                         .first_place = width_ + slice.stacked_column,
                                         .weight = power});
        power *= lambda_squared;
        ++num_columns_;
      }
      widths_.push_back(layout.width());
      width_ += layout.width();
      n_stack_ = layout.log_stacked_height() - context.l_skip();
    }
    exhausted_ = SliceNodes(num_columns_);
  }

  /// s_0 = sum over groups of E0 G0 + E1 G1 + E2 G2, the G interpolated from their values on the
  /// skip domain. Spec 06, section 7.
  std::vector<Fp4> round0() override {
    combine_columns();
    std::vector<Fp4> s_0((std::size_t{2} << context_.l_skip()) - 1);
    for (auto& [key, group] : groups_) {
      auto [plain, step] = domain_sums(group);
      inverse_dft(std::span(plain));
      std::vector<Fp4> kernel = kernel_coefficients(group, rho(group));
      if (group.rotated) {
        const std::vector<Fp4> rotated =
            kernel_coefficients(group, rho(group) * two_adic_generator(group.log_order));
        for (std::size_t k = 0; k < kernel.size(); ++k) kernel[k] += lambda_ * rotated[k];
      }
      add_product(s_0, kernel, plain);
      if (!group.rotated || group.n <= 0) continue;
      inverse_dft(std::span(step));
      add_product(s_0,
                  std::vector<Fp4>(step.size(),
                                   lambda_ * wrap_factor() * inverse_power_of_2(context_.l_skip())),
                  step);
    }
    return s_0;
  }

  void fold_prism(const Fp4& u0) override {
    u_.push_back(u0);
    skip_weights_ = skip_domain_weights(context_.l_skip(), u0);
    for (auto& [key, group] : groups_) {
      count_dispatch(group.rows.size() * sizeof(Fp4));
      group.table = group.table_memory.span();
      group.kernel = group.kernel_memory.span();
      context_.parallel.ranges(group.sizes.cube, kGrain / skip_weights_.size(),
                               [&](std::size_t begin, std::size_t end) {
                                 fold_chunks(&group.rows[begin * skip_weights_.size()],
                                             skip_weights_, end - begin, &group.table[begin]);
                               });
      fill_kernel(group, u0);
      group.other_table = group.eq.span().first(group.sizes.cube / 2);
      group.other_kernel = group.eq.span().last(group.sizes.cube / 2);
    }
  }

  std::array<Fp4, 2> round() override {
    exhaust(round_++);
    RoundSums sums = exhausted_.round();
    for (const auto& [key, group] : groups_) {
      if (round_ > group.n_lifted) continue;
      count_dispatch(2 * group.table.size() * sizeof(Fp4));
      sums += round_of_product(context_, group.table, group.kernel);
    }
    return {sums.at_1, sums.at_2};
  }

  void fold(const Fp4& challenge) override {
    u_.push_back(challenge);
    for (auto& [key, group] : groups_) {
      if (round_ > group.n_lifted) continue;
      count_dispatch(3 * group.table.size() * sizeof(Fp4));
      fold_into(group.table, group.other_table, challenge);
      fold_into(group.kernel, group.other_kernel, challenge);
    }
    exhausted_.fold(challenge);
  }

  std::vector<std::vector<Fp4>> openings() override {
    exhaust(n_stack_);
    std::vector<std::vector<Fp4>> result;
    auto node = exhausted_.nodes().begin();
    for (const std::size_t width : widths_) {
      auto& list = result.emplace_back();
      for (std::size_t s = 0; s < width; ++s) list.push_back((node++)->value);
    }
    return result;
  }

 private:
  Fp4 rho(const Group& group) const {
    return r_[0].pow_power_of_2(context_.l_skip() - group.log_order);
  }
  Fp4 wrap_factor() const {
    const unsigned l_skip = context_.l_skip();
    return eq_univariate_one(l_skip, r_[0] * two_adic_generator(l_skip));
  }
  std::span<const Fp4> cube_point(const Group& group) const {
    return std::span(r_).subspan(1, group.n_lifted);
  }
  /// Row variables that are not above the lanes.
  unsigned low_variables(const Group& group) const {
    return static_cast<unsigned>(std::countr_zero(group.sizes.lanes)) - context_.l_skip();
  }

  static void add_product(std::vector<Fp4>& sum, std::span<const Fp4> a, std::span<const Fp4> b) {
    const std::vector<Fp4> product = multiply_polynomials(a, b);
    for (std::size_t k = 0; k < product.size(); ++k) sum[k] += product[k];
  }

  /// Coefficients of in_n(Z) * eq(Z, y) over the group of the trace: repeated and scaled for a
  /// group smaller than the skip domain.
  std::vector<Fp4> kernel_coefficients(const Group& group, const Fp4& y) const {
    const std::vector<Fp4> small = eq_univariate_coefficients(group.log_order, y);
    const Fp scale = inverse_power_of_2(context_.l_skip() - group.log_order);
    std::vector<Fp4> coefficients(std::size_t{1} << context_.l_skip());
    for (std::size_t k = 0; k < coefficients.size(); ++k) {
      coefficients[k] = small[k % small.size()] * scale;
    }
    return coefficients;
  }

  /// A of all groups, and their sums over the rows.
  void combine_columns() {
    std::vector<RowBlock> blocks;
    for (auto& [key, group] : groups_) {
      count_dispatch(group.columns.size() * group.sizes.rows * sizeof(Fp));
      fill_eq_table(context_, cube_point(group), Fp4::one(), group.eq.span());
      if (group.sizes.high != 0) {
        const auto high = group.high_weights.span().subspan(1);
        fill_eq_table(context_, cube_point(group).subspan(low_variables(group)), Fp4::one(), high);
        group.high_weights[0] = high.back();
      }
      const std::size_t count = std::min(group.sizes.rows, ColumnCombiner::kMaxRows);
      for (std::size_t first = 0; first < group.sizes.rows; first += count) {
        blocks.push_back({.group = &group, .first = first, .count = count});
      }
    }
    std::mutex mutex;
    context_.parallel.ranges(blocks.size(), 1, [&](std::size_t begin, std::size_t end) {
      ColumnCombiner combiner;
      for (std::size_t i = begin; i < end; ++i) combine_block(blocks[i], combiner, mutex);
    });
  }

  void combine_block(const RowBlock& block, ColumnCombiner& combiner, std::mutex& mutex) {
    Group& group = *block.group;
    combiner.begin(block.count);
    for (const Column& column : group.columns) {
      combiner.add(column.view->read(column.slice.stacked_column, column.slice.row + block.first,
                                     block.count, combiner.scratch()),
                   column.weight);
    }
    Fp4* const rows = &group.rows[block.first];
    combiner.finish(rows);
    const std::size_t lanes = group.sizes.lanes, count = block.count / lanes;
    if (count == 0) return;
    std::vector<Fp4> sums(2 * lanes);
    const Fp4* const previous = &group.high_weights[block.first / lanes];
    for (std::size_t lane = 0; lane < lanes; lane += kSumLanes) {
      lane_sums(rows + lane, lanes, std::span(previous + 1, count), &sums[lane]);
      if (!group.rotated) continue;
      lane_sums(rows + lane, lanes, std::span(previous, count), &sums[lanes + lane]);
    }
    const std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < sums.size(); ++i) group.sums[i] += sums[i];
  }

  /// Per z: sum over x of eq(x, r) A[z + N x], and of (succ(x, r) - eq(x, r)) A[z + N x].
  std::pair<std::vector<Fp4>, std::vector<Fp4>> domain_sums(const Group& group) const {
    const std::size_t chunk = std::size_t{1} << context_.l_skip();
    std::vector<Fp4> plain(chunk), step(chunk);
    const bool by_lanes = group.sizes.high != 0;
    const std::vector<Fp4> weights =
        eq_table(by_lanes ? cube_point(group).first(low_variables(group)) : cube_point(group));
    for (std::size_t z = 0; z < chunk; ++z) {
      Fp4 successor;
      for (std::size_t x = 0; x < weights.size(); ++x) {
        const std::size_t lane = z + x * chunk;
        const Fp4& value = by_lanes ? group.sums[lane] : group.rows[lane];
        plain[z] += weights[x] * value;
        // The row variables below the lanes turn over where x = 0.
        successor += x != 0      ? weights[x - 1] * value
                     : !by_lanes ? weights.back() * value
                                 : weights.back() * group.sums[group.sizes.lanes + lane];
      }
      step[z] = successor - plain[z];
    }
    return {std::move(plain), std::move(step)};
  }

  /// The weight of A after the prism fold: equal eq(x) + lambda (rotated eq(x) + wrap (succ(x) -
  /// eq(x))).
  void fill_kernel(Group& group, const Fp4& u0) const {
    const Fp4 inside = in_subgroup(context_.l_skip(), group.n, u0);
    Fp4 at_x = inside * eq_univariate(group.log_order, u0, rho(group)), at_previous;
    if (group.rotated) {
      const Fp omega = two_adic_generator(group.log_order);
      at_x += lambda_ * inside * eq_univariate(group.log_order, u0, rho(group) * omega);
      if (group.n > 0) {
        at_previous = lambda_ * eq_univariate_one(context_.l_skip(), u0) * wrap_factor();
        at_x -= at_previous;
      }
    }
    combine_with_previous(context_, group.eq.span(), at_x, at_previous, group.kernel);
  }

  void fold_into(std::span<Fp4>& table, std::span<Fp4>& other, const Fp4& challenge) const {
    const std::size_t half = table.size() / 2;
    fold_values(context_, table, challenge, other);
    std::swap(table, other);
    other = other.first(half / 2);
  }

  /// Groups whose last variable was bound with u_n: each of their slices goes its own way.
  void exhaust(unsigned n) {
    for (auto& [key, group] : groups_) {
      if (group.n_lifted != n) continue;
      const std::vector<Fp4> values = slice_values(group);
      std::vector<SliceNodes::Node> nodes;
      const unsigned shift = context_.l_skip() + n;
      for (std::size_t i = 0; i < values.size(); ++i) {
        const Column& column = group.columns[i];
        nodes.push_back(
            {.place = (column.first_place << (n_stack_ - n)) + (column.slice.row >> shift),
             .value = values[i],
             .weight = column.weight * group.kernel[0]});
      }
      exhausted_.insert(nodes);
    }
  }

  /// The value of each column of the group at (u_0, ..., u_n): inner products with the skip weights
  /// times eq.
  std::vector<Fp4> slice_values(Group& group) {
    count_dispatch(group.columns.size() * group.sizes.rows * sizeof(Fp));
    const std::span<const Fp4> point = std::span(u_).subspan(1, group.n_lifted);
    const bool by_lanes = group.sizes.high != 0;
    const unsigned low = by_lanes ? low_variables(group) : group.n_lifted;
    // A is not needed any more.
    const std::span<Fp4> high = group.rows.span().first(std::max<std::size_t>(group.sizes.high, 1));
    fill_eq_table(context_, point.subspan(low), Fp4::one(), high);
    std::vector<Fp4> lane_weights;
    for (const Fp4& factor : eq_table(point.first(low))) {
      for (const Fp4& weight : skip_weights_) lane_weights.push_back(factor * weight);
    }
    constexpr std::size_t kPiece = 4096;  // high rows of a column that one thread takes at a time
    const std::size_t pieces = (high.size() + kPiece - 1) / kPiece;
    std::vector<Fp4> partial(group.columns.size() * pieces);
    context_.parallel.each(partial.size(), [&](std::size_t i) {
      const std::size_t first = i % pieces * kPiece;
      const std::size_t count = std::min(kPiece, high.size() - first);
      partial[i] = piece_value(group, group.columns[i / pieces], first, high.subspan(first, count),
                               lane_weights);
    });
    std::vector<Fp4> values(group.columns.size());
    for (std::size_t i = 0; i < partial.size(); ++i) values[i / pieces] += partial[i];
    return values;
  }

  /// Of the rows from lanes * first on, weighted by high (x) lane_weights.
  static Fp4 piece_value(const Group& group, const Column& column, std::size_t first,
                         std::span<const Fp4> high, std::span<const Fp4> lane_weights) {
    const std::size_t lanes = lane_weights.size();
    std::vector<Fp> copy(group.n < 0 ? lanes : 0);  // Long columns stand together.
    const Fp* const rows = column.view->read(column.slice.stacked_column, column.slice.row,
                                             group.sizes.rows, copy.data());
    Fp4 value;
    if (group.sizes.high == 0) {
      for (std::size_t i = 0; i < lanes; ++i) value += lane_weights[i] * rows[i];
      return value;
    }
    for (std::size_t lane = 0; lane < lanes; lane += kSumLanes) {
      Fp4 sums[kSumLanes];
      lane_sums(rows + first * lanes + lane, lanes, high, sums);
      for (std::size_t i = 0; i < kSumLanes; ++i) value += lane_weights[lane + i] * sums[i];
    }
    return value;
  }

  Arena::Scope scope_;
  const Context& context_;
  unsigned round_ = 0, n_stack_ = 0;
  std::size_t num_columns_ = 0, width_ = 0;
  std::vector<std::size_t> widths_;  ///< stacked columns per commitment
  std::vector<Fp4> r_, u_;
  Fp4 lambda_;
  std::vector<Fp4> skip_weights_;
  std::map<std::pair<unsigned, bool>, Group> groups_;
  SliceNodes exhausted_{0};
};

}  // namespace

std::size_t stacked_sumcheck_bytes(unsigned l_skip, std::span<const unsigned> log_heights) {
  std::size_t bytes = 0;
  for (const unsigned log_height : log_heights) {
    const GroupSizes sizes(l_skip, log_height);
    bytes += Arena::bytes_of<Fp4>(sizes.rows) + Arena::bytes_of<Fp4>(sizes.high + 1) +
             3 * Arena::bytes_of<Fp4>(sizes.cube);
  }
  return bytes;
}

std::unique_ptr<StackedSumcheck> make_stacked_sumcheck(
    const Context& context, Arena& arena, std::span<const StackedColumnsInput> commitments,
    std::span<const Fp4> r, const Fp4& lambda) {
  return std::make_unique<CpuStackedSumcheck>(context, arena, commitments, r, lambda);
}

}  // namespace gyre::cpu
