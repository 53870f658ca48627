#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/base_program.cc"
#include "simd/kernel.h"

#include "backend/cpu/program_kernels.h"
#include "simd/fp4-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gyre::cpu {
namespace HWY_NAMESPACE {

using namespace gyre::HWY_NAMESPACE;  // NOLINT: the packed types of this target

std::size_t Lanes() {
  return kLanes;
}

/// The interpreter for blocks of kVectors vectors.
template <std::size_t kVectors>
class BaseRun {
 public:
  HWY_INLINE BaseRun(const ExpressionProgram& program, const BaseBlock& block)
      : program_(program),
        block_(block),
        bases_{block.registers, block.inputs},
        strides_{kVectors * kLanes, block.input_stride} {}

  HWY_INLINE void run() {
    for (const Instruction& i : program_.code) {
      const Fp* const a = at(i.a);
      const Fp* const b = at(i.b);
      const Fp* const c = at(i.c);
      Fp* const target = block_.registers + i.target * kVectors * kLanes;
      const auto each = [&](auto&& value) {
#pragma GCC unroll 8
        for (std::size_t v = 0; v < kVectors * kLanes; v += kLanes) store(value(v), target + v);
      };
      switch (i.op) {
        case Op::kAdd:
          each([&](std::size_t v) { return load(a + v) + load(b + v); });
          break;
        case Op::kSub:
          each([&](std::size_t v) { return load(a + v) - load(b + v); });
          break;
        case Op::kNeg:
          each([&](std::size_t v) { return negated(load(a + v)); });
          break;
        case Op::kTwice:
          each([&](std::size_t v) { return doubled(load(a + v)); });
          break;
        case Op::kTwiceAdd:
          each([&](std::size_t v) { return doubled(load(a + v)) + load(b + v); });
          break;
        case Op::kMul:
        case Op::kScale:
          each([&](std::size_t v) { return load(a + v) * load(b + v); });
          break;
        case Op::kMulTwice:
          each([&](std::size_t v) { return times_twice(a + v, b + v); });
          break;
        case Op::kMulSum:
          each([&](std::size_t v) { return times_sum(load(a + v), load(b + v), load(c + v)); });
          break;
        case Op::kMulDifference:
          each([&](std::size_t v) {
            return times_difference(load(a + v), load(b + v), load(c + v));
          });
          break;
        case Op::kAddMul:
          each([&](std::size_t v) { return load(c + v) + load(a + v) * load(b + v); });
          break;
        case Op::kSubMul:
          each([&](std::size_t v) { return load(c + v) - load(a + v) * load(b + v); });
          break;
        case Op::kSubMulTwice:
          each([&](std::size_t v) { return load(c + v) - times_twice(a + v, b + v); });
          break;
        case Op::kMulSub:
          each([&](std::size_t v) { return load(a + v) * load(b + v) - load(c + v); });
          break;
        case Op::kLoad:
          each([&](std::size_t v) { return load(a + v); });
          break;
        case Op::kSum:
          sum_outputs(i);
          break;
      }
    }
    add_scaled_sums();
  }

 private:
  HWY_INLINE const Fp* at(Operand operand) const {
    const std::size_t input = operand.is_input() ? 1 : 0;
    return bases_[input] + operand.index() * strides_[input];
  }
  static HWY_INLINE Packed times_twice(const Fp* a, const Fp* b) {
    const Packed twice = load(b);
    return times_sum(load(a), twice, twice);
  }

  HWY_INLINE void sum_outputs(const Instruction& i) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      Products4 sum;
      for (std::uint32_t o = 0; o < i.count; ++o) {
        if (o >= 4 && o % 2 == 0) sum.fit();
        sum.add_uniform(broadcast(block_.weights[i.first + o]),
                        load(at(program_.outputs[i.first + o]) + v * kLanes));
      }
      add_to(sum.reduced(), &sums_[(i.target * kVectors + v) * 4 * kLanes]);
    }
  }

  static HWY_INLINE void add_to(const PackedFp4& value, Fp* planes) {
    for (std::size_t j = 0; j < 4; ++j) {
      store(load(planes + j * kLanes) + value.c[j], planes + j * kLanes);
    }
  }

  HWY_INLINE void add_scaled_sums() const {
    const UniformFactor4 scale = uniform_factor4(block_.scale);
    for (std::size_t group = 0; group < program_.num_groups; ++group) {
      for (std::size_t v = 0; v < kVectors; ++v) {
        const Fp* const sum = &sums_[(group * kVectors + v) * 4 * kLanes];
        const PackedFp4 value{
            {load(sum), load(sum + kLanes), load(sum + 2 * kLanes), load(sum + 3 * kLanes)}};
        add_to(value * scale, block_.totals + group * block_.total_stride + v * 4 * kLanes);
      }
    }
  }

  const ExpressionProgram& program_;
  const BaseBlock& block_;
  const Fp* bases_[2];
  std::size_t strides_[2];
  HWY_ALIGN Fp sums_[kBaseGroups * kVectors * 4 * kLanes];  ///< [group][vector][4][lane]
};

void RunInBaseField(const ExpressionProgram& program, const BaseBlock& block) {
  switch (block.vectors) {
    case 8:
      return BaseRun<8>(program, block).run();
    case 4:
      return BaseRun<4>(program, block).run();
    case 2:
      return BaseRun<2>(program, block).run();
    default:
      return BaseRun<1>(program, block).run();
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gyre::cpu {

HWY_EXPORT(Lanes);
HWY_EXPORT(RunInBaseField);

std::size_t packed_lanes() {
  return HWY_DYNAMIC_DISPATCH(Lanes)();
}

void run_in_base_field(const ExpressionProgram& program, const BaseBlock& block) {
  HWY_DYNAMIC_DISPATCH(RunInBaseField)(program, block);
}

}  // namespace gyre::cpu
#endif  // HWY_ONCE
