#include "backend/cpu/fraction_leaves.h"

#include <algorithm>
#include <vector>

#include "backend/cpu/fraction_kernels.h"
#include "backend/cpu/program_kernels.h"
#include "backend/expressions/trace_rows.h"
#include "gyre/support/telemetry.h"
#include "poly/kernels.h"

namespace gyre::cpu {
namespace {

std::size_t lifted_height(const TraceInput& trace, unsigned l_skip) {
  return std::size_t{1} << std::max(trace.log_height, l_skip);
}

/// The fractions of one trace: a program computes the parts of its interactions on blocks of rows,
/// which lie side by side in the lanes.
class TraceFractions {
 public:
  TraceFractions(const TraceInput& trace, const AirExpressions& air,
                 std::span<const FractionBlock> blocks, unsigned l_skip, const Fp4& alpha,
                 const Fp4& beta, const FractionTables& leaves)
      : trace_(trace),
        air_(air),
        interactions_(trace.air->symbolic.interactions),
        blocks_(blocks),
        leaves_(leaves),
        block_rows_(kBaseBlockVectors * packed_lanes()) {
    height_ = std::size_t{1} << trace.log_height;
    lifted_ = lifted_height(trace, l_skip);
    norm_ = Fp::from_uint64(lifted_ / height_).inverse();
    std::size_t longest = 0;
    for (const Interaction& interaction : interactions_) {
      longest = std::max(longest, interaction.message.size());
    }
    beta_powers_ = powers(beta, longest + 1);
    for (const FractionBlock& block : blocks) {
      const Interaction& interaction = interactions_[block.interaction];
      constants_.push_back(alpha + beta_powers_[interaction.message.size()] *
                                       Fp::from_canonical(interaction.bus_index + 1u));
    }
  }

  /// Blocks of rows.
  std::size_t num_blocks() const { return (height_ + block_rows_ - 1) / block_rows_; }

  /// All fractions of the blocks [begin, end) of rows.
  void fill(std::size_t begin, std::size_t end) const {
    const std::vector<ProgramInput>& inputs = air_.fraction_inputs.inputs;
    const ExpressionProgram& program = air_.fraction_program;
    Buffer<Fp> scratch((inputs.size() + program.num_registers + Fp4::kDegree) * block_rows_);
    Fp* const q = scratch.data();
    const std::span values(q + Fp4::kDegree * block_rows_, inputs.size() * block_rows_);
    const BaseBlock block{.vectors = kBaseBlockVectors,
                          .inputs = values.data(),
                          .input_stride = block_rows_,
                          .registers = values.data() + values.size(),
                          .weights = nullptr,
                          .scale = {},
                          .totals = nullptr,
                          .total_stride = 0};
    const auto value = [&](std::uint32_t node) {
      return block_value(block, program.outputs[air_.fraction_parts.output_of_node[node]]);
    };
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].uniform()) continue;
      std::ranges::fill(values.subspan(i * block_rows_, block_rows_),
                        uniform_value(trace_, inputs[i]));
    }
    std::vector<const Fp*> message;
    for (std::size_t row = begin * block_rows_; row < end * block_rows_; row += block_rows_) {
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i].uniform()) continue;
        read_rows(trace_, inputs[i], row, values.subspan(i * block_rows_, block_rows_));
      }
      run_in_base_field(program, block);
      for (std::size_t i = 0; i < blocks_.size(); ++i) {
        const Interaction& interaction = interactions_[blocks_[i].interaction];
        message.clear();
        for (const std::uint32_t field : interaction.message) message.push_back(value(field));
        combine_columns(message, beta_powers_.data(), constants_[i], block_rows_, q);
        store(blocks_[i].offset, row, value(interaction.count), q);
      }
    }
  }

 private:
  /// Rows first_row, ... of the slice that begins at leaf `offset`: a multiple of its length, so
  /// that tall slices consist of whole tiles, as blocks do unless vectors are tiny. Short traces
  /// are repeated, their numerators divided by the number of repetitions.
  void store(std::size_t offset, std::size_t first_row, const Fp* p, const Fp* q) const {
    const std::size_t rows = std::min(block_rows_, height_ - first_row);
    if (lifted_ == height_ && rows % (2 * kTile) == 0) {
      for (std::size_t row = 0; row < rows; row += 2 * kTile) {
        store_leaves(p + row, q + row, block_rows_, leaves_,
                     (offset + first_row + row) / (2 * kTile));
      }
      return;
    }
    for (std::size_t row = 0; row < rows; ++row) {
      const Fp4 value(q[row], q[block_rows_ + row], q[2 * block_rows_ + row],
                      q[3 * block_rows_ + row]);
      for (std::size_t r = first_row + row; r < lifted_; r += height_) {
        const std::size_t leaf = offset + r;
        (leaf % 2 == 0 ? leaves_.p0 : leaves_.p1)[leaf / 2] = norm_ * p[row];
        set_tile_element(leaf % 2 == 0 ? leaves_.q0 : leaves_.q1, leaf / 2, value);
      }
    }
  }

  const TraceInput& trace_;
  const AirExpressions& air_;
  std::span<const Interaction> interactions_;
  std::span<const FractionBlock> blocks_;
  FractionTables leaves_;
  std::size_t block_rows_, height_, lifted_;
  Fp norm_;
  std::vector<Fp4> beta_powers_;
  std::vector<Fp4> constants_;  ///< per block: alpha + beta^L (bus + 1)
};

}  // namespace

std::size_t num_real_leaves(std::span<const TraceInput> traces,
                            std::span<const FractionBlock> blocks, unsigned l_skip) {
  std::size_t total = 0;
  for (const FractionBlock& block : blocks) total += lifted_height(traces[block.trace], l_skip);
  return total;
}

void fill_leaves(const Context& context, std::span<const TraceInput> traces,
                 std::span<const FractionBlock> blocks, const Fp4& alpha, const Fp4& beta,
                 const FractionTables& leaves) {
  for (std::size_t first = 0; first < blocks.size();) {
    const TraceInput& trace = traces[blocks[first].trace];
    const std::size_t count = trace.air->symbolic.interactions.size();
    const TraceFractions fractions(trace, context.expressions[trace.air_index],
                                   blocks.subspan(first, count), context.l_skip(), alpha, beta,
                                   leaves);
    const std::size_t fraction_bytes = sizeof(Fp) + sizeof(Fp4);
    count_dispatch(count * lifted_height(trace, context.l_skip()) * fraction_bytes);
    context.parallel.ranges(fractions.num_blocks(), 4, [&](std::size_t begin, std::size_t end) {
      fractions.fill(begin, end);
    });
    first += count;
  }
}

}  // namespace gyre::cpu
