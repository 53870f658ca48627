#include "backend/cuda/codegen/generator.h"

#include <gtest/gtest.h>

#include "backend/cuda/evaluation.h"
#include "backend/cuda/queue.h"
#include "backend/cuda/row_sums.h"
#include "support/generated_kernels/airs.h"
#include "support/random_elements.h"

#define GYRE_GENERATED_KERNELS(name)                                                            \
  extern "C" void generated_##name##_base(const gyre::cuda::BaseItem*, std::uint32_t,           \
                                          std::uint32_t);                                       \
  extern "C" void generated_##name##_extension(const gyre::cuda::ExtensionItem*, std::uint32_t, \
                                               std::uint32_t);
GYRE_GENERATED_KERNELS(fibonacci)
GYRE_GENERATED_KERNELS(random_small)
GYRE_GENERATED_KERNELS(random_large)
GYRE_GENERATED_KERNELS(keccak)

namespace gyre::cuda {
namespace {

struct Kernels {
  void (*base)(const BaseItem*, std::uint32_t, std::uint32_t);
  void (*extension)(const ExtensionItem*, std::uint32_t, std::uint32_t);
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
  void check_base(std::size_t num_points);
  void check_extension(unsigned log_pairs, std::size_t given, std::size_t num_items);
};

void GeneratedKernels::check_base(std::size_t num_points) {
  std::vector<std::vector<Fp>> tables;
  std::vector<const Fp*> addresses;
  for (const ProgramInput& input : inputs_) {
    tables.push_back(random_.base(input.uniform() ? 0 : num_points));
    addresses.push_back(input.uniform() ? nullptr : on_device(tables.back()).data);
  }
  const std::vector<Fp> uniform = uniforms();
  const OutputList* const groups[] = {&air_.constraints, &air_.counts, &air_.fields};
  std::size_t num_outputs = 0;
  for (const OutputList* group : groups) num_outputs += group->nodes.size();
  const std::vector<Fp4> weights = random_.extension(num_outputs);
  const DeviceSpan<Fp4> device_weights = on_device(weights);
  const DeviceSpan<Fp4> sums = arena_.take<Fp4>(pieces_.base.size() * num_points);
  const DeviceSpan<const Fp*> inputs = on_device(addresses);
  const DeviceSpan<Fp> device_uniforms = on_device(uniform);
  std::vector<BaseItem> items;
  for (std::size_t p = 0; p < pieces_.base.size(); ++p) {
    items.push_back(
        {.inputs = inputs.data,
         .uniforms = device_uniforms.data,
         .weights = device_weights.data + pieces_.base[p].first_output,
         .sums = sums.data + p * num_points,
         .num_points = static_cast<std::uint32_t>(num_points),
         .first_block = items.empty() ? 7 : 7 + num_blocks(std::span<const BaseItem>(items)),
         .piece = pieces_.first_base + static_cast<std::uint32_t>(p),
         .block_points = block_points(num_points)});
  }
  const std::span<const BaseItem> all_items = items;
  queue_.launch(
      kKernels[GetParam()].base, {dim3(num_blocks(all_items)), dim3(kEvaluationThreads), 0}, 0,
      on_device(items).data, static_cast<std::uint32_t>(items.size()), pieces_.first_base);
  const std::vector<Fp4> result = queue_.download(sums);

  for (const std::size_t point : {std::size_t{0}, num_points / 2, num_points - 1}) {
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
        if (pieces_.base[p].sum == group) sum += result[p * num_points + point];
      }
      EXPECT_EQ(sum, expected) << "group " << group << ", point " << point << " of " << num_points;
    }
  }
}

// One block and a bit; few points, for which the warps of a block share the units.
TEST_P(GeneratedKernels, BaseFieldSumsAreThoseOfTheDag) {
  for (const std::size_t num_points : {131, 64, 33, 5}) check_base(num_points);
}

/// As in a launch of `num_items` items. `given`: how many values the tables give themselves, or 0.
void GeneratedKernels::check_extension(unsigned log_pairs, std::size_t given,
                                       std::size_t num_items) {
  constexpr unsigned kFirst = 1, kValues = 3;
  const std::size_t num_pairs = std::size_t{1} << log_pairs;
  const std::size_t num_values = given != 0 ? given : kValues, num_points = num_values * num_pairs;
  const std::size_t entries = given != 0 ? given : 2 * num_pairs;
  const auto num_tables = static_cast<std::size_t>(std::count_if(
      inputs_.begin(), inputs_.end(), [](const ProgramInput& input) { return !input.uniform(); }));
  const std::vector<Fp4> tables = random_.extension(num_tables * entries + 1);
  const std::vector<Fp> uniform = uniforms();
  const std::vector<Fp4> weights = random_.extension(air_.all.nodes.size());
  const std::vector<Fp4> eq = random_.extension(num_pairs);
  const DeviceSpan<Fp4> device_weights = on_device(weights), device_eq = on_device(eq);
  const DeviceSpan<Total> totals = on_device(std::vector<Total>(num_values * kTotalWords));
  const DeviceSpan<Fp4> device_tables = on_device(tables);
  const DeviceSpan<Fp> device_uniforms = on_device(uniform);
  std::vector<ExtensionItem> items;
  for (std::size_t p = 0; p < pieces_.extension.size(); ++p) {
    items.push_back(
        {.tables = device_tables.data,
         .uniforms = device_uniforms.data,
         .weights = device_weights.data + pieces_.extension[p].first_output,
         .eq = device_eq.data,
         .totals = totals.data,
         .num_tables = static_cast<std::uint32_t>(num_tables),
         .num_points = static_cast<std::uint32_t>(num_points),
         .first_block = items.empty() ? 0 : num_blocks(std::span<const ExtensionItem>(items)),
         .piece = pieces_.first_extension + static_cast<std::uint32_t>(p),
         .log_pairs = static_cast<std::uint8_t>(log_pairs),
         .first_x = static_cast<std::uint8_t>(given != 0 ? 0 : kFirst),
         .num_x = static_cast<std::uint16_t>(num_values),
         .are_values = static_cast<std::uint16_t>(given != 0 ? 1 : 0),
         .block_points = static_cast<std::uint16_t>(block_points(num_points, num_items))});
  }
  const std::span<const ExtensionItem> all_items = items;
  queue_.launch(
      kKernels[GetParam()].extension, {dim3(num_blocks(all_items)), dim3(kEvaluationThreads), 0}, 0,
      on_device(items).data, static_cast<std::uint32_t>(items.size()), pieces_.first_extension);
  const std::vector<Total> result = queue_.download(totals);

  for (std::size_t k = 0; k < num_values; ++k) {
    const Fp x = Fp::from_uint64(kFirst + k);
    Fp4 expected;
    for (std::size_t y = 0; y < num_pairs; ++y) {
      std::vector<Fp4> values;
      for (std::size_t i = 0; i < inputs_.size(); ++i) {
        if (i >= num_tables) {
          values.push_back(uniform_value<Fp4>(i, uniform));
        } else if (given != 0) {
          values.push_back(tables[i * entries + k]);
        } else {
          const Fp4 t0 = tables[i * entries + 2 * y], t1 = tables[i * entries + 2 * y + 1];
          values.push_back(t0 + (t1 - t0) * x);
        }
      }
      const std::vector<Fp4> nodes = values_of(symbolic_, air_.inputs, values);
      Fp4 sum;
      for (std::size_t o = 0; o < weights.size(); ++o) {
        sum += weights[o] * nodes[air_.all.nodes[o]];
      }
      expected += eq[y] * sum;
    }
    EXPECT_EQ(reduced(result.data() + k * kTotalWords), expected)
        << "X number " << k << ", " << num_pairs << " pairs, " << given << " given values";
  }
}

// Planes of a part of a warp, of a warp and more, and of more than one block, of as many points as
// threads and of fewer.
TEST_P(GeneratedKernels, ExtensionFieldSumsAreThoseOfTheDag) {
  for (const std::size_t num_items : {1, 1 << 20}) {
    for (const unsigned log_pairs : {0, 1, 3, 5, 6}) check_extension(log_pairs, 0, num_items);
    for (const std::size_t given : {1, 4, 64, 216}) check_extension(0, given, num_items);
  }
}

TEST(BlockPoints, AreFewWhereBlocksAreFew) {
  EXPECT_EQ(block_points(1000), 128u);
  EXPECT_EQ(block_points(65), 128u);
  EXPECT_EQ(block_points(64), 64u);
  EXPECT_EQ(block_points(1), 32u);
  EXPECT_EQ(block_points(1 << 20, 1), 128u);
  EXPECT_EQ(block_points(1 << 10, 1 << 10), 128u);
  EXPECT_EQ(block_points(1 << 10, 1), 32u);
  EXPECT_EQ(block_points(96, 1 << 20), 128u);
  EXPECT_EQ(block_points(1, 1 << 20), 32u);
}

INSTANTIATE_TEST_SUITE_P(Airs, GeneratedKernels, testing::Range<std::size_t>(0, 4));

/// A key with one of the AIRs, behind some others.
struct KeyWith {
  KeyWith(const KernelAirs& airs, std::size_t index, std::size_t others) {
    for (std::size_t i = 0; i < others; ++i) keys.push_back(airs.keys[i]);
    keys.push_back(airs.keys[index]);
    for (const AirVerifyingKey& key : keys) expressions.emplace_back(key.symbolic);
    pieces = make_pieces(keys, expressions);
  }
  GeneratorAir last() const { return {&keys.back().symbolic, &expressions.back(), &pieces.back()}; }

  std::vector<AirVerifyingKey> keys;
  std::vector<AirExpressions> expressions;
  std::vector<AirPieces> pieces;
};

TEST(GeneratedKernel, IsTheSameInAllKeys) {
  const KernelAirs airs;
  constexpr std::size_t kRandomLarge = 2;
  const KeyWith alone(airs, kRandomLarge, 0), behind(airs, kRandomLarge, 2);
  ASSERT_NE(alone.pieces.back().first_base, behind.pieces.back().first_base);
  for (const KernelForm form : {KernelForm::kBase, KernelForm::kExtension}) {
    const auto a = generate_kernels(form, alone.last(), 4000);
    const auto b = generate_kernels(form, behind.last(), 4000);
    EXPECT_GT(a.size(), 1u);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t k = 0; k < a.size(); ++k) {
      EXPECT_EQ(a[k].source, b[k].source);
      EXPECT_EQ(a[k].first_piece, b[k].first_piece);
    }
  }
}

TEST(GeneratedKernel, KeccakIsFewShapesWithoutRepeatedWork) {
  const KernelAirs airs;
  const GeneratorAir keccak{&airs.keys[3].symbolic, &airs.expressions[3], &airs.pieces[3]};
  for (const KernelForm form : {KernelForm::kBase, KernelForm::kExtension}) {
    const std::vector<GeneratedKernel> kernels =
        generate_kernels(form, keccak, kernel_instructions(form));
    std::size_t shapes = 0, products = 0, outputs = 0, executed = 0, instructions = 0;
    for (const GeneratedKernel& kernel : kernels) {
      for (const Shape& shape : kernel.shapes) {
        products += shape.units * shape.products;
        outputs += shape.units * shape.outputs;
        EXPECT_LE(shape.registers, 8u);
      }
      shapes += kernel.shapes.size();
      executed += kernel.executed;
      instructions += kernel.instructions;
    }
    EXPECT_GT(executed, 10 * instructions);
    EXPECT_LE(shapes, 40u + 2 * kernels.size());
    // Product nodes of the DAG; in the extension field the sums over 16 bits are cut in terms, all
    // but the last with a factor.
    const std::size_t cuts = form == KernelForm::kBase ? 0 : outputs - 3182;
    EXPECT_EQ(products, 10221u + cuts);
    EXPECT_EQ(outputs, 3182u + cuts);
    EXPECT_LE(cuts, 205u * 3);
  }
}

TEST(GeneratedKernel, LargeOnesAreCutBetweenPieces) {
  const KernelAirs airs;
  for (std::size_t i = 0; i < airs.names.size(); ++i) {
    const GeneratorAir air{&airs.keys[i].symbolic, &airs.expressions[i], &airs.pieces[i]};
    const std::vector<GeneratedKernel> kernels =
        generate_kernels(KernelForm::kExtension, air, 5000);
    EXPECT_EQ(kernels.size() > 1, airs.names[i] == "random_large" || airs.names[i] == "keccak");
    std::uint32_t next = 0;
    std::size_t outputs = 0;
    for (const GeneratedKernel& kernel : kernels) {
      EXPECT_EQ(kernel.first_piece, next);
      next += kernel.num_pieces;
      EXPECT_TRUE(kernel.num_pieces == 1 || kernel.instructions <= 5000);
      for (const Shape& shape : kernel.shapes) outputs += shape.units * shape.outputs;
    }
    EXPECT_EQ(next, airs.pieces[i].extension.size());
    EXPECT_GE(outputs, airs.expressions[i].all.nodes.size());
  }
}

}  // namespace
}  // namespace gyre::cuda
