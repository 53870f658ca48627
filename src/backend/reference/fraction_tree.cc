#include <algorithm>
#include <utility>

#include "air/dag_evaluate.h"
#include "backend/reference/reference.h"
#include "poly/kernels.h"

namespace gyre::reference {
namespace {

/// Values of all DAG nodes at a true row of a trace.
std::vector<Fp> nodes_at_row(const TraceInput& trace, std::size_t row) {
  const std::size_t height = std::size_t{1} << trace.log_height;
  const bool first = row == 0, last = row == height - 1;
  const Selectors<Fp> selectors{.is_first = first ? Fp::one() : Fp(),
                                .is_last = last ? Fp::one() : Fp(),
                                .is_transition = last ? Fp() : Fp::one()};
  return evaluate_nodes<Fp>(trace.air->symbolic.nodes, selectors, [&](const Variable& variable) {
    const std::size_t r = (row + variable.offset) % height;
    switch (variable.source) {
      case VariableSource::kPreprocessed:
        return trace.preprocessed(r, variable.index);
      case VariableSource::kMain:
        return trace.main_parts[variable.part](r, variable.index);
      default:
        return trace.public_values[variable.index];
    }
  });
}

class PlainFractionTree : public FractionTree {
 public:
  PlainFractionTree(std::span<const TraceInput> traces, std::span<const FractionBlock> blocks,
                    unsigned num_layers, unsigned l_skip, const Fp4& alpha, const Fp4& beta)
      : layers_(num_layers + 1) {
    Layer& leaves = layers_[num_layers];
    leaves.p.assign(std::size_t{1} << num_layers, Fp4());
    leaves.q.assign(std::size_t{1} << num_layers, alpha);
    for (const FractionBlock& block : blocks) {
      fill_block(traces[block.trace], block, l_skip, alpha, beta);
    }
    for (unsigned j = num_layers; j-- > 0;) {
      const Layer& below = layers_[j + 1];
      for (std::size_t k = 0; k < std::size_t{1} << j; ++k) {
        layers_[j].p.push_back(below.p[2 * k] * below.q[2 * k + 1] +
                               below.p[2 * k + 1] * below.q[2 * k]);
        layers_[j].q.push_back(below.q[2 * k] * below.q[2 * k + 1]);
      }
    }
  }

  Fraction root() const override { return {layers_[0].p[0], layers_[0].q[0]}; }

  GkrLayerClaims first_layer() const override {
    const Layer& layer = layers_[1];
    return {.p0 = layer.p[0], .q0 = layer.q[0], .p1 = layer.p[1], .q1 = layer.q[1]};
  }

  void begin_layer(unsigned layer, std::span<const Fp4> xi, const Fp4& lambda) override {
    const Layer& values = layers_[layer];
    for (auto* table : {&p0_, &q0_, &p1_, &q1_}) table->clear();
    for (std::size_t y = 0; y < values.p.size() / 2; ++y) {
      p0_.push_back(values.p[2 * y]);
      q0_.push_back(values.q[2 * y]);
      p1_.push_back(values.p[2 * y + 1]);
      q1_.push_back(values.q[2 * y + 1]);
    }
    eq_ = eq_table(xi);
    lambda_ = lambda;
  }

  std::array<Fp4, 3> round(const Fp4&) override {
    std::array<Fp4, 3> sums;
    const auto at = [](const std::vector<Fp4>& table, std::size_t y, unsigned x) {
      return table[2 * y] + (table[2 * y + 1] - table[2 * y]) * Fp::from_canonical(x);
    };
    for (std::size_t y = 0; y < eq_.size() / 2; ++y) {
      for (unsigned x = 1; x <= 3; ++x) {
        const Fp4 q0 = at(q0_, y, x), q1 = at(q1_, y, x);
        sums[x - 1] +=
            at(eq_, y, x) * (at(p0_, y, x) * q1 + at(p1_, y, x) * q0 + lambda_ * q0 * q1);
      }
    }
    return sums;
  }

  void fold(const Fp4& challenge) override {
    for (auto* table : {&p0_, &q0_, &p1_, &q1_, &eq_}) bind_lowest(*table, challenge);
  }

  GkrLayerClaims claims() const override {
    return {.p0 = p0_[0], .q0 = q0_[0], .p1 = p1_[0], .q1 = q1_[0]};
  }

 private:
  struct Layer {
    std::vector<Fp4> p, q;
  };

  void fill_block(const TraceInput& trace, const FractionBlock& block, unsigned l_skip,
                  const Fp4& alpha, const Fp4& beta) {
    const std::size_t height = std::size_t{1} << trace.log_height;
    const std::size_t lifted = std::size_t{1} << std::max(trace.log_height, l_skip);
    const Fp norm = inverse_power_of_2(std::max(trace.log_height, l_skip) - trace.log_height);
    const Interaction& interaction = trace.air->symbolic.interactions[block.interaction];
    for (std::size_t row = 0; row < height; ++row) {
      const std::vector<Fp> nodes = nodes_at_row(trace, row);
      Fp4 q = alpha, power = Fp4::one();
      for (const std::uint32_t field : interaction.message) {
        q += power * nodes[field];
        power *= beta;
      }
      q += power * Fp::from_canonical(interaction.bus_index + 1u);
      for (std::size_t lifted_row = row; lifted_row < lifted; lifted_row += height) {
        layers_.back().p[block.offset + lifted_row] = norm * nodes[interaction.count];
        layers_.back().q[block.offset + lifted_row] = q;
      }
    }
  }

  std::vector<Layer> layers_;
  std::vector<Fp4> p0_, q0_, p1_, q1_, eq_;
  Fp4 lambda_;
};

}  // namespace

std::unique_ptr<FractionTree> make_fraction_tree(std::span<const TraceInput> traces,
                                                 std::span<const FractionBlock> blocks,
                                                 unsigned num_layers, unsigned l_skip,
                                                 const Fp4& alpha, const Fp4& beta) {
  return std::make_unique<PlainFractionTree>(traces, blocks, num_layers, l_skip, alpha, beta);
}

}  // namespace gyre::reference
