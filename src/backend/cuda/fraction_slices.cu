#include "backend/cuda/fraction_slices.h"

#include <algorithm>
#include <set>

namespace gyre::cuda {
namespace {

/// Registers of a program that fit beside a chunk in shared memory.
constexpr unsigned kSharedRegisters = 8;

/// Amounts of what is uploaded.
struct Amounts {
  std::size_t slices = 0, terms = 0, instructions = 0, inputs = 0, uniforms = 0, weights = 0;
  std::size_t groups = 0, registers = 0;

  void add(const InteractionProgram& program) {
    ++slices;
    terms += program.count_terms.size() + program.message_terms.size();
    instructions += program.program.code.size();
    inputs += program.inputs.size();
    weights += program.product_parts.size();
    for (const ProgramInput& input : program.inputs) uniforms += input.uniform() ? 1 : 0;
    registers = std::max<std::size_t>(registers, program.program.num_registers);
  }
};

std::size_t num_chunks(std::size_t leaves) {
  return (leaves + kChunk - 1) / kChunk;
}

std::size_t register_scratch(const Context& context, std::size_t registers, std::size_t leaves) {
  return registers <= kSharedRegisters
             ? 0
             : loop_blocks(context, num_chunks(leaves), kLeafBlocks) * kFractionThreads * registers;
}

const MatrixView& part_of(const TraceInput& trace, const Variable& variable) {
  return variable.source == VariableSource::kPreprocessed ? trace.preprocessed
                                                          : trace.main_parts[variable.part];
}

class Builder {
 public:
  Builder(Work& work, std::span<const TraceInput> traces, const Fp4& beta)
      : work_(work), traces_(traces), beta_(beta) {}

  void add(const FractionBlock& block) {
    const TraceInput& trace = traces_[block.trace];
    const InteractionProgram& program =
        work_.context.interactions[trace.air_index][block.interaction];
    const Interaction& interaction = trace.air->symbolic.interactions[block.interaction];
    const unsigned log_length = std::max(trace.log_height, work_.context.l_skip());
    while (beta_powers_.size() <= interaction.message.size()) {
      beta_powers_.push_back(beta_powers_.empty() ? Fp4::one() : beta_powers_.back() * beta_);
    }
    norm_ = inverse_power_of_2(log_length - trace.log_height);

    amounts.add(program);
    Slice slice;
    slice.offset = block.offset;
    slice.log_length = log_length;
    slice.height_mask = (std::uint32_t{1} << trace.log_height) - 1;
    slice.message_constant =
        beta_powers_[interaction.message.size()] * Fp::from_canonical(interaction.bus_index + 1u);
    Fp4 count;
    for (const InteractionProgram::Part& part : program.constants) {
      (part.field == InteractionProgram::kCount ? count : slice.message_constant) += weight(part);
    }
    slice.first_term = static_cast<std::uint32_t>(terms.size());
    slice.count_terms = add_terms(trace, program.count_terms, count);
    slice.message_terms = add_terms(trace, program.message_terms, slice.message_constant);
    slice.count_constant = count.c[0];
    add_program(trace, program, slice);
    slice.plain = is_plain(slice) ? 1 : 0;
    slices.push_back(slice);
    add_to_groups(block);
  }

  std::vector<Slice> slices;
  std::vector<WeightedInput> terms;
  std::vector<SliceInstruction> instructions;
  std::vector<RowInput> inputs;
  std::vector<Fp> uniforms;
  std::vector<std::size_t> uniform_inputs;  ///< the inputs that read them, in order
  std::vector<Fp4> weights;
  std::vector<ChunkGroup> groups;
  Amounts amounts;

  std::uint64_t trace_bytes() const {
    std::uint64_t bytes = 0;
    std::set<const Fp*> columns;
    const auto count = [&](const RowInput& input) {
      if (input.values == nullptr || !columns.insert(input.values).second) return;
      bytes += (std::uint64_t{input.mask} + 1) * sizeof(Fp);
    };
    for (const WeightedInput& term : terms) count(term.input);
    for (const RowInput& input : inputs) count(input);
    return bytes;
  }

 private:
  /// norm * factor for counts, beta^field * factor for message fields.
  Fp4 weight(const InteractionProgram::Part& part) const {
    return part.field == InteractionProgram::kCount ? Fp4(norm_ * part.factor)
                                                    : beta_powers_[part.field] * part.factor;
  }
  Fp4 weight(std::span<const InteractionProgram::Part> parts) const {
    Fp4 sum;
    for (const auto& part : parts) sum += weight(part);
    return sum;
  }

  /// Public values go into `constant`. The number of terms.
  std::uint32_t add_terms(const TraceInput& trace,
                          std::span<const InteractionProgram::Term> of_field, Fp4& constant) {
    std::uint32_t count = 0;
    for (const InteractionProgram::Term& term : of_field) {
      if (term.atom.uniform()) {
        constant += weight(term.parts) * trace.public_values[term.atom.variable.index];
        continue;
      }
      terms.push_back({row_input(trace, term.atom), weight(term.parts)});
      ++count;
    }
    return count;
  }

  RowInput row_input(const TraceInput& trace, const ProgramInput& atom) const {
    RowInput input;
    input.mask = (std::uint32_t{1} << trace.log_height) - 1;
    switch (atom.kind) {
      case NodeKind::kIsFirstRow:
        input.kind = RowInput::kIsFirst;
        break;
      case NodeKind::kIsLastRow:
        input.kind = RowInput::kIsLast;
        break;
      case NodeKind::kIsTransition:
        input.kind = RowInput::kIsTransition;
        break;
      default:
        input.values =
            work_.matrices.get(part_of(trace, atom.variable)).column(atom.variable.index);
        input.kind = atom.variable.offset == 0 ? RowInput::kThisRow : RowInput::kNextRow;
        break;
    }
    return input;
  }

  void add_program(const TraceInput& trace, const InteractionProgram& program, Slice& slice) {
    slice.first_input = static_cast<std::uint32_t>(inputs.size());
    for (const ProgramInput& input : program.inputs) {
      if (input.uniform()) {
        uniform_inputs.push_back(inputs.size());
        uniforms.push_back(input.kind == NodeKind::kConstant
                               ? input.constant
                               : trace.public_values[input.variable.index]);
        inputs.emplace_back();
      } else {
        inputs.push_back(row_input(trace, input));
      }
    }
    const std::size_t first_weight = weights.size();
    for (const auto& parts : program.product_parts) weights.push_back(weight(parts));
    slice.first_instruction = static_cast<std::uint32_t>(instructions.size());
    slice.instructions = static_cast<std::uint32_t>(program.program.code.size());
    const auto word = [](Operand operand) {
      return operand.index() << 1 | (operand.is_input() ? 1u : 0u);
    };
    for (const Instruction& from : program.program.code) {
      SliceInstruction to{.op_and_target = from.target << 8 | static_cast<std::uint32_t>(from.op),
                          .a = word(from.a),
                          .b = word(from.b),
                          .c = word(from.c)};
      if (from.op == Op::kSum) {
        to.a = word(program.program.outputs[from.first]);
        to.b = static_cast<std::uint32_t>(first_weight + from.first);
      }
      instructions.push_back(to);
    }
  }

  bool is_plain(const Slice& slice) const {
    return slice.instructions == 0 && slice.log_length >= kLogChunk &&
           slice.height_mask == (std::uint64_t{1} << slice.log_length) - 1 &&
           std::all_of(terms.begin() + slice.first_term, terms.end(), [](const auto& term) {
             return term.input.kind == RowInput::kThisRow &&
                    reinterpret_cast<std::uintptr_t>(term.input.values) % sizeof(uint4) == 0;
           });
  }

  /// Blocks of a trace follow one another, longer slices first.
  void add_to_groups(const FractionBlock& block) {
    const Slice& slice = slices.back();
    const bool tall = slice.log_length >= kLogChunk;
    if (groups.empty() || (tall ? block.trace != last_trace_ : groups.back().tall != 0)) {
      groups.push_back({.first_leaf = slice.offset,
                        .first_chunk = static_cast<std::uint32_t>(slice.offset >> kLogChunk),
                        .first_slice = static_cast<std::uint32_t>(slices.size() - 1),
                        .slices = 0,
                        .tall = tall ? 1u : 0u});
    }
    ++groups.back().slices;
    last_trace_ = block.trace;
  }

  Work& work_;
  std::span<const TraceInput> traces_;
  Fp4 beta_;
  std::vector<Fp4> beta_powers_;
  Fp norm_;
  std::size_t last_trace_ = 0;
};

}  // namespace

void keep_traces(Work& work, std::span<const TraceInput> traces) {
  for (const TraceInput& trace : traces) {
    if (trace.air->symbolic.interactions.empty()) continue;
    if (trace.preprocessed.width() != 0) static_cast<void>(work.matrices.get(trace.preprocessed));
    for (const MatrixView& part : trace.main_parts) {
      if (part.width() != 0) static_cast<void>(work.matrices.get(part));
    }
  }
}

LeafSource make_leaf_source(Work& work, std::span<const TraceInput> traces,
                            std::span<const FractionBlock> blocks, const Fp4& alpha,
                            const Fp4& beta) {
  Builder builder(work, traces, beta);
  for (const FractionBlock& block : blocks) builder.add(block);
  for (Slice& slice : builder.slices) slice.message_constant += alpha;
  LeafSource source;
  const Slice& last = builder.slices.back();
  source.leaves = last.offset + (std::uint64_t{1} << last.log_length);
  source.trace_bytes = builder.trace_bytes();
  source.alpha = alpha;
  source.num_groups = static_cast<std::uint32_t>(builder.groups.size());
  source.num_registers = static_cast<std::uint32_t>(builder.amounts.registers);
  source.num_chunks = static_cast<std::uint32_t>(num_chunks(source.leaves));

  const auto place = [&](const auto& values, std::size_t room) {
    using T = std::remove_cvref_t<decltype(values[0])>;
    const DeviceSpan<T> span = work.arena.take<T>(room);
    if (!values.empty()) work.queue.upload(span.subspan(0, values.size()), values);
    return span.data;
  };
  const Amounts& amounts = builder.amounts;
  const Fp* const uniforms = place(builder.uniforms, amounts.uniforms);
  for (std::size_t i = 0; i < builder.uniform_inputs.size(); ++i) {
    builder.inputs[builder.uniform_inputs[i]].values = uniforms + i;
  }
  source.slices = place(builder.slices, amounts.slices);
  source.terms = place(builder.terms, amounts.terms);
  source.instructions = place(builder.instructions, amounts.instructions);
  source.inputs = place(builder.inputs, amounts.inputs);
  source.weights = place(builder.weights, amounts.weights);
  source.groups = place(builder.groups, traces.size());
  const std::size_t scratch = register_scratch(work.context, amounts.registers, source.leaves);
  if (scratch != 0) source.registers = work.arena.take<Fp>(scratch).data;
  return source;
}

std::size_t leaf_source_bytes(const Context& context, const Workload& workload) {
  Amounts amounts;
  for (const Workload::Trace& trace : workload.traces) {
    for (const InteractionProgram& program : context.interactions[trace.air_index]) {
      amounts.add(program);
    }
  }
  return DeviceArena::bytes_of<Fp>(amounts.uniforms) +
         DeviceArena::bytes_of<Slice>(amounts.slices) +
         DeviceArena::bytes_of<WeightedInput>(amounts.terms) +
         DeviceArena::bytes_of<SliceInstruction>(amounts.instructions) +
         DeviceArena::bytes_of<RowInput>(amounts.inputs) +
         DeviceArena::bytes_of<Fp4>(amounts.weights) +
         DeviceArena::bytes_of<ChunkGroup>(workload.traces.size()) +
         DeviceArena::bytes_of<Fp>(
             register_scratch(context, amounts.registers, workload.num_leaves));
}

unsigned loop_blocks(const Context& context, std::size_t pieces, unsigned per_multiprocessor) {
  const std::size_t most =
      std::size_t{std::max(1u, context.device.multiprocessors)} * per_multiprocessor;
  return static_cast<unsigned>(std::clamp<std::size_t>(pieces, 1, most));
}

std::size_t leaf_shared_bytes(const LeafSource& source) {
  const std::size_t registers = source.registers == nullptr ? source.num_registers : 0;
  return kChunk * (sizeof(Fp4) + sizeof(Fp)) + registers * kFractionThreads * sizeof(Fp);
}

}  // namespace gyre::cuda
