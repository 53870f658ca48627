#include "backend/cuda/codegen/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace gyre::cuda {
namespace {

class Generator {
 public:
  Generator(KernelForm form, const char* kernel_name)
      : form_(form), kernel_name_(kernel_name), shapes_(form) {}

  void add(const GeneratorAir& air) {
    const AirExpressions& e = *air.expressions;
    const std::vector<ProgramPiece>& pieces =
        form_ == KernelForm::kBase ? air.pieces->base : air.pieces->extension;
    if (first_piece_ == kUnknown) {
      first_piece_ =
          form_ == KernelForm::kBase ? air.pieces->first_base : air.pieces->first_extension;
    }
    std::vector<const OutputList*> groups = {&e.all};
    if (form_ == KernelForm::kBase) groups = {&e.constraints, &e.counts, &e.fields};
    std::uint32_t first_output = 0;
    for (std::uint32_t group = 0; group < groups.size(); ++group) {
      const std::span<const std::uint32_t> nodes = groups[group]->nodes;
      spread(shapes_.add(*air.symbolic, e.inputs, nodes, first_output), pieces, group);
      first_output += static_cast<std::uint32_t>(nodes.size());
    }
  }

  GeneratedKernel finish() && {
    std::string text =
        "#include \"backend/cuda/codegen/frame.h\"\n\nnamespace gyre::cuda {\nnamespace {\n\n";
    unit_first_.push_back(static_cast<std::uint32_t>(unit_shapes_.size()));
    write_array(text, "table", table_);
    write_array(text, "unit_shape", unit_shapes_);
    write_array(text, "unit_table", unit_tables_);
    write_array(text, "piece_unit", unit_first_);
    write_array(text, "piece_output", piece_outputs_);
    write_shapes(text);
    write_kernel(text);
    text += "}  // namespace gyre::cuda\n";
    return {std::move(text), shapes_.shapes(), unit_shapes_.size(), table_.size()};
  }

 private:
  static constexpr std::uint32_t kUnknown = ~std::uint32_t{0};

  /// Gives the pieces of a group its units, about the same work each.
  void spread(const std::vector<UnitCode>& units, std::span<const ProgramPiece> pieces,
              std::uint32_t group) {
    std::size_t left = 0, next = 0;
    for (const UnitCode& unit : units) left += unit.cost;
    auto waiting = static_cast<std::size_t>(
        std::count_if(pieces.begin(), pieces.end(),
                      [&](const ProgramPiece& piece) { return piece.sum == group; }));
    for (const ProgramPiece& piece : pieces) {
      if (piece.sum != group) continue;
      unit_first_.push_back(static_cast<std::uint32_t>(unit_shapes_.size()));
      piece_outputs_.push_back(piece.first_output);
      const std::size_t share = (left + waiting - 1) / waiting;
      --waiting;
      for (std::size_t taken = 0; next < units.size() && taken < share; ++next) {
        append(units[next]);
        taken += units[next].cost;
        left -= units[next].cost;
      }
    }
  }

  void append(const UnitCode& unit) {
    unit_shapes_.push_back(unit.shape);
    unit_tables_.push_back(static_cast<std::uint32_t>(table_.size()));
    table_.insert(table_.end(), unit.table.begin(), unit.table.end());
  }

  std::string name(const char* what) const { return fmt::format("{}_{}", kernel_name_, what); }

  void write_array(std::string& text, const char* what,
                   const std::vector<std::uint32_t>& values) const {
    fmt::format_to(std::back_inserter(text), "__device__ const std::uint32_t {}[] = {{",
                   name(what));
    for (std::size_t i = 0; i < values.size(); ++i) {
      fmt::format_to(std::back_inserter(text), "{}{},", i % 16 == 0 ? "\n  " : " ", values[i]);
    }
    text += "};\n";
  }

  const char* prefix() const { return form_ == KernelForm::kBase ? "Base" : "Extension"; }

  void write_shapes(std::string& text) const {
    for (std::size_t i = 0; i < shapes_.shapes().size(); ++i) {
      fmt::format_to(std::back_inserter(text),
                     "\n// {1} units\n__device__ __forceinline__ void {0}_shape_{2}(const {3}At& "
                     "point, const std::uint32_t* table, {3}Sum& sum) {{\n{4}}}\n",
                     kernel_name_, shapes_.shapes()[i].units, i, prefix(),
                     shapes_.shapes()[i].body);
    }
  }

  void write_kernel(std::string& text) const {
    fmt::format_to(
        std::back_inserter(text),
        "\nstruct {0}_pieces {{\n"
        "  __device__ __forceinline__ void operator()(const {1}Item& item, {1}At point,\n"
        "                                             {1}Sum& sum) const {{\n"
        "    const std::uint32_t piece = item.piece - {2}u;\n"
        "    point.weights -= {0}_piece_output[piece];\n"
        "    const std::uint32_t end = {0}_piece_unit[piece + 1];\n"
        "    for (std::uint32_t unit = {0}_piece_unit[piece]; unit < end; ++unit) {{\n"
        "      const std::uint32_t* const table = {0}_table + {0}_unit_table[unit];\n"
        "      switch ({0}_unit_shape[unit]) {{\n",
        kernel_name_, prefix(), first_piece_);
    for (std::size_t i = 0; i < shapes_.shapes().size(); ++i) {
      fmt::format_to(std::back_inserter(text),
                     "        case {1}:\n          {0}_shape_{1}(point, table, sum);\n"
                     "          break;\n",
                     kernel_name_, i);
    }
    fmt::format_to(std::back_inserter(text),
                   "      }}\n    }}\n  }}\n}};\n\n}}  // namespace\n\n"
                   "extern \"C\" __global__ void __launch_bounds__(kEvaluationThreads)\n"
                   "{0}(const {1}Item* items, std::uint32_t num_items) {{\n"
                   "  run_items(items, num_items, {0}_pieces());\n}}\n\n",
                   kernel_name_, prefix());
  }

  KernelForm form_;
  const char* kernel_name_;
  ShapeList shapes_;
  std::uint32_t first_piece_ = kUnknown;
  std::vector<std::uint32_t> table_, unit_shapes_, unit_tables_, unit_first_, piece_outputs_;
};

}  // namespace

GeneratedKernel generate_kernel(KernelForm form, std::span<const GeneratorAir> airs,
                                const char* kernel_name) {
  Generator generator(form, kernel_name);
  for (const GeneratorAir& air : airs) generator.add(air);
  return std::move(generator).finish();
}

}  // namespace gyre::cuda
