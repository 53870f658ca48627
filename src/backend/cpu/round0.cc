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
        tables_(context.l_skip(), sizes_.cosets.count),
        weights_(air_, trace.air->symbolic, input.interaction_weights, input.beta, input.lambda),
        scratch_(arena, sizes_.workers * sizes_.worker) {
    const auto lane_bits =
        static_cast<std::size_t>(std::countr_zero(sizes_.shape.chunks / sizes_.shape.tiles));
    lane_eq_ = eq_table(input.row_point.first(lane_bits));
    tile_eq_ = eq_table(input.row_point.subspan(lane_bits));
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
            .first_coset = sizes_.cosets.first,
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
                    values(std::min(c + 1, air_.columns.size() - 1)), tile, sizes_.cosets.first,
                    sizes_.cosets.count, target(w, column.local), target(w, column.next), w.planes);
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
    extend_planes(tables_, w.planes, sizes_.cosets.first, sizes_.cosets.count, target(w, input));
  }

  void evaluate_tile(const Worker& w, const Fp4& scale) const {
    for (std::size_t plane = 0; plane < sizes_.planes; plane += sizes_.block_planes) {
      const std::size_t coset = sizes_.cosets.first + plane / sizes_.shape.chunk;
      BaseBlock block{.vectors = sizes_.block_planes,
                      .inputs = w.inputs + plane / sizes_.block_planes * block_stride(),
                      .input_stride = sizes_.block_planes * sizes_.shape.lanes,
                      .registers = w.registers,
                      .weights = weights_.constraints.data(),
                      .scale = scale,
                      .totals = w.totals + plane * 4 * sizes_.shape.lanes,
                      .total_stride = sizes_.planes * 4 * sizes_.shape.lanes};
      if (coset >= 1 && coset < sizes_.cosets.constraints) {
        run_in_base_field(air_.constraint_program, block);
      }
      if (coset < sizes_.cosets.interactions) {
        block.weights = weights_.interactions.data();
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

  TraceRoundPolynomials interpolate() const {
    Round0Sums sums;
    const Round0Cosets& cosets = sizes_.cosets;
    for (std::size_t c = 1; c < cosets.constraints; ++c) {
      sums.constraints.push_back(coset_sums(0, c));
    }
    for (std::size_t c = 0; c < cosets.interactions; ++c) {
      sums.counts.push_back(coset_sums(1, c));
      sums.fields.push_back(coset_sums(2, c));
    }
    sums.constant = weights_.constant;
    return round0_polynomials(context_.l_skip(), cosets, std::move(sums));
  }
  std::vector<Fp4> coset_sums(std::size_t group, std::size_t coset) const {
    const auto first = sums_.begin() + static_cast<std::ptrdiff_t>(group * sizes_.planes +
                                                                   (coset - sizes_.cosets.first) *
                                                                       sizes_.shape.chunk);
    return {first, first + static_cast<std::ptrdiff_t>(sizes_.shape.chunk)};
  }

  Arena::Scope scope_;
  const Context& context_;
  const TraceInput& trace_;
  const Round0Input& input_;
  const AirExpressions& air_;
  Round0Sizes sizes_;
  CosetTables tables_;
  std::vector<Fp4> tile_eq_, lane_eq_;
  Round0Weights weights_;
  Buffer<Fp> scratch_;
  std::mutex mutex_;
  std::vector<Fp4> sums_;  ///< [sum][coset][z]
};

}  // namespace

Round0Sizes::Round0Sizes(const Context& context, std::size_t air_index, const AirVerifyingKey& key,
                         unsigned log_height)
    : shape(context.l_skip(), log_height), cosets(context.expressions[air_index], key) {
  const AirExpressions& air = context.expressions[air_index];
  planes = (cosets.count - cosets.first) * shape.chunk;
  block_planes = std::min(kBaseBlockVectors, shape.chunk);
  inputs = planes * air.inputs.inputs.size() * shape.lanes;
  registers = block_planes * shape.lanes *
              std::max(air.constraint_program.num_registers, air.interaction_program.num_registers);
  totals = kSums * planes * 4 * shape.lanes;
  worker = inputs + registers + totals + 2 * shape.chunk * shape.lanes;
  worker = (worker + 15) / 16 * 16;
  workers = std::min<std::size_t>(context.parallel.threads(), shape.tiles);
}

TraceRoundPolynomials run_round0(const Context& context, Arena& arena, const TraceInput& trace,
                                 const Round0Input& input) {
  return Round0(context, arena, trace, input).run();
}

}  // namespace gyre::cpu
