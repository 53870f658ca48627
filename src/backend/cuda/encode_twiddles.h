#pragma once

#include "backend/cuda/codeword.h"
#include "backend/cuda/cuda_api.h"

/// The transform of a line of 2^m values on a coset, as device code. A line holds a polynomial f of
/// degree < 2^m; the result is f at the points a w_m^i, i < 2^m, place p holding i = p with its m
/// bits reversed. Node n = 2^s + r of a binary tree, r < 2^s, stands for f modulo Y^(2^(m-s)) - z,
/// the values [r 2^(m-s), (r + 1) 2^(m-s)) of the line, and
///   z = (a^(2^(m-1-s)) w_(s+1)^(reversed r))^2 =: t_n^2.
/// One step goes to its children modulo Y^(2^(m-s-1)) -+ t_n: from halves (u, v) to
/// (u + t_n v, u - t_n v). So the coset costs nothing, a node has one twiddle, and
///   t_n = A_s B_r,  A_s = a^(2^(m-1-s)),  B_r = w_(s+1)^(reversed r), which does not depend on s.

namespace gyre::cuda {

/// log2 of the longest line.
inline constexpr unsigned kLogLongestLine = 12;

struct LineRoots {
  std::uint32_t generator[Fp::kTwoAdicity + 1];             ///< words of w_m
  std::uint32_t reversed[1 << (kLogLongestLine - 1)] = {};  ///< words of B_r
};
constexpr LineRoots line_roots() {
  LineRoots roots{};
  for (unsigned m = 0; m <= Fp::kTwoAdicity; ++m) roots.generator[m] = two_adic_generator(m).raw();
  roots.reversed[0] = Fp::one().raw();
  for (unsigned s = 1; s < kLogLongestLine; ++s) {
    const Fp root = Fp::from_raw(roots.generator[s + 1]);
    const unsigned half = 1u << (s - 1);
    for (unsigned r = 0; r < half; ++r) {
      roots.reversed[half + r] = (Fp::from_raw(roots.reversed[r]) * root).raw();
    }
  }
  return roots;
}
static __device__ const LineRoots kLineRoots = line_roots();

/// w_m^exponent for m = log_order, exponent < 2^m.
__device__ inline Fp power_of_root(unsigned log_order, unsigned exponent) {
  Fp result = Fp::one();
  for (unsigned bits = exponent; bits != 0; bits &= bits - 1) {
    const unsigned bit = static_cast<unsigned>(__ffs(static_cast<int>(bits))) - 1;
    result *= Fp::from_raw(kLineRoots.generator[log_order - bit]);
  }
  return result;
}

__device__ inline Fp reversed_power(unsigned r) {
  return Fp::from_raw(kLineRoots.reversed[r]);
}

/// log2 of the nodes beside and with node n: s for n = 2^s + r.
__device__ __forceinline__ unsigned depth_of(unsigned node) {
  return 31 - static_cast<unsigned>(__clz(static_cast<int>(node)));
}

/// A_s of a line of 2^log_line values for a = w_log_order^exponent. Requires log_order >= log_line.
__device__ inline Fp depth_factor(unsigned s, unsigned log_line, unsigned log_order,
                                  unsigned exponent) {
  const unsigned order = log_order - (log_line - 1 - s);
  return power_of_root(order, exponent & ((1u << order) - 1));
}

/// t_1 .. t_(2^log_line - 1) for a = w_log_order^exponent, by the threads of a block.
__device__ inline void fill_twiddles(unsigned log_line, unsigned log_order, unsigned exponent,
                                     Fp* twiddles) {
  for (unsigned n = threadIdx.x; n < 1u << log_line; n += blockDim.x) {
    if (n == 0) continue;
    const unsigned s = depth_of(n);
    twiddles[n] = depth_factor(s, log_line, log_order, exponent) * reversed_power(n - (1u << s));
  }
}

/// The same for one of the longest lines; `scratch` takes kLogLongestLine values. Ends with a
/// barrier.
__device__ inline void fill_long_twiddles(unsigned log_order, unsigned exponent, Fp* scratch,
                                          Fp* twiddles) {
  if (threadIdx.x < kLogLongestLine) {
    scratch[threadIdx.x] = depth_factor(threadIdx.x, kLogLongestLine, log_order, exponent);
  }
  __syncthreads();
  for (unsigned n = threadIdx.x; n < 1u << kLogLongestLine; n += blockDim.x) {
    if (n == 0) continue;
    const unsigned s = depth_of(n);
    twiddles[n] = scratch[s] * reversed_power(n - (1u << s));
  }
  __syncthreads();
}

/// Shared memory holds value x of a tile at swizzled(x): the accesses of the passes below, which
/// take 4, 8 or 16 bytes a thread at strides of 1, 16 or 256 words, meet each bank once. Linear
/// over xor, and whole 16-byte words stay together.
__host__ __device__ constexpr unsigned swizzled(unsigned x) {
  return x ^ ((x >> 2) & 0x1c) ^ ((x >> 3) & 0x10) ^ ((x >> 4) & 0x10);
}

/// kCount neighbours (1, 2, 4 or 8) in one or two accesses. Requires alignment to the access.
template <unsigned kCount>
__device__ __forceinline__ void load_words(const Fp* from, Fp* values) {
  if constexpr (kCount == 1) {
    values[0] = from[0];
  } else if constexpr (kCount == 2) {
    const uint2 words = *reinterpret_cast<const uint2*>(from);
    values[0] = Fp::from_raw(words.x);
    values[1] = Fp::from_raw(words.y);
  } else if constexpr (kCount == 4) {
    const uint4 words = *reinterpret_cast<const uint4*>(from);
    values[0] = Fp::from_raw(words.x);
    values[1] = Fp::from_raw(words.y);
    values[2] = Fp::from_raw(words.z);
    values[3] = Fp::from_raw(words.w);
  } else {
    static_assert(kCount == 8);
    load_words<4>(from, values);
    load_words<4>(from + 4, values + 4);
  }
}
template <unsigned kCount>
__device__ __forceinline__ void store_words(Fp* to, const Fp* values) {
  if constexpr (kCount == 1) {
    to[0] = values[0];
  } else if constexpr (kCount == 2) {
    *reinterpret_cast<uint2*>(to) = make_uint2(values[0].raw(), values[1].raw());
  } else if constexpr (kCount == 4) {
    *reinterpret_cast<uint4*>(to) =
        make_uint4(values[0].raw(), values[1].raw(), values[2].raw(), values[3].raw());
  } else {
    static_assert(kCount == 8);
    store_words<4>(to, values);
    store_words<4>(to + 4, values + 4);
  }
}

/// Copies four neighbours to shared memory, or zeros if `from` is null; it may return before they
/// are there.
__device__ __forceinline__ void copy_four(Fp* shared, const Fp* from) {
  if (from == nullptr) {
    *reinterpret_cast<uint4*>(shared) = make_uint4(0, 0, 0, 0);
    return;
  }
#if defined(__CUDA_ARCH__)
  const auto to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
#else
  *reinterpret_cast<uint4*>(shared) = *reinterpret_cast<const uint4*>(from);
#endif
}
/// Waits for the calling thread's copies.
__device__ __forceinline__ void wait_for_copies() {
#if defined(__CUDA_ARCH__)
  asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

/// The same at place `at` of a swizzled tile, where the next 16-byte word is at at ^ 4.
template <unsigned kCount>
__device__ __forceinline__ void load_swizzled(const Fp* tile, unsigned at, Fp* values) {
  load_words < kCount<4 ? kCount : 4>(tile + at, values);
  if constexpr (kCount == 8) load_words<4>(tile + (at ^ 4), values + 4);
}
template <unsigned kCount>
__device__ __forceinline__ void store_swizzled(Fp* tile, unsigned at, const Fp* values) {
  store_words < kCount<4 ? kCount : 4>(tile + at, values);
  if constexpr (kCount == 8) store_words<4>(tile + (at ^ 4), values + 4);
}

/// Values that a thread holds in registers.
inline constexpr unsigned kHeld = 16;

/// The stages below node `node`, kRadix of them, of 16 >> kRadix lines side by side: value k of
/// line e is values[k * (16 >> kRadix) + e].
template <unsigned kRadix>
__device__ __forceinline__ void node_stages(Fp (&values)[kHeld], const Fp* twiddles,
                                            unsigned node) {
#pragma unroll
  for (unsigned stage = 0; stage < kRadix; ++stage) {
    Fp factors[8];
    switch (stage) {
      case 0:
        load_words<1>(twiddles + node, factors);
        break;
      case 1:
        load_words<2>(twiddles + 2 * node, factors);
        break;
      case 2:
        load_words<4>(twiddles + 4 * node, factors);
        break;
      default:
        load_words<8>(twiddles + 8 * node, factors);
        break;
    }
    const unsigned half = kHeld >> (stage + 1);
#pragma unroll
    for (unsigned i = 0; i < kHeld / 2; ++i) {
      const unsigned r = i / half, at = 2 * half * r + i % half;
      const Fp u = values[at], v = values[at + half] * factors[r];
      values[at] = u + v;
      values[at + half] = u - v;
    }
  }
}

}  // namespace gyre::cuda
