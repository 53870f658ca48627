#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/extension_program.cc"
#include "simd/kernel.h"

#include "backend/cpu/program_kernels.h"
#include "simd/fp4-inl.h"

#include <hwy/cache_control.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace gyre::cpu {
namespace HWY_NAMESPACE {

using namespace gyre::HWY_NAMESPACE;  // NOLINT: the packed types of this target

inline constexpr std::size_t kPlanes = 4 * kLanes;  ///< values in a vector of the extension

HWY_INLINE PackedFp4 load_planes(const Fp* from) {
  return {{load(from), load(from + kLanes), load(from + 2 * kLanes), load(from + 3 * kLanes)}};
}
HWY_INLINE void store_planes(const PackedFp4& a, Fp* to) {
  for (std::size_t j = 0; j < 4; ++j) store(a.c[j], to + j * kLanes);
}

/// Inputs at X = first, first + 1, ... for a pair of vectors.
struct PairLoader {
  const ExtensionInputs& inputs;
  std::size_t pair;
  unsigned first, count;

  HWY_INLINE void operator()(std::size_t input, std::size_t next, Fp* target) const {
    const Fp* const table = inputs.tables[input];
    if (const Fp* const ahead = inputs.tables[next]; ahead != nullptr) {
      for (std::size_t i = 0; i < 2 * kPlanes; i += 16) {
        hwy::Prefetch(ahead + pair * 2 * kPlanes + i);
      }
    }
    const PackedFp4 t0 = load_planes(table + pair * 2 * kPlanes);
    const PackedFp4 t1 = load_planes(table + pair * 2 * kPlanes + kPlanes);
    const PackedFp4 difference = t1 - t0;
    PackedFp4 value = first == 0 ? t0 : t1;
    store_planes(value, target);
    for (unsigned x = 1; x < count; ++x) {
      value = value + difference;
      store_planes(value, target + x * kPlanes);
    }
  }
};

/// Inputs at picked places of one vector.
struct PickLoader {
  const ExtensionInputs& inputs;
  std::span<const LanePick> picks;

  HWY_INLINE void operator()(std::size_t input, std::size_t, Fp* target) const {
    const PackedFp4 t = load_planes(inputs.tables[input]);
    for (const LanePick& pick : picks) {
#if HWY_TARGET == HWY_SCALAR
      static_cast<void>(pick);
      store_planes(t, target);  // One lane holds one entry: nothing to pick from.
#else
      const auto low = hn::SetTableIndices(D32(), pick.low.data());
      const auto high = hn::SetTableIndices(D32(), pick.high.data());
      const Packed at = load(pick.at.data());
      for (std::size_t j = 0; j < 4; ++j) {
        const Packed t0{hn::TableLookupLanes(t.c[j].v, low)};
        const Packed t1{hn::TableLookupLanes(t.c[j].v, high)};
        store(t0 + at * (t1 - t0), target + j * kLanes);
      }
#endif
      target += kPlanes;
    }
  }
};

/// The interpreter on `count` vectors of points.
template <class Loader>
HWY_INLINE void RunInExtension(const ExpressionProgram& program, const ExtensionRun& run,
                               const Loader& loader, std::size_t count) {
  const std::size_t size = count * kPlanes;
  std::fill_n(run.sums, size, Fp());
  for (const Instruction& i : program.code) {
    const auto reg = [&](Operand operand) { return run.registers + operand.index() * size; };
    Fp* const target = run.registers + i.target * size;
    const auto each = [&](auto&& value) {
      for (std::size_t v = 0; v < size; v += kPlanes) store_planes(value(v), target + v);
    };
    const auto a = [&](std::size_t v) { return load_planes(reg(i.a) + v); };
    const auto b = [&](std::size_t v) { return load_planes(reg(i.b) + v); };
    const auto c = [&](std::size_t v) { return load_planes(reg(i.c) + v); };
    switch (i.op) {
      case Op::kAdd:
        each([&](std::size_t v) { return a(v) + b(v); });
        break;
      case Op::kSub:
        each([&](std::size_t v) { return a(v) - b(v); });
        break;
      case Op::kNeg:
        each([&](std::size_t v) { return broadcast(Fp4()) - a(v); });
        break;
      case Op::kTwice:
        each([&](std::size_t v) { return doubled(a(v)); });
        break;
      case Op::kTwiceAdd:
        each([&](std::size_t v) { return doubled(a(v)) + b(v); });
        break;
      case Op::kMul:
        each([&](std::size_t v) { return a(v) * b(v); });
        break;
      case Op::kMulTwice:
        each([&](std::size_t v) { return a(v) * doubled(b(v)); });
        break;
      case Op::kMulSum:
        each([&](std::size_t v) { return a(v) * (b(v) + c(v)); });
        break;
      case Op::kMulDifference:
        each([&](std::size_t v) { return a(v) * (b(v) - c(v)); });
        break;
      case Op::kAddMul:
        each([&](std::size_t v) { return c(v) + a(v) * b(v); });
        break;
      case Op::kSubMul:
        each([&](std::size_t v) { return c(v) - a(v) * b(v); });
        break;
      case Op::kSubMulTwice:
        each([&](std::size_t v) { return c(v) - a(v) * doubled(b(v)); });
        break;
      case Op::kMulSub:
        each([&](std::size_t v) { return a(v) * b(v) - c(v); });
        break;
      case Op::kScale: {
        const PackedFactor scale = factor(run.inputs->uniform[i.b.index()]);
        each([&](std::size_t v) {
          const PackedFp4 x = a(v);
          return PackedFp4{{x.c[0] * scale, x.c[1] * scale, x.c[2] * scale, x.c[3] * scale}};
        });
        break;
      }
      case Op::kLoad:
        if (run.inputs->tables[i.a.index()] == nullptr) {
          const PackedFp4 value = broadcast(Fp4(run.inputs->uniform[i.a.index()]));
          each([&](std::size_t) { return value; });
        } else {
          loader(i.a.index(), i.b.index(), target);
        }
        break;
      case Op::kSum:
        for (std::size_t v = 0; v < size; v += kPlanes) {
          Products sums[4];
          for (std::uint32_t o = 0; o < i.count; ++o) {
            const PackedFp4 f = load_planes(reg(program.outputs[i.first + o]) + v);
            const auto& w = run.weights[i.first + o].words;
            for (std::size_t j = 0; j < 4; ++j) {
              if (o > 0 && j % 2 == 0) {
                for (Products& sum : sums) sum.fit();
              }
              for (std::size_t k = 0; k < 4; ++k) {
                // w^(4 + k - j) = 11 w^(k - j): the words after the coefficients.
                sums[k].add_uniform(broadcast(w[j <= k ? k - j : 7 + k - j]), f.c[j]);
              }
            }
          }
          const PackedFp4 sum{
              {sums[0].reduced(), sums[1].reduced(), sums[2].reduced(), sums[3].reduced()}};
          store_planes(load_planes(run.sums + v) + sum, run.sums + v);
        }
        break;
    }
  }
}

void RunOnPairs(const ExpressionProgram& program, const ExtensionRun& run, std::size_t pair,
                unsigned first, unsigned count) {
  RunInExtension(program, run, PairLoader{*run.inputs, pair, first, count}, count);
}

void RunOnPicks(const ExpressionProgram& program, const ExtensionRun& run,
                std::span<const LanePick> picks) {
  RunInExtension(program, run, PickLoader{*run.inputs, picks}, picks.size());
}

void AddScaledPlanes(const Fp* sums, const Fp4& factor, std::size_t vectors, Fp* totals) {
  const UniformFactor4 f = uniform_factor4(factor);
  for (std::size_t v = 0; v < vectors * kPlanes; v += kPlanes) {
    store_planes(load_planes(totals + v) + load_planes(sums + v) * f, totals + v);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gyre::cpu {

HWY_EXPORT(RunOnPairs);
HWY_EXPORT(RunOnPicks);
HWY_EXPORT(AddScaledPlanes);

ExtensionWeight::ExtensionWeight(const Fp4& weight) {
  for (std::size_t j = 0; j < 4; ++j) words[j] = weight.c[j];
  for (std::size_t j = 1; j < 4; ++j) words[3 + j] = weight.c[j] * Fp::from_canonical(11);
  words[7] = Fp();
}

void run_on_pairs(const ExpressionProgram& program, const ExtensionRun& run, std::size_t pair,
                  unsigned first, unsigned count) {
  HWY_DYNAMIC_DISPATCH(RunOnPairs)(program, run, pair, first, count);
}

void run_on_picks(const ExpressionProgram& program, const ExtensionRun& run,
                  std::span<const LanePick> picks) {
  HWY_DYNAMIC_DISPATCH(RunOnPicks)(program, run, picks);
}

void add_scaled_planes(const Fp* sums, const Fp4& factor, std::size_t vectors, Fp* totals) {
  HWY_DYNAMIC_DISPATCH(AddScaledPlanes)(sums, factor, vectors, totals);
}

}  // namespace gyre::cpu
#endif  // HWY_ONCE
