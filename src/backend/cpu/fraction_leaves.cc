#include "backend/cpu/fraction_leaves.h"

#include <algorithm>
#include <vector>

#include "backend/cpu/fraction_kernels.h"
#include "backend/cpu/trace_block.h"
#include "gyre/support/telemetry.h"
#include "poly/kernels.h"

namespace gyre::cpu {
namespace {

std::size_t lifted_height(const TraceInput& trace, unsigned l_skip) {
  return std::size_t{1} << std::max(trace.log_height, l_skip);
}

/// The interactions of one trace as linear combinations of registers.
class TraceFractions {
 public:
  TraceFractions(const TraceInput& trace, const AirProgram& program,
                 std::span<const FractionBlock> blocks, unsigned l_skip, const Fp4& alpha,
                 const Fp4& beta, const FractionTables& leaves)
      : trace_(trace), program_(program), blocks_(blocks), leaves_(leaves) {
    height_ = std::size_t{1} << trace.log_height;
    lifted_ = lifted_height(trace, l_skip);
    norm_ = Fp::from_uint64(lifted_ / height_).inverse();
    std::size_t longest = 0;
    for (const auto& interaction : program.interactions) {
      longest = std::max(longest, interaction.message.size());
    }
    beta_powers_ = powers(beta, longest + 1);
    for (const FractionBlock& block : blocks) {
      const auto& interaction = program.interactions[block.interaction];
      constants_.push_back(alpha + beta_powers_[interaction.message.size()] * interaction.bus);
    }
  }

  std::size_t num_blocks() const { return (height_ + kBlock - 1) / kBlock; }

  /// Rows [begin * kBlock, end * kBlock).
  void fill(std::size_t begin, std::size_t end) const {
    std::vector<Fp> registers(std::size_t{program_.num_registers} * kBlock);
    std::vector<const Fp*> message;
    Fp q[Fp4::kDegree * kBlock];
    for (std::size_t block = begin; block < end; ++block) {
      fill_row_inputs(trace_, program_, block * kBlock, registers.data());
      run_block(program_, registers.data());
      for (std::size_t i = 0; i < blocks_.size(); ++i) {
        const auto& interaction = program_.interactions[blocks_[i].interaction];
        message.clear();
        for (const std::uint32_t field : interaction.message) {
          message.push_back(registers.data() + std::size_t{field} * kBlock);
        }
        combine_columns(message, beta_powers_.data(), constants_[i], kBlock, q);
        store(blocks_[i].offset, block * kBlock,
              registers.data() + std::size_t{interaction.count} * kBlock, q);
      }
    }
  }

 private:
  /// Rows first_row, ... of the slice that begins at leaf `offset`: a multiple of its length, so
  /// that tall slices consist of whole tiles. Short traces are repeated, their numerators divided
  /// by the number of repetitions.
  void store(std::size_t offset, std::size_t first_row, const Fp* p, const Fp* q) const {
    const std::size_t rows = std::min(kBlock, height_ - first_row);
    if (lifted_ == height_ && height_ >= 2 * kTile) {
      for (std::size_t row = 0; row < rows; row += 2 * kTile) {
        store_leaves(p + row, q + row, kBlock, leaves_, (offset + first_row + row) / (2 * kTile));
      }
      return;
    }
    for (std::size_t row = 0; row < rows; ++row) {
      const Fp4 value(q[row], q[kBlock + row], q[2 * kBlock + row], q[3 * kBlock + row]);
      for (std::size_t r = first_row + row; r < lifted_; r += height_) {
        const std::size_t leaf = offset + r;
        (leaf % 2 == 0 ? leaves_.p0 : leaves_.p1)[leaf / 2] = norm_ * p[row];
        set_tile_element(leaf % 2 == 0 ? leaves_.q0 : leaves_.q1, leaf / 2, value);
      }
    }
  }

  const TraceInput& trace_;
  const AirProgram& program_;
  std::span<const FractionBlock> blocks_;
  FractionTables leaves_;
  std::size_t height_, lifted_;
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
    const TraceFractions fractions(trace, context.programs[trace.air_index],
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
