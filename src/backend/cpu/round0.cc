#include "backend/cpu/round0.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <mutex>

#include "backend/cpu/program_kernels.h"
#include "backend/expressions/trace_rows.h"
#include "gyre/support/telemetry.h"
#include "poly/kernels.h"
#include "poly/ntt.h"

namespace gyre::cpu {
namespace {

/// Sums at every point: of the constraints, of the counts, of the message fields.
constexpr std::size_t kSums = 3;

/// Tile by tile the inputs are extended to all cosets, then the programs run over blocks of planes.
class Round0 {
 public:
  Round0(const Context& context, Arena& arena, const TraceInput& trace, const Round0Input& input)
      : scope_(arena),
        context_(context),
        trace_(trace),
        input_(input),
        air_(context.expressions[trace.air_index]),
        sizes_(context, trace.air_index, *trace.air, trace.log_height),
        tables_(context.l_skip(), sizes_.num_cosets),
        scratch_(arena, sizes_.workers * sizes_.worker) {
    const auto lane_bits =
        static_cast<std::size_t>(std::countr_zero(sizes_.shape.chunks / sizes_.shape.tiles));
    lane_eq_ = eq_table(input.row_point.first(lane_bits));
    tile_eq_ = eq_table(input.row_point.subspan(lane_bits));
    make_weights();
  }

  TraceRoundPolynomials run() {
    sums_.assign(kSums * sizes_.planes, Fp4());
    if (sizes_.planes > 0) {
      count_dispatch(sizes_.shape.height * air_.columns.size() * sizeof(Fp));
      std::atomic<std::size_t> next_tile{0};
      context_.parallel.each(sizes_.workers, [&](std::size_t worker) {
        Worker w = make_worker(worker);
        for (std::size_t tile; (tile = next_tile.fetch_add(1)) < sizes_.shape.tiles;) {
          extend_tile(w, tile);
          evaluate_tile(w, tile_eq_[tile]);
        }
        add_totals(w);
      });
    }
    return interpolate();
  }

 private:
  struct Worker {
    Fp *inputs, *registers, *totals, *planes;
  };

  Worker make_worker(std::size_t index) {
    Worker w;
    w.inputs = scratch_.data() + index * sizes_.worker;
    w.registers = w.inputs + sizes_.inputs;
    w.totals = w.registers + sizes_.registers;
    w.planes = w.totals + sizes_.totals;
    std::fill_n(w.totals, sizes_.totals, Fp());
    for (std::uint32_t i = 0; i < air_.inputs.inputs.size(); ++i) {
      const ProgramInput& in = air_.inputs.inputs[i];
      if (in.uniform()) fill_input(w, i, uniform_value(trace_, in));
    }
    return w;
  }

  /// Distance of the blocks of planes; each holds all inputs.
  std::size_t block_stride() const {
    return air_.inputs.inputs.size() * sizes_.block_planes * sizes_.shape.lanes;
  }
  ExtendedTarget target(const Worker& w, std::uint32_t input) const {
    return {.values = input == InputTable::kNoInput
                          ? nullptr
                          : w.inputs + input * sizes_.block_planes * sizes_.shape.lanes,
            .first_coset = sizes_.first_coset,
            .log_block_planes = static_cast<std::size_t>(std::countr_zero(sizes_.block_planes)),
            .block_stride = block_stride()};
  }
  void fill_input(const Worker& w, std::uint32_t input, Fp value) const {
    Fp* values = target(w, input).values;
    for (std::size_t plane = 0; plane < sizes_.planes; plane += sizes_.block_planes) {
      std::fill_n(values, sizes_.block_planes * sizes_.shape.lanes, value);
      values += block_stride();
    }
  }

  void extend_tile(const Worker& w, std::size_t tile) const {
    const auto values = [&](std::size_t c) {
      return variable_column(trace_, air_.columns[c].variable).data();
    };
    for (std::size_t c = 0; c < air_.columns.size(); ++c) {
      const AirExpressions::Column& column = air_.columns[c];
      extend_column(tables_, sizes_.shape, values(c),
                    values(std::min(c + 1, air_.columns.size() - 1)), tile, sizes_.first_coset,
                    sizes_.num_cosets, target(w, column.local), target(w, column.next), w.planes);
    }
    for (std::uint32_t i = 0; i < air_.inputs.inputs.size(); ++i) {
      const NodeKind kind = air_.inputs.inputs[i].kind;
      if (kind == NodeKind::kVariable || kind == NodeKind::kConstant) continue;
      extend_selector(w, tile, i, kind);
    }
  }

  /// Only the first and the last tile hold a row that differs from the others.
  void extend_selector(const Worker& w, std::size_t tile, std::uint32_t input,
                       NodeKind kind) const {
    const Fp usual = kind == NodeKind::kIsTransition ? Fp::one() : Fp();
    if (tile != 0 && tile + 1 != sizes_.shape.tiles) return fill_input(w, input, usual);
    for (std::size_t lane = 0; lane < sizes_.shape.lanes; ++lane) {
      const std::size_t chunk = std::min(tile * sizes_.shape.lanes + lane, sizes_.shape.chunks - 1);
      for (std::size_t z = 0; z < sizes_.shape.chunk; ++z) {
        const std::size_t row = (chunk * sizes_.shape.chunk + z) & (sizes_.shape.height - 1);
        const bool special = row == (kind == NodeKind::kIsFirstRow ? 0 : sizes_.shape.height - 1);
        w.planes[z * sizes_.shape.lanes + lane] = special ? Fp::one() - usual : usual;
      }
    }
    extend_planes(tables_, w.planes, sizes_.first_coset, sizes_.num_cosets, target(w, input));
  }

  void evaluate_tile(const Worker& w, const Fp4& scale) const {
    for (std::size_t plane = 0; plane < sizes_.planes; plane += sizes_.block_planes) {
      const std::size_t coset = sizes_.first_coset + plane / sizes_.shape.chunk;
      BaseBlock block{.vectors = sizes_.block_planes,
                      .inputs = w.inputs + plane / sizes_.block_planes * block_stride(),
                      .input_stride = sizes_.block_planes * sizes_.shape.lanes,
                      .registers = w.registers,
                      .weights = constraint_weights_.data(),
                      .scale = scale,
                      .totals = w.totals + plane * 4 * sizes_.shape.lanes,
                      .total_stride = sizes_.planes * 4 * sizes_.shape.lanes};
      if (coset >= 1 && coset < sizes_.constraint_cosets) {
        run_in_base_field(air_.constraint_program, block);
      }
      if (coset < sizes_.interaction_cosets) {
        block.weights = interaction_weights_.data();
        block.totals += block.total_stride;
        run_in_base_field(air_.interaction_program, block);
      }
    }
  }

  /// Weights the lanes by their part of eq.
  void add_totals(const Worker& w) {
    const std::size_t lanes = sizes_.shape.lanes;
    std::vector<Fp4> sums(kSums * sizes_.planes);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const Fp* t = w.totals + i * 4 * lanes;
      for (std::size_t l = 0; l < lane_eq_.size(); ++l) {
        sums[i] += lane_eq_[l] * Fp4(t[l], t[lanes + l], t[2 * lanes + l], t[3 * lanes + l]);
      }
    }
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < sums.size(); ++i) sums_[i] += sums[i];
  }

  void make_weights() {
    constraint_weights_ = powers(input_.lambda, air_.constraints.nodes.size());
    interaction_weights_.resize(air_.counts.nodes.size() + air_.fields.nodes.size());
    const auto& interactions = trace_.air->symbolic.interactions;
    for (std::size_t i = 0; i < interactions.size(); ++i) {
      Fp4 weight = input_.interaction_weights[i];
      interaction_weights_[air_.counts.output_of_node[interactions[i].count]] += weight;
      for (const std::uint32_t field : interactions[i].message) {
        interaction_weights_[air_.counts.nodes.size() + air_.fields.output_of_node[field]] +=
            weight;
        weight *= input_.beta;
      }
      constant_ += weight * Fp::from_canonical(interactions[i].bus_index + 1u);
    }
  }

  std::vector<Fp4> coset_sums(std::size_t group, std::size_t coset) const {
    const auto first = sums_.begin() + static_cast<std::ptrdiff_t>(group * sizes_.planes +
                                                                   (coset - sizes_.first_coset) *
                                                                       sizes_.shape.chunk);
    return {first, first + static_cast<std::ptrdiff_t>(sizes_.shape.chunk)};
  }

  /// Values on a coset to the coefficients of the remainder modulo Z^N - shift^N.
  void to_remainder(std::vector<Fp4>& values, std::size_t coset) const {
    inverse_dft(std::span(values));
    const Fp inverse_shift = tables_.shifts[coset].inverse();
    Fp power = Fp::one();
    for (Fp4& value : values) {
      value *= power;
      power *= inverse_shift;
    }
  }

  /// From the remainders modulo Z^N - y_c, y_c = shift_c^N: for each residue j of the exponent, the
  /// coefficients j, j + N, j + 2N, ... are a polynomial in y interpolated at the y_c.
  std::vector<Fp4> combine(const std::vector<std::vector<Fp4>>& remainders,
                           std::span<const Fp> points) const {
    const std::size_t count = remainders.size();
    std::vector<Fp4> coefficients(count * sizes_.shape.chunk);
    for (std::size_t c = 0; c < count; ++c) {
      // Lagrange basis polynomial of point c, by coefficients.
      std::vector<Fp> basis = {Fp::one()};
      Fp denominator = Fp::one();
      for (std::size_t other = 0; other < count; ++other) {
        if (other == c) continue;
        denominator *= points[c] - points[other];
        basis.push_back(Fp());
        for (std::size_t i = basis.size() - 1; i > 0; --i) {
          basis[i] = basis[i - 1] - points[other] * basis[i];
        }
        basis[0] = -points[other] * basis[0];
      }
      const Fp scale = denominator.inverse();
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < sizes_.shape.chunk; ++j) {
          coefficients[i * sizes_.shape.chunk + j] += remainders[c][j] * (basis[i] * scale);
        }
      }
    }
    return coefficients;
  }

  TraceRoundPolynomials interpolate() {
    std::vector<Fp> points;
    for (const Fp shift : tables_.shifts) points.push_back(shift.pow(sizes_.shape.chunk));
    TraceRoundPolynomials result;
    const std::size_t degree_bound = sizes_.degree * (sizes_.shape.chunk - 1) + 1;
    if (sizes_.interaction_cosets > 0) {
      result.numerator = sum_polynomial(1, points);
      result.denominator = sum_polynomial(2, points);
      result.numerator.resize(degree_bound);
      result.denominator.resize(degree_bound);
      result.denominator[0] += constant_;
    }
    if (sizes_.constraint_cosets > 1) {
      result.zerocheck = zerocheck(points);
      result.zerocheck.resize(degree_bound);
    }
    return result;
  }

  /// From the values of a sum of interactions on the cosets 0 .. sizes_.interaction_cosets - 1.
  std::vector<Fp4> sum_polynomial(std::size_t group, std::span<const Fp> points) {
    std::vector<std::vector<Fp4>> remainders;
    for (std::size_t c = 0; c < sizes_.interaction_cosets; ++c) {
      remainders.push_back(coset_sums(group, c));
      to_remainder(remainders.back(), c);
    }
    return combine(remainders, points.first(sizes_.interaction_cosets));
  }

  /// V = (Z^N - 1) W with W of degree below (d - 1) N, from the cosets other than D.
  std::vector<Fp4> zerocheck(std::span<const Fp> points) {
    std::vector<std::vector<Fp4>> quotients;
    for (std::size_t c = 1; c < sizes_.constraint_cosets; ++c) {
      std::vector<Fp4>& values = quotients.emplace_back(coset_sums(0, c));
      to_remainder(values, c);
      const Fp vanishing = (points[c] - Fp::one()).inverse();
      for (Fp4& value : values) value *= vanishing;
    }
    const std::vector<Fp4> quotient =
        combine(quotients, points.subspan(1, sizes_.constraint_cosets - 1));
    std::vector<Fp4> polynomial(quotient.size() + sizes_.shape.chunk);
    for (std::size_t i = 0; i < quotient.size(); ++i) {
      polynomial[i + sizes_.shape.chunk] += quotient[i];
      polynomial[i] -= quotient[i];
    }
    return polynomial;
  }

  Arena::Scope scope_;
  const Context& context_;
  const TraceInput& trace_;
  const Round0Input& input_;
  const AirExpressions& air_;
  Round0Sizes sizes_;
  CosetTables tables_;
  std::vector<Fp4> tile_eq_, lane_eq_, constraint_weights_, interaction_weights_;
  Fp4 constant_;  ///< the bus terms
  Buffer<Fp> scratch_;
  std::mutex mutex_;
  std::vector<Fp4> sums_;  ///< [sum][coset][z]
};

}  // namespace

Round0Sizes::Round0Sizes(const Context& context, std::size_t air_index, const AirVerifyingKey& key,
                         unsigned log_height)
    : shape(context.l_skip(), log_height),
      degree(std::max<std::size_t>(key.max_constraint_degree, 1)) {
  const AirExpressions& air = context.expressions[air_index];
  constraint_cosets = std::min(air.constraint_degree, degree);
  interaction_cosets = key.symbolic.interactions.empty()
                           ? 0
                           : std::clamp<std::size_t>(air.interaction_degree, 1, degree);
  first_coset = interaction_cosets > 0 ? 0 : 1;
  num_cosets = std::max({constraint_cosets, interaction_cosets, first_coset});
  planes = (num_cosets - first_coset) * shape.chunk;
  block_planes = std::min(kBaseBlockVectors, shape.chunk);
  inputs = planes * air.inputs.inputs.size() * shape.lanes;
  registers = block_planes * shape.lanes *
              std::max(air.constraint_program.num_registers, air.interaction_program.num_registers);
  totals = kSums * planes * 4 * shape.lanes;
  worker = inputs + registers + totals + 2 * shape.chunk * shape.lanes;
  worker = (worker + 15) / 16 * 16;
  workers = std::min<std::size_t>(context.parallel.threads(), shape.tiles);
}

TraceRoundPolynomials round0_polynomials(const Context& context, Arena& arena,
                                         const TraceInput& trace, const Round0Input& input) {
  return Round0(context, arena, trace, input).run();
}

}  // namespace gyre::cpu
