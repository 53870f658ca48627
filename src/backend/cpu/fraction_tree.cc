#include <algorithm>
#include <utility>

#include "backend/cpu/cpu.h"
#include "backend/cpu/trace_block.h"
#include "gyre/support/telemetry.h"
#include "poly/kernels.h"

namespace gyre::cpu {
namespace {

struct RoundSums {
  Fp4 at_0, at_1, at_2;
  RoundSums& operator+=(const RoundSums& other) {
    at_0 += other.at_0;
    at_1 += other.at_1;
    at_2 += other.at_2;
    return *this;
  }
};

class CpuFractionTree : public FractionTree {
 public:
  CpuFractionTree(const Context& context, std::span<const TraceInput> traces,
                  std::span<const FractionBlock> blocks, unsigned num_layers, const Fp4& alpha,
                  const Fp4& beta)
      : context_(context) {
    for (unsigned j = 0; j <= num_layers; ++j) {
      layers_.push_back({Buffer<Fp4>(std::size_t{1} << j), Buffer<Fp4>(std::size_t{1} << j)});
    }
    fill_leaves(traces, blocks, alpha, beta);
    for (unsigned j = num_layers; j-- > 0;) {
      const Layer& below = layers_[j + 1];
      Layer& layer = layers_[j];
      count_dispatch(6 * layer.p.size() * sizeof(Fp4));
      context.parallel.ranges(layer.p.size(), kGrain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t k = begin; k < end; ++k) {
          layer.p[k] = below.p[2 * k] * below.q[2 * k + 1] + below.p[2 * k + 1] * below.q[2 * k];
          layer.q[k] = below.q[2 * k] * below.q[2 * k + 1];
        }
      });
    }
  }

  Fraction root() const override { return {layers_[0].p[0], layers_[0].q[0]}; }

  GkrLayerClaims first_layer() const override {
    const Layer& layer = layers_[1];
    return {.p0 = layer.p[0], .q0 = layer.q[0], .p1 = layer.p[1], .q1 = layer.q[1]};
  }

  void begin_layer(unsigned layer, std::span<const Fp4> xi, const Fp4& lambda) override {
    const Layer& values = layers_[layer];
    const std::size_t half = values.p.size() / 2;
    for (FoldingTable* table : {&p0_, &q0_, &p1_, &q1_}) *table = FoldingTable(half);
    // With lambda q0 added to p0, the summand is p0 q1 + p1 q0.
    context_.parallel.ranges(half, kGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t y = begin; y < end; ++y) {
        q0_[y] = values.q[2 * y];
        p0_[y] = values.p[2 * y] + lambda * q0_[y];
        p1_[y] = values.p[2 * y + 1];
        q1_[y] = values.q[2 * y + 1];
      }
    });
    lambda_ = lambda;
    xi_.assign(xi.begin(), xi.end());
    eq_bound_ = Fp4::one();
    eq_rest_ = eq_table(xi.subspan(1));
  }

  /// S(X) = eq(xi_s, X) S'(X) with S' of degree 2. Spec 04, section 10.
  std::array<Fp4, 3> round(const Fp4& claim) override {
    const Fp4 xi = xi_.front();
    const bool derive = !(xi == Fp4::one());
    count_dispatch(8 * eq_rest_.size() * sizeof(Fp4));
    RoundSums sums = context_.parallel.sum<RoundSums>(
        eq_rest_.size(), kGrain,
        [&](std::size_t begin, std::size_t end) { return partial_sums(begin, end, !derive); });
    sums.at_1 *= eq_bound_;
    sums.at_2 *= eq_bound_;
    const Fp4 at_0 =
        derive ? (claim - xi * sums.at_1) * (Fp4::one() - xi).inverse() : sums.at_0 * eq_bound_;
    const Fp three = Fp::from_canonical(3);
    const Fp4 at_3 = at_0 + (sums.at_2 - sums.at_1) * three;
    return {xi * sums.at_1, eq1(xi, Fp4(Fp::from_canonical(2))) * sums.at_2,
            eq1(xi, Fp4(three)) * at_3};
  }

  void fold(const Fp4& challenge) override {
    for (FoldingTable* table : {&p0_, &q0_, &p1_, &q1_}) table->bind_lowest(context_, challenge);
    eq_bound_ *= eq1(xi_.front(), challenge);
    xi_.erase(xi_.begin());
    // Dropping a coordinate of the eq table adds neighbours.
    const std::size_t half = eq_rest_.size() / 2;
    for (std::size_t y = 0; y < half; ++y) eq_rest_[y] = eq_rest_[2 * y] + eq_rest_[2 * y + 1];
    if (half != 0) eq_rest_.resize(half);
  }

  GkrLayerClaims claims() const override {
    return {.p0 = p0_[0] - lambda_ * q0_[0], .q0 = q0_[0], .p1 = p1_[0], .q1 = q1_[0]};
  }

 private:
  struct Layer {
    Buffer<Fp4> p, q;
  };

  RoundSums partial_sums(std::size_t begin, std::size_t end, bool with_0) const {
    RoundSums sums;
    for (std::size_t y = begin; y < end; ++y) {
      const std::size_t a = 2 * y, b = 2 * y + 1;
      const Fp4& weight = eq_rest_[y];
      sums.at_1 += weight * (p0_[b] * q1_[b] + p1_[b] * q0_[b]);
      const auto at_2 = [&](const FoldingTable& t) { return t[b].doubled() - t[a]; };
      sums.at_2 += weight * (at_2(p0_) * at_2(q1_) + at_2(p1_) * at_2(q0_));
      if (with_0) sums.at_0 += weight * (p0_[a] * q1_[a] + p1_[a] * q0_[a]);
    }
    return sums;
  }

  void fill_leaves(std::span<const TraceInput> traces, std::span<const FractionBlock> blocks,
                   const Fp4& alpha, const Fp4& beta) {
    Layer& leaves = layers_.back();
    std::fill(leaves.p.begin(), leaves.p.end(), Fp4());
    std::fill(leaves.q.begin(), leaves.q.end(), alpha);
    for (std::size_t first = 0; first < blocks.size();) {
      const TraceInput& trace = traces[blocks[first].trace];
      const std::size_t count = trace.air->symbolic.interactions.size();
      fill_trace(trace, blocks.subspan(first, count), alpha, beta);
      first += count;
    }
  }

  void fill_trace(const TraceInput& trace, std::span<const FractionBlock> blocks, const Fp4& alpha,
                  const Fp4& beta) {
    const AirProgram& program = context_.programs[trace.air_index];
    const std::size_t height = std::size_t{1} << trace.log_height;
    const std::size_t lifted = std::max(height, std::size_t{1} << context_.l_skip());
    const Fp norm = Fp::from_uint64(lifted / height).inverse();
    Layer& leaves = layers_.back();
    std::size_t longest = 0;
    for (const auto& interaction : program.interactions) {
      longest = std::max(longest, interaction.message.size());
    }
    const std::vector<Fp4> beta_powers = powers(beta, longest + 1);
    count_dispatch(2 * lifted * blocks.size() * sizeof(Fp4));
    context_.parallel.ranges(
        (height + kBlock - 1) / kBlock, 4, [&](std::size_t begin, std::size_t end) {
          std::vector<Fp> registers(std::size_t{program.num_registers} * kBlock);
          for (std::size_t block = begin; block < end; ++block) {
            fill_row_inputs(trace, program, block * kBlock, registers.data());
            run_block(program, registers.data());
            const std::size_t points = std::min(kBlock, height - block * kBlock);
            for (std::size_t i = 0; i < blocks.size(); ++i) {
              const auto& interaction = program.interactions[blocks[i].interaction];
              const Fp4 constant =
                  alpha + beta_powers[interaction.message.size()] * interaction.bus;
              for (std::size_t point = 0; point < points; ++point) {
                Fp4 q = constant;
                for (std::size_t f = 0; f < interaction.message.size(); ++f) {
                  q += beta_powers[f] * registers[interaction.message[f] * kBlock + point];
                }
                const Fp p = norm * registers[interaction.count * kBlock + point];
                for (std::size_t row = block * kBlock + point; row < lifted; row += height) {
                  leaves.p[blocks[i].offset + row] = Fp4(p);
                  leaves.q[blocks[i].offset + row] = q;
                }
              }
            }
          }
        });
  }

  const Context& context_;
  std::vector<Layer> layers_;
  FoldingTable p0_, q0_, p1_, q1_;
  std::vector<Fp4> xi_, eq_rest_;
  Fp4 eq_bound_, lambda_;
};

}  // namespace

std::unique_ptr<FractionTree> make_fraction_tree(const Context& context, Arena&,
                                                 std::span<const TraceInput> traces,
                                                 std::span<const FractionBlock> blocks,
                                                 unsigned num_layers, const Fp4& alpha,
                                                 const Fp4& beta) {
  return std::make_unique<CpuFractionTree>(context, traces, blocks, num_layers, alpha, beta);
}

}  // namespace gyre::cpu
