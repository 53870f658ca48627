// What this machine can do at most: vector instructions and bytes per second, on one thread and on
// all together, as JSON on stdout. bench/bounds.cc divides the work of kernels by it.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/ceilings.cc"
#include "simd/kernel.h"

#include "simd/fp-inl.h"

#include <array>
#include <barrier>
#include <chrono>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "cli/machine.h"
#include "support/arena.h"

#ifndef GYRE_BENCH_CEILINGS_OPERATION_
#define GYRE_BENCH_CEILINGS_OPERATION_
namespace gyre {
/// Each is one vector instruction, 32 x 32 -> 64 bits for kMultiply. kMinShift alternates the two,
/// which share a port on some machines; kMixed multiplies, adds and shuffles in turn.
enum class Operation { kMultiply, kAdd, kMin, kShift, kShuffle, kMinShift, kMixed };
/// Independent chains of instructions: more than latency times throughput, and they fit into 16
/// registers.
inline constexpr std::size_t kChains = 12;
}  // namespace gyre
#endif

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
struct Word {
  std::uint32_t raw;
};
HWY_INLINE Word word(std::uint32_t a) {
  return {a};
}
template <Operation kOperation>
HWY_INLINE Word apply(Word a, Word b) {
  switch (kOperation) {
    case Operation::kMultiply:
      return {static_cast<std::uint32_t>((std::uint64_t{a.raw} * b.raw) >> 32)};
    case Operation::kMin:
      return {a.raw < b.raw ? a.raw : b.raw};
    case Operation::kShift:
      return {a.raw >> 1};
    default:
      return {a.raw + b.raw};
  }
}
#else
using Word = V32;
HWY_INLINE Word word(std::uint32_t a) {
  return hn::Set(D32(), a);
}
template <Operation kOperation>
HWY_INLINE Word apply(Word a, Word b) {
  if constexpr (kOperation == Operation::kMultiply) return hn::BitCast(D32(), hn::MulEven(a, b));
  if constexpr (kOperation == Operation::kAdd) return hn::Add(a, b);
  if constexpr (kOperation == Operation::kMin) return hn::Min(a, b);
  if constexpr (kOperation == Operation::kShift) return hn::ShiftRight<1>(a);
  if constexpr (kOperation == Operation::kShuffle) return hn::DupOdd(a);
}
#endif

/// `a`, in a register and of unknown value to the compiler.
HWY_INLINE Word opaque(Word a) {
#if HWY_TARGET == HWY_SCALAR
  asm volatile("" : "+r"(a.raw));
#elif HWY_ARCH_X86
  asm volatile("" : "+x"(a.raw));
#elif HWY_ARCH_ARM
  asm volatile("" : "+w"(a.raw));
#else
  asm volatile("" : "+m"(a));
#endif
  return a;
}

/// The instruction of chain `kChain`.
template <Operation kOperation, std::size_t kChain>
HWY_INLINE Word step(Word a, Word b) {
  if constexpr (kOperation == Operation::kMinShift) {
    return apply < kChain % 2 == 0 ? Operation::kMin : Operation::kShift > (a, b);
  } else if constexpr (kOperation == Operation::kMixed) {
    constexpr Operation kTurns[] = {Operation::kMultiply, Operation::kAdd, Operation::kShuffle};
    return apply<kTurns[kChain % 3]>(a, b);
  } else {
    return apply<kOperation>(a, b);
  }
}
template <Operation kOperation>
HWY_INLINE void repeat(std::size_t count) {
  const Word b = opaque(word(0x12345679u));
  // Not an array, which the compiler would keep in memory.
  Word c0 = b, c1 = b, c2 = b, c3 = b, c4 = b, c5 = b, c6 = b, c7 = b, c8 = b, c9 = b, c10 = b,
       c11 = b;
  for (std::size_t i = 0; i < count; ++i) {
    c0 = opaque(step<kOperation, 0>(c0, b));
    c1 = opaque(step<kOperation, 1>(c1, b));
    c2 = opaque(step<kOperation, 2>(c2, b));
    c3 = opaque(step<kOperation, 3>(c3, b));
    c4 = opaque(step<kOperation, 4>(c4, b));
    c5 = opaque(step<kOperation, 5>(c5, b));
    c6 = opaque(step<kOperation, 6>(c6, b));
    c7 = opaque(step<kOperation, 7>(c7, b));
    c8 = opaque(step<kOperation, 8>(c8, b));
    c9 = opaque(step<kOperation, 9>(c9, b));
    c10 = opaque(step<kOperation, 10>(c10, b));
    c11 = opaque(step<kOperation, 11>(c11, b));
  }
}

/// `count` times kChains instructions.
void Repeat(Operation operation, std::size_t count) {
  switch (operation) {
    case Operation::kMultiply:
      return repeat<Operation::kMultiply>(count);
    case Operation::kAdd:
      return repeat<Operation::kAdd>(count);
    case Operation::kMin:
      return repeat<Operation::kMin>(count);
    case Operation::kShift:
      return repeat<Operation::kShift>(count);
    case Operation::kShuffle:
      return repeat<Operation::kShuffle>(count);
    case Operation::kMinShift:
      return repeat<Operation::kMinShift>(count);
    case Operation::kMixed:
      return repeat<Operation::kMixed>(count);
  }
}

/// Reads `count` elements, a multiple of 8 kLanes.
void Read(const Fp* from, std::size_t count) {
  Packed sums[8];
  for (Packed& sum : sums) sum = broadcast(Fp());
  for (std::size_t i = 0; i < count; i += 8 * kLanes) {
    HWY_UNROLL(8)
    for (std::size_t j = 0; j < 8; ++j) {
#if HWY_TARGET == HWY_SCALAR
      sums[j] = sums[j] + load(from + i + j);
#else
      sums[j].v = hn::Xor(sums[j].v, load(from + i + j * kLanes).v);
#endif
    }
  }
  Fp sink[kLanes];
  for (const Packed& sum : sums) store_unaligned(sum, sink);
  asm volatile("" : : "r"(sink) : "memory");
}

std::size_t Lanes() {
  return kLanes;
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gyre {

HWY_EXPORT(Repeat);
HWY_EXPORT(Read);
HWY_EXPORT(Lanes);

namespace {

/// The highest rate of `repetitions` calls that each do `amount` of something, per second.
template <class Function>
double best_rate(unsigned repetitions, double amount, Function&& function) {
  double best = 0;
  for (unsigned i = 0; i < repetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    function();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, amount / seconds.count());
  }
  return best;
}

/// Dependent additions: one a cycle.
double frequency() {
  constexpr std::size_t kCount = 200'000;
  return best_rate(50, 10.0 * kCount, [] {
    std::uint64_t x = 0, y = 1;
    asm volatile("" : "+r"(y));  // Adding a constant may take no cycle at all.
    for (std::size_t i = 0; i < kCount; ++i) {
#pragma GCC unroll 10
      for (int j = 0; j < 10; ++j) {
        x += y;
        asm volatile("" : "+r"(x));
      }
    }
  });
}

struct Quantity {
  const char* name;
  Operation operation;
};
constexpr Quantity kInstructions[] = {
    {"multiply", Operation::kMultiply}, {"add", Operation::kAdd},
    {"min", Operation::kMin},           {"shift", Operation::kShift},
    {"shuffle", Operation::kShuffle},   {"min_shift", Operation::kMinShift},
    {"mixed", Operation::kMixed},
};
constexpr std::size_t kRates = std::size(kInstructions) + 2;
using Rates = std::array<double, kRates>;

/// One of `threads` threads that measure at the same time, each its own best runs.
Rates measure(unsigned threads, std::barrier<>& barrier) {
  Rates rates;
  std::size_t next = 0;
  for (const Quantity& quantity : kInstructions) {
    constexpr std::size_t kCount = 20'000;
    barrier.arrive_and_wait();
    rates[next++] = best_rate(200, kCount * kChains, [&] {
      HWY_DYNAMIC_DISPATCH(Repeat)(quantity.operation, kCount);
    });
  }
  // Larger than the caches, or than a core's share of them.
  const std::size_t size = (std::size_t{1} << 28) / threads / 1024 * 1024;
  Arena arena(2 * Arena::bytes_of<Fp>(size));
  const std::span<Fp> from = arena.take<Fp>(size), to = arena.take<Fp>(size);
  std::memset(static_cast<void*>(from.data()), 1, size * sizeof(Fp));
  std::memset(static_cast<void*>(to.data()), 1, size * sizeof(Fp));
  const double bytes = static_cast<double>(size) * sizeof(Fp);
  barrier.arrive_and_wait();
  rates[next++] = best_rate(8, bytes, [&] { HWY_DYNAMIC_DISPATCH(Read)(from.data(), size); });
  barrier.arrive_and_wait();
  rates[next++] = best_rate(8, 2 * bytes, [&] {
    std::memcpy(static_cast<void*>(to.data()), from.data(), size * sizeof(Fp));
    asm volatile("" : : "r"(to.data()) : "memory");
  });
  return rates;
}

/// Rates of `threads` threads together.
nlohmann::ordered_json measure_all(unsigned threads) {
  std::vector<Rates> rates(threads);
  std::barrier<> barrier(threads);
  std::vector<std::thread> workers;
  for (Rates& own : rates) workers.emplace_back([&] { own = measure(threads, barrier); });
  for (std::thread& worker : workers) worker.join();
  const auto total = [&](std::size_t rate) {
    double sum = 0;
    for (const Rates& own : rates) sum += own[rate];
    return sum;
  };
  nlohmann::ordered_json result{{"threads", threads}};
  std::size_t next = 0;
  for (const Quantity& quantity : kInstructions) result[quantity.name] = total(next++);
  result["read"] = total(next++);
  result["copy"] = total(next++);
  return result;
}

}  // namespace
}  // namespace gyre

int main() {
  using namespace gyre;
  const cli::Machine machine = cli::this_machine();
  nlohmann::ordered_json ceilings{{"machine", cli::machine_json(machine)}};
  ceilings["lanes"] = HWY_DYNAMIC_DISPATCH(Lanes)();
  ceilings["frequency"] = frequency();
  ceilings["one_thread"] = measure_all(1);
  ceilings["all_threads"] = measure_all(std::max(1u, machine.hardware_threads));
  std::cout << ceilings.dump(2) << '\n';
}
#endif  // HWY_ONCE
