#include "backend/cuda/codegen/generator.h"

#include <gtest/gtest.h>

#include "backend/cuda/evaluation.h"
#include "backend/cuda/queue.h"
#include "support/generated_kernels/airs.h"
#include "support/random_elements.h"

#define GYRE_GENERATED_KERNELS(name)                                                   \
  extern "C" void generated_##name##_base(const gyre::cuda::BaseItem*, std::uint32_t); \
  extern "C" void generated_##name##_extension(const gyre::cuda::ExtensionItem*, std::uint32_t);
GYRE_GENERATED_KERNELS(fibonacci)
GYRE_GENERATED_KERNELS(random_small)
GYRE_GENERATED_KERNELS(random_large)
GYRE_GENERATED_KERNELS(keccak)

namespace gyre::cuda {
namespace {

struct Kernels {
  void (*base)(const BaseItem*, std::uint32_t);
  void (*extension)(const ExtensionItem*, std::uint32_t);
};
constexpr Kernels kKernels[] = {
    {generated_fibonacci_base, generated_fibonacci_extension},
    {generated_random_small_base, generated_random_small_extension},
    {generated_random_large_base, generated_random_large_extension},
    {generated_keccak_base, generated_keccak_extension},
};

/// The values of some nodes; `inputs` are those of the AIR's inputs.
template <class T>
std::vector<T> values_of(const SymbolicConstraints& symbolic, const InputTable& table,
                         const std::vector<T>& inputs) {
  std::vector<T> values(symbolic.nodes.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const DagNode& node = symbolic.nodes[i];
    if (node.kind < NodeKind::kAdd) {
      const std::uint32_t input = table.input_of_node[i];
      if (input != InputTable::kNoInput) values[i] = inputs[input];
    } else if (node.kind == NodeKind::kAdd) {
      values[i] = values[node.left] + values[node.right];
    } else if (node.kind == NodeKind::kSub) {
      values[i] = values[node.left] - values[node.right];
    } else if (node.kind == NodeKind::kMul) {
      values[i] = values[node.left] * values[node.right];
    } else {
      values[i] = -values[node.left];
    }
  }
  return values;
}

class GeneratedKernels : public testing::TestWithParam<std::size_t> {
 protected:
  static const KernelAirs& airs() {
    static const KernelAirs result;
    return result;
  }
  const SymbolicConstraints& symbolic_ = airs().keys[GetParam()].symbolic;
  const AirExpressions& air_ = airs().expressions[GetParam()];
  const AirPieces& pieces_ = airs().pieces[GetParam()];
  const std::vector<ProgramInput>& inputs_ = air_.inputs.inputs;
  RandomElements random_{GetParam() + 1};
  Queue queue_{0};
  DeviceArena arena_{std::size_t{1} << 28};

  template <class T>
  DeviceSpan<T> on_device(const std::vector<T>& values) {
    const DeviceSpan<T> span = arena_.take<T>(values.size());
    queue_.upload(span, values);
    return span;
  }

  /// Constants are in the code: their uniforms are not read.
  std::vector<Fp> uniforms() {
    std::vector<Fp> result = random_.base(inputs_.size());
    for (std::size_t i = 0; i < result.size(); ++i) {
      if (inputs_[i].kind == NodeKind::kConstant) result[i] = Fp::from_canonical(12345);
    }
    return result;
  }
  template <class T>
  T uniform_value(std::size_t input, const std::vector<Fp>& uniforms) const {
    return T(inputs_[input].kind == NodeKind::kConstant ? inputs_[input].constant
                                                        : uniforms[input]);
  }
};

TEST_P(GeneratedKernels, BaseFieldSumsAreThoseOfTheDag) {
  constexpr std::size_t kPoints = 131;
  std::vector<std::vector<Fp>> tables;
  std::vector<const Fp*> addresses;
  for (const ProgramInput& input : inputs_) {
    tables.push_back(random_.base(input.uniform() ? 0 : kPoints));
    addresses.push_back(input.uniform() ? nullptr : on_device(tables.back()).data);
  }
  const std::vector<Fp> uniform = uniforms();
  const OutputList* const groups[] = {&air_.constraints, &air_.counts, &air_.fields};
  std::size_t num_outputs = 0;
  for (const OutputList* group : groups) num_outputs += group->nodes.size();
  const std::vector<Fp4> weights = random_.extension(num_outputs);
  const DeviceSpan<Fp4> device_weights = on_device(weights);
  const DeviceSpan<Fp4> sums = arena_.take<Fp4>(pieces_.base.size() * kPoints);
  const DeviceSpan<const Fp*> inputs = on_device(addresses);
  const DeviceSpan<Fp> device_uniforms = on_device(uniform);
  std::vector<BaseItem> items;
  for (std::size_t p = 0; p < pieces_.base.size(); ++p) {
    items.push_back({.inputs = inputs.data,
                     .uniforms = device_uniforms.data,
                     .weights = device_weights.data + pieces_.base[p].first_output,
                     .sums = sums.data + p * kPoints,
                     .num_points = kPoints,
                     .first_block = static_cast<std::uint32_t>(7 + 2 * p),
                     .piece = pieces_.first_base + static_cast<std::uint32_t>(p),
                     .unused = 0});
  }
  const std::span<const BaseItem> all_items = items;
  queue_.launch(kKernels[GetParam()].base,
                {dim3(num_blocks(all_items)), dim3(kEvaluationThreads), 0}, 0,
                on_device(items).data, static_cast<std::uint32_t>(items.size()));
  const std::vector<Fp4> result = queue_.download(sums);

  for (const std::size_t point : {std::size_t{0}, std::size_t{63}, kPoints - 1}) {
    std::vector<Fp> values;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      values.push_back(inputs_[i].uniform() ? uniform_value<Fp>(i, uniform) : tables[i][point]);
    }
    const std::vector<Fp> nodes = values_of(symbolic_, air_.inputs, values);
    std::size_t output = 0;
    for (std::uint32_t group = 0; group < 3; ++group) {
      Fp4 expected, sum;
      for (const std::uint32_t node : groups[group]->nodes) {
        expected += weights[output++] * nodes[node];
      }
      for (std::size_t p = 0; p < pieces_.base.size(); ++p) {
        if (pieces_.base[p].sum == group) sum += result[p * kPoints + point];
      }
      EXPECT_EQ(sum, expected) << "group " << group << ", point " << point;
    }
  }
}

TEST_P(GeneratedKernels, ExtensionFieldSumsAreThoseOfTheDag) {
  constexpr unsigned kLogPairs = 1, kFirst = 1, kValues = 3;
  constexpr std::size_t kPoints = kValues << kLogPairs;
  for (const bool single : {false, true}) {
    const std::size_t num_points = single ? 1 : kPoints;
    std::vector<std::vector<Fp4>> tables;
    std::vector<const Fp4*> addresses;
    for (const ProgramInput& input : inputs_) {
      tables.push_back(random_.extension(input.uniform() ? 0 : single ? 1 : 2 << kLogPairs));
      addresses.push_back(input.uniform() ? nullptr : on_device(tables.back()).data);
    }
    const std::vector<Fp> uniform = uniforms();
    const std::vector<Fp4> weights = random_.extension(air_.all.nodes.size());
    const DeviceSpan<Fp4> device_weights = on_device(weights);
    const DeviceSpan<Fp4> sums = arena_.take<Fp4>(pieces_.extension.size() * num_points);
    const DeviceSpan<const Fp4*> inputs = on_device(addresses);
    const DeviceSpan<Fp> device_uniforms = on_device(uniform);
    std::vector<ExtensionItem> items;
    for (std::size_t p = 0; p < pieces_.extension.size(); ++p) {
      items.push_back({.tables = inputs.data,
                       .uniforms = device_uniforms.data,
                       .weights = device_weights.data + pieces_.extension[p].first_output,
                       .sums = sums.data + p * num_points,
                       .num_points = static_cast<std::uint32_t>(num_points),
                       .first_block = static_cast<std::uint32_t>(p),
                       .piece = pieces_.first_extension + static_cast<std::uint32_t>(p),
                       .log_pairs = kLogPairs,
                       .first_x = kFirst,
                       .single = single,
                       .unused = 0});
    }
    queue_.launch(kKernels[GetParam()].extension,
                  {dim3(static_cast<unsigned>(items.size())), dim3(kEvaluationThreads), 0}, 0,
                  on_device(items).data, static_cast<std::uint32_t>(items.size()));
    const std::vector<Fp4> result = queue_.download(sums);

    for (std::size_t point = 0; point < num_points; ++point) {
      const Fp x = Fp::from_uint64(kFirst + (point >> kLogPairs));
      const std::size_t y = point % (1u << kLogPairs);
      std::vector<Fp4> values;
      for (std::size_t i = 0; i < inputs_.size(); ++i) {
        if (inputs_[i].uniform()) {
          values.push_back(uniform_value<Fp4>(i, uniform));
        } else if (single) {
          values.push_back(tables[i][0]);
        } else {
          const Fp4 t0 = tables[i][2 * y], t1 = tables[i][2 * y + 1];
          values.push_back(t0 + (t1 - t0) * x);
        }
      }
      const std::vector<Fp4> nodes = values_of(symbolic_, air_.inputs, values);
      Fp4 expected, sum;
      for (std::size_t o = 0; o < weights.size(); ++o) {
        expected += weights[o] * nodes[air_.all.nodes[o]];
      }
      for (std::size_t p = 0; p < pieces_.extension.size(); ++p) {
        sum += result[p * num_points + point];
      }
      EXPECT_EQ(sum, expected) << "point " << point << (single ? " of one entry" : "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Airs, GeneratedKernels, testing::Range<std::size_t>(0, 4));

TEST(GeneratedKernel, KeccakIsFewShapesWithoutRepeatedWork) {
  const KernelAirs airs;
  const GeneratorAir keccak{&airs.keys[3].symbolic, &airs.expressions[3], &airs.pieces[3]};
  for (const KernelForm form : {KernelForm::kBase, KernelForm::kExtension}) {
    const GeneratedKernel kernel = generate_kernels(form, {&keccak, 1}).at(0);
    std::size_t products = 0, outputs = 0;
    for (const Shape& shape : kernel.shapes) {
      products += shape.units * shape.products;
      outputs += shape.units * shape.outputs;
      EXPECT_LE(shape.registers, 8u);
    }
    EXPECT_LE(kernel.shapes.size(), 40u);
    EXPECT_EQ(products, 10221u);  // product nodes of the DAG
    EXPECT_EQ(outputs, 3182u);
    EXPECT_EQ(kernel.source, generate_kernels(form, {&keccak, 1}).at(0).source);
  }
}

TEST(GeneratedKernel, LargeOnesAreCutBetweenPieces) {
  const KernelAirs airs;
  std::vector<GeneratorAir> all;
  for (std::size_t i = 0; i < airs.names.size(); ++i) {
    all.push_back({&airs.keys[i].symbolic, &airs.expressions[i], &airs.pieces[i]});
  }
  const std::vector<GeneratedKernel> kernels = generate_kernels(KernelForm::kExtension, all, 5000);
  EXPECT_GT(kernels.size(), 3u);
  std::uint32_t next = 0;
  std::size_t outputs = 0;
  for (const GeneratedKernel& kernel : kernels) {
    EXPECT_EQ(kernel.first_piece, next);
    next += kernel.num_pieces;
    EXPECT_TRUE(kernel.num_pieces == 1 || kernel.instructions <= 5000);
    for (const Shape& shape : kernel.shapes) outputs += shape.units * shape.outputs;
  }
  EXPECT_EQ(next, airs.pieces.back().first_extension + airs.pieces.back().extension.size());
  std::size_t expected = 0;
  for (const AirExpressions& air : airs.expressions) expected += air.all.nodes.size();
  EXPECT_EQ(outputs, expected);
}

}  // namespace
}  // namespace gyre::cuda
