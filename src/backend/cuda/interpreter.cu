#include <algorithm>
#include <string>
#include <vector>

#include "backend/cuda/evaluation.h"
#include "gyre/support/error.h"

namespace gyre::cuda {
namespace {

/// An instruction in 16 bytes: the operation in the low 8 bits of `head`, the target above; of a
/// sum the first output and their number in a and b.
struct DeviceInstruction {
  std::uint32_t head, a, b, c;
};
constexpr std::uint32_t kInputBit = std::uint32_t{1} << 31;

/// Parts of a program, one for each warp of a block.
constexpr unsigned kParts = 4;

struct DeviceProgram {
  const DeviceInstruction* code;
  const std::uint32_t* outputs;  ///< operands
  std::uint32_t num_instructions;
  /// Threads of a block that work: as many as have room for their registers.
  std::uint32_t lanes;
  std::uint32_t num_registers;
  /// In the extension field, programs for a part of the outputs each, one behind the other after
  /// `code`; in the base field they are empty.
  std::uint32_t part_instructions[kParts];
};

/// Shared memory of a block that leaves room for others.
constexpr std::size_t kRegisterBytes = 56 * 1024;

/// Points that a thread works on side by side, so that they share the decoding.
constexpr unsigned kBasePoints = 4, kExtensionPoints = 1;

/// What differs between the two fields: how inputs are read.
template <unsigned kPoints>
struct BaseInputs {
  using Value = Fp;
  const BaseItem& item;
  std::uint32_t points[kPoints];

  __device__ void place(unsigned k, std::uint32_t point) { points[k] = point; }
  __device__ __forceinline__ void read(std::uint32_t input, Fp (&to)[kPoints]) const {
    const Fp* const values = item.inputs[input];
    const Fp uniform = values == nullptr ? item.uniforms[input] : Fp();
#pragma unroll
    for (unsigned k = 0; k < kPoints; ++k) to[k] = values == nullptr ? uniform : values[points[k]];
  }
};
template <unsigned kPoints>
struct ExtensionInputs {
  using Value = Fp4;
  const ExtensionItem& item;
  std::uint32_t pairs[kPoints];
  Fp x[kPoints];

  __device__ void place(unsigned k, std::uint32_t point) {
    pairs[k] = point & ((1u << item.log_pairs) - 1);
    x[k] = Fp::from_canonical(item.first_x + (point >> item.log_pairs));
  }
  __device__ __forceinline__ void read(std::uint32_t input, Fp4 (&to)[kPoints]) const {
    const Fp4* const table = item.tables[input];
#pragma unroll
    for (unsigned k = 0; k < kPoints; ++k) {
      if (table == nullptr) {
        to[k] = Fp4(item.uniforms[input]);
      } else if (item.single != 0) {
        to[k] = load(table);
      } else {
        const Fp4 t0 = load(table + 2 * pairs[k]), t1 = load(table + 2 * pairs[k] + 1);
        to[k] = t0 + (t1 - t0) * x[k];
      }
    }
  }
};

/// Runs a program at the points of one lane; its registers for point k, number r at
/// registers[(r kPoints + k) lanes].
template <unsigned kPoints, class Inputs>
class Run {
 public:
  using Value = typename Inputs::Value;
  __device__ Run(const DeviceProgram& program, const Inputs& inputs, Value* registers)
      : program_(program), inputs_(inputs), registers_(registers) {}

  __device__ __forceinline__ void run(Fp4 (&totals)[kPoints]) {
    for (std::uint32_t i = 0; i < program_.num_instructions; ++i) {
      const uint4 words = __ldg(reinterpret_cast<const uint4*>(program_.code) + i);
      if (static_cast<Op>(words.x & 0xff) == Op::kSum) {
        add_outputs(words.y, words.z, totals);
      } else {
        compute(words);
      }
    }
  }

 private:
  __device__ __forceinline__ void fetch(std::uint32_t operand, Value (&to)[kPoints]) const {
    if ((operand & kInputBit) != 0) return inputs_.read(operand & ~kInputBit, to);
#pragma unroll
    for (unsigned k = 0; k < kPoints; ++k) {
      to[k] = registers_[(operand * kPoints + k) * program_.lanes];
    }
  }

  __device__ __forceinline__ void add_outputs(std::uint32_t first, std::uint32_t count,
                                              Fp4 (&totals)[kPoints]) const {
    for (std::uint32_t o = first; o < first + count; ++o) {
      Value value[kPoints];
      fetch(program_.outputs[o], value);
      const Fp4 weight = load(inputs_.item.weights + o);
#pragma unroll
      for (unsigned k = 0; k < kPoints; ++k) totals[k] += weight * value[k];
    }
  }

  __device__ __forceinline__ void compute(const uint4& words) {
    Value a[kPoints], b[kPoints], c[kPoints];
    fetch(words.y, a);
    const auto each = [&](auto&& value) {
#pragma unroll
      for (unsigned k = 0; k < kPoints; ++k) {
        registers_[((words.x >> 8) * kPoints + k) * program_.lanes] = value(k);
      }
    };
    const auto with_2 = [&](auto&& value) {
      fetch(words.z, b);
      each(value);
    };
    const auto with_3 = [&](auto&& value) {
      fetch(words.w, c);
      with_2(value);
    };
    switch (static_cast<Op>(words.x & 0xff)) {
      case Op::kAdd:
        return with_2([&](unsigned k) { return a[k] + b[k]; });
      case Op::kSub:
        return with_2([&](unsigned k) { return a[k] - b[k]; });
      case Op::kNeg:
        return each([&](unsigned k) { return -a[k]; });
      case Op::kTwice:
        return each([&](unsigned k) { return a[k].doubled(); });
      case Op::kTwiceAdd:
        return with_2([&](unsigned k) { return a[k].doubled() + b[k]; });
      case Op::kMul:
        return with_2([&](unsigned k) { return a[k] * b[k]; });
      case Op::kMulTwice:
        return with_2([&](unsigned k) { return a[k] * b[k].doubled(); });
      case Op::kMulSum:
        return with_3([&](unsigned k) { return a[k] * (b[k] + c[k]); });
      case Op::kMulDifference:
        return with_3([&](unsigned k) { return a[k] * (b[k] - c[k]); });
      case Op::kAddMul:
        return with_3([&](unsigned k) { return c[k] + a[k] * b[k]; });
      case Op::kSubMul:
        return with_3([&](unsigned k) { return c[k] - a[k] * b[k]; });
      case Op::kSubMulTwice:
        return with_3([&](unsigned k) { return c[k] - a[k] * b[k].doubled(); });
      case Op::kMulSub:
        return with_3([&](unsigned k) { return a[k] * b[k] - c[k]; });
      case Op::kScale: {
        const Fp scale = inputs_.item.uniforms[words.z & ~kInputBit];
        return each([&](unsigned k) { return a[k] * scale; });
      }
      default:  // kLoad
        return each([&](unsigned k) { return a[k]; });
    }
  }

  const DeviceProgram& program_;
  const Inputs& inputs_;
  Value* registers_;
};

/// An item of at most `lanes` points, 32 or 64: groups of so many threads make a part of the sum
/// each, so that it takes a part of the time. All threads of the block take part.
template <class Inputs, class Item>
__device__ __forceinline__ void interpret_in_parts(const Item& item, const DeviceProgram& program,
                                                   const std::uint32_t* part_instructions,
                                                   unsigned lanes, Fp4* registers) {
  const unsigned group = threadIdx.x / lanes, lane = threadIdx.x % lanes;
  const unsigned groups = program.lanes / lanes;
  Fp4 totals[1];
  if (group < groups && lane < item.num_points) {
    Inputs inputs{item, {}};
    inputs.place(0, lane);
    DeviceProgram part = program;
    part.lanes = lanes;
    part.code = program.code + program.num_instructions;
#pragma unroll 1
    for (unsigned p = 0; p < kParts; ++p) {
      part.num_instructions = part_instructions[p];
      if (p % groups == group) {
        Run<1, Inputs>(part, inputs, registers + group * lanes * program.num_registers + lane)
            .run(totals);
      }
      part.code += part.num_instructions;
    }
  }
  __syncthreads();
  store(registers + threadIdx.x, totals[0]);
  __syncthreads();
  if (threadIdx.x >= item.num_points) return;
  for (unsigned t = lanes + lane; t < kEvaluationThreads; t += lanes) {
    totals[0] += load(registers + t);
  }
  store(item.sums + lane, totals[0]);
}

template <unsigned kPoints, class Inputs, class Item>
__device__ __forceinline__ void interpret(const Item* items, std::uint32_t num_items,
                                          const DeviceProgram* programs) {
  GYRE_DYNAMIC_SHARED(typename Inputs::Value, registers);
  const Item item = item_of_block(items, num_items);
  const DeviceProgram program = programs[item.piece];
  if constexpr (kPoints == 1) {
    const unsigned lanes = item.num_points <= 32 ? 32 : 64;
    if (item.num_points <= lanes && program.lanes >= lanes) {
      return interpret_in_parts<Inputs>(item, program, programs[item.piece].part_instructions,
                                        lanes, registers);
    }
  }
  if (threadIdx.x >= program.lanes) return;
  const std::uint32_t begin = (block_of_items(items) - item.first_block) * kEvaluationThreads;
  for (std::uint32_t first = begin + threadIdx.x;
       first < begin + kEvaluationThreads && first < item.num_points;
       first += program.lanes * kPoints) {
    Inputs inputs{item, {}};
#pragma unroll
    for (unsigned k = 0; k < kPoints; ++k) {
      const std::uint32_t point = first + k * program.lanes;
      inputs.place(k, point < item.num_points ? point : item.num_points - 1);
    }
    Fp4 totals[kPoints];
    Run<kPoints, Inputs>(program, inputs, registers + threadIdx.x).run(totals);
#pragma unroll
    for (unsigned k = 0; k < kPoints; ++k) {
      const std::uint32_t point = first + k * program.lanes;
      if (point < item.num_points) store(item.sums + point, totals[k]);
    }
  }
}

__global__ void __launch_bounds__(kEvaluationThreads / kBasePoints)
    interpret_base(const BaseItem* items, std::uint32_t num_items, const DeviceProgram* programs) {
  interpret<kBasePoints, BaseInputs<kBasePoints>>(items, num_items, programs);
}
__global__ void __launch_bounds__(kEvaluationThreads / kExtensionPoints)
    interpret_extension(const ExtensionItem* items, std::uint32_t num_items,
                        const DeviceProgram* programs) {
  interpret<kExtensionPoints, ExtensionInputs<kExtensionPoints>>(items, num_items, programs);
}

/// Operands that are registers or inputs; the uniform of kScale and what kLoad announces are not.
std::size_t num_operands(Op op) {
  switch (op) {
    case Op::kLoad:
    case Op::kNeg:
    case Op::kTwice:
    case Op::kScale:
      return 1;
    case Op::kAdd:
    case Op::kSub:
    case Op::kTwiceAdd:
    case Op::kMul:
    case Op::kMulTwice:
      return 2;
    default:
      return 3;
  }
}

/// What of a program the outputs from `begin` to `end` need, in the same registers.
std::vector<Instruction> part_of(const ExpressionProgram& program, std::uint32_t begin,
                                 std::uint32_t end) {
  std::vector<Instruction> part;
  std::vector<bool> live(program.num_registers, false);
  const auto use = [&](Operand operand) {
    if (!operand.is_input()) live[operand.index()] = true;
  };
  for (std::size_t i = program.code.size(); i-- > 0;) {
    Instruction instruction = program.code[i];
    if (instruction.op == Op::kSum) {
      const std::uint32_t first = std::max(instruction.first, begin);
      const std::uint32_t last = std::min(instruction.first + instruction.count, end);
      if (first >= last) continue;
      instruction.first = first;
      instruction.count = last - first;
      for (std::uint32_t o = first; o < last; ++o) use(program.outputs[o]);
    } else {
      if (!live[instruction.target]) continue;
      live[instruction.target] = false;
      const Operand operands[] = {instruction.a, instruction.b, instruction.c};
      for (std::size_t j = 0; j < num_operands(instruction.op); ++j) use(operands[j]);
    }
    part.push_back(instruction);
  }
  std::reverse(part.begin(), part.end());
  return part;
}

std::uint32_t encoded(Operand operand) {
  return operand.index() | (operand.is_input() ? kInputBit : 0);
}

/// The programs of one field as they lie on the device.
struct Encoded {
  std::vector<DeviceInstruction> code;
  std::vector<std::uint32_t> outputs;
  struct Place {
    std::size_t code = 0, outputs = 0;
    DeviceProgram program{};
  };
  std::vector<Place> places;
  std::size_t shared_bytes = 0;

  /// `points`: of a thread.
  void add(const ExpressionProgram& program, std::size_t register_bytes, std::size_t points,
           std::size_t most_shared) {
    std::size_t lanes = kEvaluationThreads / points;
    const std::size_t lane =
        std::max<std::size_t>(program.num_registers, 1) * register_bytes * points;
    while (lanes > 1 && lanes * lane > std::min(kRegisterBytes, most_shared)) lanes /= 2;
    if (lanes * lane > most_shared) {
      throw Error(ErrorKind::kResource, "cuda: an AIR's expression needs " +
                                            std::to_string(program.num_registers) +
                                            " values at a time, more than a block can hold");
    }
    shared_bytes = std::max(shared_bytes, lanes * lane);
    Place& place = places.emplace_back();
    place.code = code.size();
    place.outputs = outputs.size();
    place.program.num_instructions = static_cast<std::uint32_t>(program.code.size());
    place.program.lanes = static_cast<std::uint32_t>(lanes);
    place.program.num_registers = program.num_registers;
    append(program.code);
    const auto num_outputs = static_cast<std::uint32_t>(program.outputs.size());
    for (std::uint32_t p = 0; p < kParts && points == 1; ++p) {
      const std::vector<Instruction> part =
          part_of(program, num_outputs * p / kParts, num_outputs * (p + 1) / kParts);
      place.program.part_instructions[p] = static_cast<std::uint32_t>(part.size());
      append(part);
    }
    for (const Operand operand : program.outputs) outputs.push_back(encoded(operand));
  }
  void append(std::span<const Instruction> instructions) {
    for (const Instruction& i : instructions) {
      const auto op = static_cast<std::uint32_t>(i.op);
      if (i.op == Op::kSum) {
        code.push_back({op, i.first, i.count, 0});
      } else {
        code.push_back({op | i.target << 8, encoded(i.a), encoded(i.b), encoded(i.c)});
      }
    }
  }
  std::size_t bytes() const {
    return DeviceArena::bytes_of<DeviceInstruction>(code.size()) +
           DeviceArena::bytes_of<std::uint32_t>(outputs.size()) +
           DeviceArena::bytes_of<DeviceProgram>(places.size());
  }
  DeviceSpan<DeviceProgram> upload(Queue& queue, DeviceArena& arena) const {
    const auto device_code = arena.take<DeviceInstruction>(code.size());
    const auto device_outputs = arena.take<std::uint32_t>(outputs.size());
    const auto programs = arena.take<DeviceProgram>(places.size());
    queue.upload(device_code, code);
    queue.upload(device_outputs, outputs);
    std::vector<DeviceProgram> host;
    for (const Place& place : places) {
      DeviceProgram& program = host.emplace_back(place.program);
      program.code = device_code.data + place.code;
      program.outputs = device_outputs.data + place.outputs;
    }
    queue.upload(programs, host);
    return programs;
  }
};

class Interpreter : public Evaluator {
 public:
  Interpreter(int device, const Encoded& base, const Encoded& extension, std::size_t most_shared)
      : arena_(base.bytes() + extension.bytes()),
        base_shared_(base.shared_bytes),
        extension_shared_(extension.shared_bytes) {
    Queue queue(device);
    base_ = base.upload(queue, arena_);
    extension_ = extension.upload(queue, arena_);
    queue.synchronize();
    Queue::raise_shared_limit(interpret_base, most_shared);
    Queue::raise_shared_limit(interpret_extension, most_shared);
  }

  void evaluate(Queue& queue, std::span<const BaseItem> items,
                const BaseItem* device_items) const override {
    run(queue, interpret_base, kBasePoints, items, device_items, base_, base_shared_);
  }
  void evaluate(Queue& queue, std::span<const ExtensionItem> items,
                const ExtensionItem* device_items) const override {
    run(queue, interpret_extension, kExtensionPoints, items, device_items, extension_,
        extension_shared_);
  }

 private:
  template <class Kernel, class Item>
  static void run(Queue& queue, Kernel kernel, unsigned points, std::span<const Item> items,
                  const Item* device_items, DeviceSpan<DeviceProgram> programs,
                  std::size_t shared) {
    if (items.empty()) return;
    const std::uint32_t blocks = num_blocks(items);
    std::uint64_t bytes = 0;
    for (const Item& item : items) bytes += std::uint64_t{item.num_points} * sizeof(Fp4);
    queue.launch(kernel, {dim3(blocks), dim3(kEvaluationThreads / points), shared}, bytes,
                 device_items, static_cast<std::uint32_t>(items.size()), programs.data);
  }

  DeviceArena arena_;
  DeviceSpan<DeviceProgram> base_, extension_;
  std::size_t base_shared_, extension_shared_;
};

}  // namespace

std::shared_ptr<const Evaluator> make_interpreter(int device, std::span<const AirPieces> pieces) {
  const std::size_t most = find_device(device).shared_bytes_per_block;
  Encoded base, extension;
  for (const AirPieces& air : pieces) {
    for (const ProgramPiece& piece : air.base) {
      base.add(piece.program, sizeof(Fp), kBasePoints, most);
    }
    for (const ProgramPiece& piece : air.extension) {
      extension.add(piece.program, sizeof(Fp4), kExtensionPoints, most);
    }
  }
  return std::make_shared<Interpreter>(device, base, extension, most);
}

}  // namespace gyre::cuda
