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

struct DeviceProgram {
  const DeviceInstruction* code;
  const std::uint32_t* outputs;  ///< operands
  std::uint32_t num_instructions;
  /// Points that a block works on at a time: as many as have room for their registers.
  std::uint32_t lanes;
};

/// Shared memory of a block that leaves room for others.
constexpr std::size_t kRegisterBytes = 56 * 1024;

/// The arithmetic that differs between the two fields: how inputs are read.
struct BasePoint {
  using Value = Fp;
  const BaseItem& item;
  std::uint32_t point;
  __device__ Fp input(std::uint32_t i) const {
    const Fp* const values = item.inputs[i];
    return values == nullptr ? item.uniforms[i] : values[point];
  }
};
struct ExtensionPoint {
  using Value = Fp4;
  const ExtensionItem& item;
  std::uint32_t pair;
  Fp x;
  __device__ ExtensionPoint(const ExtensionItem& item_, std::uint32_t point)
      : item(item_),
        pair(point & ((1u << item_.log_pairs) - 1)),
        x(Fp::from_canonical(item_.first_x + (point >> item_.log_pairs))) {}
  __device__ Fp4 input(std::uint32_t i) const {
    const Fp4* const table = item.tables[i];
    if (table == nullptr) return Fp4(item.uniforms[i]);
    if (item.single != 0) return load(table);
    const Fp4 t0 = load(table + 2 * pair), t1 = load(table + 2 * pair + 1);
    return t0 + (t1 - t0) * x;
  }
};

/// Registers of one lane: register r at registers[r * lanes].
template <class Point>
__device__ Fp4 run_program(const DeviceProgram& program, const Fp4* weights, const Point& point,
                           typename Point::Value* registers) {
  using Value = typename Point::Value;
  const auto fetch = [&](std::uint32_t operand) -> Value {
    return (operand & kInputBit) != 0 ? point.input(operand & ~kInputBit)
                                      : registers[operand * program.lanes];
  };
  Fp4 total;
  for (std::uint32_t i = 0; i < program.num_instructions; ++i) {
    const uint4 words = __ldg(reinterpret_cast<const uint4*>(program.code) + i);
    const auto op = static_cast<Op>(words.x & 0xff);
    if (op == Op::kSum) {
      for (std::uint32_t o = words.y; o < words.y + words.z; ++o) {
        total += load(weights + o) * fetch(program.outputs[o]);
      }
      continue;
    }
    const Value a = fetch(words.y);
    Value result;
    switch (op) {
      case Op::kAdd:
        result = a + fetch(words.z);
        break;
      case Op::kSub:
        result = a - fetch(words.z);
        break;
      case Op::kNeg:
        result = -a;
        break;
      case Op::kTwice:
        result = a.doubled();
        break;
      case Op::kTwiceAdd:
        result = a.doubled() + fetch(words.z);
        break;
      case Op::kMul:
        result = a * fetch(words.z);
        break;
      case Op::kMulTwice:
        result = a * fetch(words.z).doubled();
        break;
      case Op::kMulSum:
        result = a * (fetch(words.z) + fetch(words.w));
        break;
      case Op::kMulDifference:
        result = a * (fetch(words.z) - fetch(words.w));
        break;
      case Op::kAddMul:
        result = fetch(words.w) + a * fetch(words.z);
        break;
      case Op::kSubMul:
        result = fetch(words.w) - a * fetch(words.z);
        break;
      case Op::kSubMulTwice:
        result = fetch(words.w) - a * fetch(words.z).doubled();
        break;
      case Op::kMulSub:
        result = a * fetch(words.z) - fetch(words.w);
        break;
      case Op::kScale:
        result = a * point.item.uniforms[words.z & ~kInputBit];
        break;
      default:  // kLoad
        result = a;
        break;
    }
    registers[(words.x >> 8) * program.lanes] = result;
  }
  return total;
}

template <class Point, class Item>
__device__ void interpret(const Item* items, std::uint32_t num_items,
                          const DeviceProgram* programs) {
  GYRE_DYNAMIC_SHARED(typename Point::Value, registers);
  const Item item = item_of_block(items, num_items);
  const DeviceProgram program = programs[item.piece];
  const std::uint32_t first = (block_of_items(items) - item.first_block) * kEvaluationThreads;
  if (threadIdx.x >= program.lanes) return;
  for (std::uint32_t i = threadIdx.x; i < kEvaluationThreads; i += program.lanes) {
    if (first + i >= item.num_points) return;
    const Point point{item, first + i};
    store(item.sums + first + i,
          run_program(program, item.weights, point, registers + threadIdx.x));
  }
}

__global__ void __launch_bounds__(kEvaluationThreads)
    interpret_base(const BaseItem* items, std::uint32_t num_items, const DeviceProgram* programs) {
  interpret<BasePoint>(items, num_items, programs);
}
__global__ void __launch_bounds__(kEvaluationThreads)
    interpret_extension(const ExtensionItem* items, std::uint32_t num_items,
                        const DeviceProgram* programs) {
  interpret<ExtensionPoint>(items, num_items, programs);
}

std::uint32_t encoded(Operand operand) {
  return operand.index() | (operand.is_input() ? kInputBit : 0);
}

/// The programs of one field as they lie on the device.
struct Encoded {
  std::vector<DeviceInstruction> code;
  std::vector<std::uint32_t> outputs;
  struct Place {
    std::size_t code, outputs, num_instructions, lanes;
  };
  std::vector<Place> places;
  std::size_t shared_bytes = 0;

  void add(const ExpressionProgram& program, std::size_t register_bytes, std::size_t most_shared) {
    std::size_t lanes = kEvaluationThreads;
    const std::size_t lane = std::max<std::size_t>(program.num_registers, 1) * register_bytes;
    while (lanes > 1 && lanes * lane > std::min(kRegisterBytes, most_shared)) lanes /= 2;
    if (lanes * lane > most_shared) {
      throw Error(ErrorKind::kResource, "cuda: an AIR's expression needs " +
                                            std::to_string(program.num_registers) +
                                            " values at a time, more than a block can hold");
    }
    shared_bytes = std::max(shared_bytes, lanes * lane);
    places.push_back({code.size(), outputs.size(), program.code.size(), lanes});
    for (const Instruction& i : program.code) {
      const auto op = static_cast<std::uint32_t>(i.op);
      if (i.op == Op::kSum) {
        code.push_back({op, i.first, i.count, 0});
      } else {
        code.push_back({op | i.target << 8, encoded(i.a), encoded(i.b), encoded(i.c)});
      }
    }
    for (const Operand operand : program.outputs) outputs.push_back(encoded(operand));
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
      host.push_back({device_code.data + place.code, device_outputs.data + place.outputs,
                      static_cast<std::uint32_t>(place.num_instructions),
                      static_cast<std::uint32_t>(place.lanes)});
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
    run(queue, interpret_base, items, device_items, base_, base_shared_);
  }
  void evaluate(Queue& queue, std::span<const ExtensionItem> items,
                const ExtensionItem* device_items) const override {
    run(queue, interpret_extension, items, device_items, extension_, extension_shared_);
  }

 private:
  template <class Kernel, class Item>
  static void run(Queue& queue, Kernel kernel, std::span<const Item> items,
                  const Item* device_items, DeviceSpan<DeviceProgram> programs,
                  std::size_t shared) {
    if (items.empty()) return;
    const std::uint32_t blocks = num_blocks(items);
    std::uint64_t bytes = 0;
    for (const Item& item : items) bytes += std::uint64_t{item.num_points} * sizeof(Fp4);
    queue.launch(kernel, {dim3(blocks), dim3(kEvaluationThreads), shared}, bytes, device_items,
                 static_cast<std::uint32_t>(items.size()), programs.data);
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
    for (const ProgramPiece& piece : air.base) base.add(piece.program, sizeof(Fp), most);
    for (const ProgramPiece& piece : air.extension) extension.add(piece.program, sizeof(Fp4), most);
  }
  return std::make_shared<Interpreter>(device, base, extension, most);
}

}  // namespace gyre::cuda
