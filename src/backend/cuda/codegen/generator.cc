#include "backend/cuda/codegen/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

namespace gyre::cuda {
namespace {

/// What one piece evaluates.
struct PieceUnits {
  std::uint32_t first_output = 0;
  std::vector<UnitCode> units;
};

/// Gives the pieces of a group its units, about the same work each.
void spread(const std::vector<UnitCode>& units, std::span<const ProgramPiece> pieces,
            std::uint32_t group, std::vector<PieceUnits>& result) {
  std::size_t left = 0, next = 0;
  for (const UnitCode& unit : units) left += unit.cost;
  auto waiting = static_cast<std::size_t>(std::count_if(
      pieces.begin(), pieces.end(), [&](const ProgramPiece& piece) { return piece.sum == group; }));
  for (const ProgramPiece& piece : pieces) {
    if (piece.sum != group) continue;
    PieceUnits& taken = result.emplace_back();
    taken.first_output = piece.first_output;
    const std::size_t share = (left + waiting - 1) / waiting;
    --waiting;
    for (std::size_t cost = 0; next < units.size() && cost < share; ++next) {
      taken.units.push_back(units[next]);
      cost += units[next].cost;
      left -= units[next].cost;
    }
  }
}

std::vector<PieceUnits> units_of_pieces(const GeneratorAir& air, KernelForm form,
                                        ShapeList& shapes) {
  std::vector<PieceUnits> pieces;
  const AirExpressions& e = *air.expressions;
  std::vector<const OutputList*> groups = {&e.all};
  if (form == KernelForm::kBase) groups = {&e.constraints, &e.counts, &e.fields};
  std::uint32_t first_output = 0;
  for (std::uint32_t group = 0; group < groups.size(); ++group) {
    const std::span<const std::uint32_t> nodes = groups[group]->nodes;
    spread(shapes.add(*air.symbolic, e.inputs, nodes, first_output),
           form == KernelForm::kBase ? air.pieces->base : air.pieces->extension, group, pieces);
    first_output += static_cast<std::uint32_t>(nodes.size());
  }
  return pieces;
}

/// Machine instructions of a unit's code.
std::size_t instructions_of(KernelForm form, const Shape& shape) {
  return form == KernelForm::kBase
             ? 5 * shape.products + 2 * shape.sums + 8 * shape.outputs + 6 * shape.cells
             : 74 * shape.products + 8 * shape.sums + 55 * shape.outputs + 36 * shape.cells;
}

/// The text of one kernel.
class KernelWriter {
 public:
  KernelWriter(KernelForm form, const char* kernel_name, std::span<const Shape> shapes,
               std::uint32_t first_piece)
      : form_(form), kernel_name_(kernel_name), all_shapes_(shapes), place_(shapes.size(), kNone) {
    kernel_.form = form;
    kernel_.first_piece = first_piece;
  }

  /// Instructions that the shapes of these units add.
  std::size_t more_instructions(const PieceUnits& piece) const {
    std::set<std::uint32_t> more;
    for (const UnitCode& unit : piece.units) {
      if (place_[unit.shape] == kNone) more.insert(unit.shape);
    }
    std::size_t instructions = 0;
    for (const std::uint32_t shape : more)
      instructions += instructions_of(form_, all_shapes_[shape]);
    return instructions;
  }
  std::size_t instructions() const { return kernel_.instructions; }

  void add(const PieceUnits& piece) {
    ++kernel_.num_pieces;
    piece_unit_.push_back(static_cast<std::uint32_t>(unit_shape_.size()));
    piece_output_.push_back(piece.first_output);
    for (const UnitCode& unit : piece.units) {
      if (place_[unit.shape] == kNone) {
        place_[unit.shape] = static_cast<std::uint32_t>(kernel_.shapes.size());
        kernel_.shapes.push_back(all_shapes_[unit.shape]);
        kernel_.shapes.back().units = 0;
        kernel_.instructions += instructions_of(form_, all_shapes_[unit.shape]);
      }
      ++kernel_.shapes[place_[unit.shape]].units;
      kernel_.executed += instructions_of(form_, all_shapes_[unit.shape]);
      unit_shape_.push_back(place_[unit.shape]);
      unit_table_.push_back(static_cast<std::uint32_t>(table_.size()));
      table_.insert(table_.end(), unit.table.begin(), unit.table.end());
    }
  }

  GeneratedKernel finish() && {
    std::string text =
        "#include \"backend/cuda/codegen/frame.h\"\n\nnamespace gyre::cuda {\nnamespace {\n\n";
    kernel_.units = unit_shape_.size();
    kernel_.table_entries = table_.size();
    piece_unit_.push_back(static_cast<std::uint32_t>(unit_shape_.size()));
    write_array(text, "table", table_);
    write_array(text, "unit_shape", unit_shape_);
    write_array(text, "unit_table", unit_table_);
    write_array(text, "piece_unit", piece_unit_);
    write_array(text, "piece_output", piece_output_);
    write_shapes(text);
    write_kernel(text);
    text += "}  // namespace gyre::cuda\n";
    kernel_.source = std::move(text);
    return std::move(kernel_);
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  std::string name(const char* what) const { return fmt::format("{}_{}", kernel_name_, what); }

  void write_array(std::string& text, const char* what,
                   const std::vector<std::uint32_t>& values) const {
    fmt::format_to(std::back_inserter(text), "__device__ const std::uint32_t {}[] = {{",
                   name(what));
    for (std::size_t i = 0; i < values.size(); ++i) {
      fmt::format_to(std::back_inserter(text), "{}{},", i % 16 == 0 ? "\n  " : " ", values[i]);
    }
    text += values.empty() ? "0};\n" : "};\n";
  }

  const char* prefix() const { return form_ == KernelForm::kBase ? "Base" : "Extension"; }

  void write_shapes(std::string& text) const {
    for (std::size_t i = 0; i < kernel_.shapes.size(); ++i) {
      fmt::format_to(std::back_inserter(text),
                     "\n// {1} units\n__device__ __forceinline__ void {0}_shape_{2}(const {3}At& "
                     "point, const std::uint32_t* table, {3}Sum& sum) {{\n{4}}}\n",
                     kernel_name_, kernel_.shapes[i].units, i, prefix(), kernel_.shapes[i].body);
    }
  }

  void write_kernel(std::string& text) const {
    fmt::format_to(
        std::back_inserter(text),
        "\nstruct {0}_pieces {{\n"
        "  __device__ __forceinline__ void operator()(std::uint32_t piece, Parts parts, {1}At "
        "point,\n"
        "                                             {1}Sum& sum) const {{\n"
        "    point.weights -= {0}_piece_output[piece];\n"
        "    const std::uint32_t end = {0}_piece_unit[piece + 1];\n"
        "    for (std::uint32_t unit = {0}_piece_unit[piece] + parts.first; unit < end;\n"
        "         unit += parts.count) {{\n"
        "      const std::uint32_t* const table = {0}_table + {0}_unit_table[unit];\n"
        "      switch ({0}_unit_shape[unit]) {{\n",
        kernel_name_, prefix());
    for (std::size_t i = 0; i < kernel_.shapes.size(); ++i) {
      fmt::format_to(std::back_inserter(text),
                     "        case {1}:\n          {0}_shape_{1}(point, table, sum);\n"
                     "          break;\n",
                     kernel_name_, i);
    }
    fmt::format_to(
        std::back_inserter(text),
        "      }}\n    }}\n  }}\n}};\n\n}}  // namespace\n\n"
        "extern \"C\" __global__ void __launch_bounds__(kEvaluationThreads{2})\n"
        "{0}(const {1}Item* items, std::uint32_t num_items, std::uint32_t first_piece) {{\n"
        "  run_items(items, num_items, first_piece, {0}_pieces());\n}}\n\n",
        kernel_name_, prefix(), form_ == KernelForm::kBase ? "" : kLeastExtensionBlocks);
  }

  /// Blocks of a multiprocessor, so that others hide the latencies of one: at most 96 registers.
  static constexpr const char* kLeastExtensionBlocks = ", 5";

  KernelForm form_;
  const char* kernel_name_;
  std::span<const Shape> all_shapes_;
  std::vector<std::uint32_t> place_;  ///< of each shape in the kernel
  GeneratedKernel kernel_;
  std::vector<std::uint32_t> table_, unit_shape_, unit_table_, piece_unit_, piece_output_;
};

}  // namespace

std::vector<GeneratedKernel> generate_kernels(KernelForm form, const GeneratorAir& air,
                                              std::size_t most_instructions,
                                              const char* kernel_name) {
  ShapeList shapes(form);
  std::vector<GeneratedKernel> kernels;
  std::optional<KernelWriter> writer;
  std::uint32_t piece = 0;
  for (const PieceUnits& units : units_of_pieces(air, form, shapes)) {
    if (writer && writer->instructions() + writer->more_instructions(units) > most_instructions) {
      kernels.push_back(std::move(*writer).finish());
      writer.reset();
    }
    if (!writer) writer.emplace(form, kernel_name, shapes.shapes(), piece);
    writer->add(units);
    ++piece;
  }
  if (writer) kernels.push_back(std::move(*writer).finish());
  return kernels;
}

}  // namespace gyre::cuda
