#include "backend/cuda/constraint_traces.h"

#include <algorithm>
#include <set>

#include "backend/expressions/trace_rows.h"

namespace gyre::cuda {
namespace {

std::set<unsigned> row_bits(std::span<const ConstraintShape> shapes) {
  std::set<unsigned> result;
  for (const ConstraintShape& shape : shapes) result.insert(shape.n_lifted);
  return result;
}

std::size_t num_uniforms(std::span<const ConstraintShape> shapes) {
  std::size_t result = 0;
  for (const ConstraintShape& shape : shapes) result += shape.num_inputs();
  return result;
}

}  // namespace

ConstraintShape::ConstraintShape(const Context& context, std::size_t air_index,
                                 const AirVerifyingKey& key, unsigned log_height_)
    : air(&context.expressions[air_index]),
      pieces(&context.pieces[air_index]),
      cosets(*air, key),
      l_skip(context.l_skip()),
      log_height(log_height_),
      n_lifted(std::max(log_height, l_skip) - l_skip),
      num_tables(0),
      num_selectors(0) {
  for (const ProgramInput& input : air->inputs.inputs) {
    if (input.uniform()) continue;
    ++num_tables;
    if (input.kind != NodeKind::kVariable) ++num_selectors;
  }
}

std::vector<ConstraintShape> constraint_shapes(const Context& context, const Workload& workload) {
  std::vector<ConstraintShape> shapes;
  for (const Workload::Trace& trace : workload.traces) {
    shapes.emplace_back(context, trace.air_index, *trace.air, trace.log_height);
  }
  return shapes;
}

RowEq::RowEq(Work& work, std::span<const ConstraintShape> shapes, std::span<const Fp4> xi) {
  const std::set<unsigned> bits = row_bits(shapes);
  if (bits.empty()) return;
  const auto point = work.arena.take<Fp4>(*bits.rbegin());
  work.queue.upload(point, xi.subspan(shapes.front().l_skip, point.size));
  for (const unsigned n : bits) {
    tables_[n] = work.arena.take<Fp4>(eq_tables_size(n)).data;
    fill_eq_tables(work.queue, point.subspan(0, n), EqCoordinates::kLast, tables_[n]);
  }
}

std::size_t RowEq::bytes(std::span<const ConstraintShape> shapes) {
  const std::set<unsigned> bits = row_bits(shapes);
  if (bits.empty()) return 0;
  std::size_t bytes = DeviceArena::bytes_of<Fp4>(*bits.rbegin());
  for (const unsigned n : bits) bytes += DeviceArena::bytes_of<Fp4>(eq_tables_size(n));
  return bytes;
}

UniformValues::UniformValues(Work& work, std::span<const ConstraintShape> shapes,
                             std::span<const TraceInput> traces) {
  const auto memory = work.arena.take<Fp>(num_uniforms(shapes));
  std::vector<Fp> values;
  for (std::size_t t = 0; t < shapes.size(); ++t) {
    places_.push_back(memory.data + values.size());
    for (const ProgramInput& input : shapes[t].air->inputs.inputs) {
      values.push_back(input.uniform() ? uniform_value(traces[t], input) : Fp());
    }
  }
  work.queue.upload(memory, values);
}

std::size_t UniformValues::bytes(std::span<const ConstraintShape> shapes) {
  return DeviceArena::bytes_of<Fp>(num_uniforms(shapes));
}

TraceColumns::TraceColumns(Work& work, const TraceInput& trace)
    : preprocessed_(work.matrices.get(trace.preprocessed)) {
  for (const MatrixView& part : trace.main_parts) main_parts_.push_back(work.matrices.get(part));
}

const Fp* TraceColumns::column(const Variable& variable) const {
  const DeviceMatrix& matrix =
      variable.source == VariableSource::kPreprocessed ? preprocessed_ : main_parts_[variable.part];
  return matrix.column(variable.index);
}

}  // namespace gyre::cuda
