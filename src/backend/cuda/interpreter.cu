#include <vector>

#include "backend/cuda/device_programs.h"
#include "backend/cuda/evaluation.h"

namespace gyre::cuda {
namespace {

/// Points that a thread works on side by side, so that they share the decoding.
constexpr unsigned kBasePoints = 4, kExtensionPoints = 1;

/// What differs between the two fields: how inputs are read.
struct BaseInputs {
  using Value = Fp;
  const BaseItem& item;
  std::uint32_t points[kBasePoints];

  __device__ __forceinline__ void read(std::uint32_t input, Fp (&to)[kBasePoints]) const {
    const Fp* const values = item.inputs[input];
    const Fp uniform = values == nullptr ? item.uniforms[input] : Fp();
#pragma unroll
    for (unsigned k = 0; k < kBasePoints; ++k) {
      to[k] = values == nullptr ? uniform : values[points[k]];
    }
  }
};
struct ExtensionInputs {
  using Value = Fp4;
  const ExtensionItem& item;
  ExtensionPoint point;
  Fp x;

  __device__ ExtensionInputs(const ExtensionItem& of, std::uint32_t j)
      : item(of), point(of, j), x(Fp::from_canonical(point.x(of))) {}
  __device__ __forceinline__ void read(std::uint32_t input, Fp4 (&to)[1]) const {
    if (input >= item.num_tables) {
      to[0] = Fp4(item.uniforms[input]);
    } else {
      const Fp4* const at =
          item.tables + std::size_t{input} * item.table_entries() + point.entry(item);
      const Fp4 t0 = load(at), t1 = load(at + 1);
      to[0] = t0 + (t1 - t0) * x;
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

__device__ __forceinline__ void interpret(const BaseItem& item, const DeviceProgram& program,
                                          std::uint32_t begin, Fp* registers) {
  if (threadIdx.x >= program.lanes) return;
  for (std::uint32_t first = begin + threadIdx.x;
       first < begin + item.block_points && first < item.num_points;
       first += program.lanes * kBasePoints) {
    BaseInputs inputs{item, {}};
#pragma unroll
    for (unsigned k = 0; k < kBasePoints; ++k) {
      const std::uint32_t point = first + k * program.lanes;
      inputs.points[k] = point < item.num_points ? point : item.num_points - 1;
    }
    Fp4 totals[kBasePoints];
    Run<kBasePoints, BaseInputs>(program, inputs, registers + threadIdx.x).run(totals);
#pragma unroll
    for (unsigned k = 0; k < kBasePoints; ++k) {
      const std::uint32_t point = first + k * program.lanes;
      if (point < item.num_points) store(item.sums + point, totals[k]);
    }
  }
}

/// The program at point j, where the thread is active.
__device__ __forceinline__ Fp4 value_at(const ExtensionItem& item, const DeviceProgram& program,
                                        std::uint32_t j, Fp4* registers) {
  const ExtensionInputs inputs(item, j);
  Fp4 totals[1];
  Run<1, ExtensionInputs>(program, inputs, registers).run(totals);
  return totals[0] * load(item.eq + inputs.point.pair);
}

/// Adds the value at point j; the lanes of a warp have 2^log_lanes points one after another, or 32.
__device__ __forceinline__ void add_at(const ExtensionItem& item, std::uint32_t j, bool active,
                                       unsigned log_lanes, const Fp4& value) {
  add_to_total(value, active, min(log_lanes, ExtensionPoint::log_chunk(item)),
               item.totals + ExtensionPoint(item, j).k * kTotalWords);
}

/// A block of 32 or 64 points: groups of so many threads make a part of the sum each, so that it
/// takes a part of the time.
__device__ __forceinline__ void interpret_in_parts(const ExtensionItem& item,
                                                   const DeviceProgram& program,
                                                   std::uint32_t begin, Fp4* registers) {
  const unsigned lanes = item.block_points;
  const unsigned group = threadIdx.x / lanes, lane = threadIdx.x % lanes;
  const unsigned groups = program.lanes / lanes;
  const std::uint32_t j = begin + lane;
  const bool active = group < groups && j < item.num_points;
  Fp4 value;
  if (active) {
    DeviceProgram part = program;
    part.lanes = lanes;
    part.code = program.code + program.num_instructions;
#pragma unroll 1
    for (unsigned p = 0; p < kProgramParts; ++p) {
      part.num_instructions = program.part_instructions[p];
      if (p % groups == group) {
        value += value_at(item, part, j, registers + group * lanes * program.num_registers + lane);
      }
      part.code += part.num_instructions;
    }
  }
  add_at(item, j, active, 5, value);
}

__device__ __forceinline__ void interpret(const ExtensionItem& item, const DeviceProgram& program,
                                          std::uint32_t begin, Fp4* registers) {
  if (item.block_points < kEvaluationThreads && program.lanes >= item.block_points) {
    return interpret_in_parts(item, program, begin, registers);
  }
  const auto log_lanes = static_cast<unsigned>(31 - __clz(static_cast<int>(program.lanes)));
  const std::uint32_t end = min(begin + item.block_points, item.num_points);
  for (std::uint32_t first = begin; first < end; first += program.lanes) {
    const std::uint32_t j = first + threadIdx.x;
    const bool active = threadIdx.x < program.lanes && j < end;
    Fp4 value;
    if (active) value = value_at(item, program, j, registers + threadIdx.x);
    add_at(item, j, active, log_lanes, value);
  }
}

template <class Value, class Item>
__device__ __forceinline__ void interpret_items(const Item* items, std::uint32_t num_items,
                                                const DeviceProgram* programs) {
  GYRE_DYNAMIC_SHARED(Value, registers);
  const Item item = item_of_block(items, num_items);
  const std::uint32_t begin = (block_of_items(items) - item.first_block) * item.block_points;
  interpret(item, programs[item.piece], begin, registers);
}

__global__ void __launch_bounds__(kEvaluationThreads / kBasePoints)
    interpret_base(const BaseItem* items, std::uint32_t num_items, const DeviceProgram* programs) {
  interpret_items<Fp>(items, num_items, programs);
}
__global__ void __launch_bounds__(kEvaluationThreads / kExtensionPoints)
    interpret_extension(const ExtensionItem* items, std::uint32_t num_items,
                        const DeviceProgram* programs) {
  interpret_items<Fp4>(items, num_items, programs);
}

class Interpreter : public Evaluator {
 public:
  Interpreter(int device, const DevicePrograms& base, const DevicePrograms& extension,
              std::size_t most_shared)
      : arena_(base.bytes() + extension.bytes()),
        base_shared_(base.shared_bytes()),
        extension_shared_(extension.shared_bytes()) {
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
  DevicePrograms base, extension;
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
