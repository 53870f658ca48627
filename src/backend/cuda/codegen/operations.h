#pragma once

#include "backend/cuda/cuda_api.h"

/// The arithmetic of generated kernels: one function for each `Op`, on elements of the base field,
/// of the extension, or mixed. Compiled by nvcc, by NVRTC and for the emulator.

namespace gyre::cuda {

/// Words of elements x, y that are the factors of one product before its reduction.
__device__ __forceinline__ std::uint64_t wide(std::uint32_t x, std::uint32_t y) {
  return static_cast<std::uint64_t>(x) * y;
}

/// Takes p from the high word if it is p or more; the sum stays the same modulo p.
__device__ __forceinline__ std::uint64_t fit(std::uint64_t sum) {
  const std::uint32_t high = static_cast<std::uint32_t>(sum >> 32);
  const std::uint64_t low = static_cast<std::uint32_t>(sum);
  return static_cast<std::uint64_t>(min(high, high - Fp::kModulus)) << 32 | low;
}

// Operands are of F or of its extension; a result is of the larger field.
template <class A, class B>
__device__ __forceinline__ auto add(const A& a, const B& b) {
  if constexpr (sizeof(A) < sizeof(B)) {
    return b + a;
  } else {
    return a + b;
  }
}
template <class A, class B>
__device__ __forceinline__ auto sub(const A& a, const B& b) {
  if constexpr (sizeof(A) < sizeof(B)) {
    return Fp4(a - b.c[0], -b.c[1], -b.c[2], -b.c[3]);
  } else {
    return a - b;
  }
}
template <class A>
__device__ __forceinline__ A neg(const A& a) {
  return -a;
}
template <class A>
__device__ __forceinline__ A twice(const A& a) {
  return a + a;
}
template <class A, class B>
__device__ __forceinline__ auto mul(const A& a, const B& b) {
  return a * b;
}

// In F a factor below 2p needs no reduction of its own: p * 2p < 2^32 p.
template <class A, class B, class C>
__device__ __forceinline__ auto mul_sum(const A& a, const B& b, const C& c) {
  return a * add(b, c);
}
__device__ __forceinline__ Fp mul_sum(Fp a, Fp b, Fp c) {
  return Fp::reduce_product(wide(a.raw(), b.raw() + c.raw()));
}
template <class A, class B, class C>
__device__ __forceinline__ auto mul_difference(const A& a, const B& b, const C& c) {
  return a * sub(b, c);
}
__device__ __forceinline__ Fp mul_difference(Fp a, Fp b, Fp c) {
  return Fp::reduce_product(wide(a.raw(), b.raw() - c.raw() + Fp::kModulus));
}
template <class A, class B>
__device__ __forceinline__ auto mul_twice(const A& a, const B& b) {
  return mul_sum(a, b, b);
}

template <class A, class B>
__device__ __forceinline__ auto twice_add(const A& a, const B& b) {
  return add(twice(a), b);
}
template <class A, class B, class C>
__device__ __forceinline__ auto add_mul(const A& a, const B& b, const C& c) {
  return add(c, mul(a, b));
}
template <class A, class B, class C>
__device__ __forceinline__ auto sub_mul(const A& a, const B& b, const C& c) {
  return sub(c, mul(a, b));
}
template <class A, class B, class C>
__device__ __forceinline__ auto sub_mul_twice(const A& a, const B& b, const C& c) {
  return sub(c, mul_twice(a, b));
}
template <class A, class B, class C>
__device__ __forceinline__ auto mul_sub(const A& a, const B& b, const C& c) {
  return sub(mul(a, b), c);
}

/// A weighted sum of elements of the base field: four sums of products that are reduced at the end.
class BaseSum {
 public:
  /// Adds weight * value. At most twice before each `settle`.
  __device__ __forceinline__ void add(const Fp4& weight, Fp value) {
    for (int i = 0; i < 4; ++i) sums_[i] += wide(weight.c[i].raw(), value.raw());
  }
  __device__ __forceinline__ void settle() {
    for (std::uint64_t& sum : sums_) sum = fit(sum);
  }
  __device__ __forceinline__ Fp4 value() const {
    return {Fp::reduce_sum_of_products(sums_[0]), Fp::reduce_sum_of_products(sums_[1]),
            Fp::reduce_sum_of_products(sums_[2]), Fp::reduce_sum_of_products(sums_[3])};
  }

 private:
  std::uint64_t sums_[4] = {};
};

/// A weighted sum of elements of the extension: the seven coefficients of a product of polynomials
/// of degree 3; X^4 = 11 is used at the end.
class ExtensionSum {
 public:
  __device__ __forceinline__ void add(const Fp4& weight, const Fp4& value) {
    // At most two products are added to a coefficient between two fits.
    for (int i = 0; i < 2; ++i) {
      for (int j = 0; j < 4; ++j) sums_[i + j] += wide(weight.c[i].raw(), value.c[j].raw());
    }
    for (int i = 2; i < 5; ++i) sums_[i] = fit(sums_[i]);
    for (int i = 2; i < 4; ++i) {
      for (int j = 0; j < 4; ++j) sums_[i + j] += wide(weight.c[i].raw(), value.c[j].raw());
    }
    for (int i = 0; i < 7; ++i) sums_[i] = fit(sums_[i]);
  }
  __device__ __forceinline__ void add(const Fp4& weight, Fp value) {
    for (int i = 0; i < 4; ++i) {
      sums_[i] = fit(sums_[i] + wide(weight.c[i].raw(), value.raw()));
    }
  }
  __device__ __forceinline__ Fp4 value() const {
    const Fp w = Fp::from_canonical(11);
    Fp4 result;
    for (int i = 0; i < 4; ++i) result.c[i] = Fp::reduce_sum_of_products(sums_[i]);
    for (int i = 4; i < 7; ++i) result.c[i - 4] += w * Fp::reduce_sum_of_products(sums_[i]);
    return result;
  }

 private:
  std::uint64_t sums_[7] = {};
};

/// A read of memory that no other thread writes. The compiler keeps its place and its number, so
/// that a value that is read twice is not held in registers in between.
__device__ __forceinline__ Fp read_here(const Fp* address) {
#if defined(__CUDA_ARCH__)
  std::uint32_t word;
  asm volatile("ld.global.nc.u32 %0, [%1];" : "=r"(word) : "l"(address));
  return Fp::from_raw(word);
#else
  return *address;
#endif
}
__device__ __forceinline__ Fp4 read_here(const Fp4* address) {
#if defined(__CUDA_ARCH__)
  std::uint32_t x, y, z, w;
  asm volatile("ld.global.nc.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(x), "=r"(y), "=r"(z), "=r"(w)
               : "l"(address));
  return {Fp::from_raw(x), Fp::from_raw(y), Fp::from_raw(z), Fp::from_raw(w)};
#else
  return *address;
#endif
}
/// The same of an address.
template <class T>
__device__ __forceinline__ const T* read_here(const T* const* address) {
#if defined(__CUDA_ARCH__)
  const T* value;
  asm volatile("ld.global.nc.u64 %0, [%1];" : "=l"(value) : "l"(address));
  return value;
#else
  return *address;
#endif
}

}  // namespace gyre::cuda
