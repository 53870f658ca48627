#pragma once

#include <cstddef>

#include "backend/cuda/cuda_api.h"

namespace gyre::cuda {

/// The lowest `bits` bits of x in reversed order; x < 2^bits, bits <= 32.
__host__ __device__ inline unsigned reversed_bits(unsigned x, unsigned bits) {
#if defined(__CUDA_ARCH__)
  return bits == 0 ? 0 : __brev(x) >> (32 - bits);
#else
  unsigned result = 0;
  for (unsigned i = 0; i < bits; ++i, x >>= 1) result = result << 1 | (x & 1);
  return result;
#endif
}

/// Where a transform without bit reversal leaves the rows of a codeword of N = 2^(m + b) rows,
/// m = log_message, b = log_blowup. Row r = coset + 2^b j, coset < 2^b, is at position
///   p = 2^m coset + (j with its m bits reversed).
/// So the 2^k rows r, r + N / 2^k, ... of a leaf, which share the coset and the low bits of j, are
/// 2^k adjacent positions when k <= m, among themselves in reversed order.
struct DeviceCodewordOrder {
  unsigned log_message = 0, log_blowup = 0;

  __host__ __device__ unsigned log_rows() const { return log_message + log_blowup; }
  __host__ __device__ std::size_t rows() const { return std::size_t{1} << log_rows(); }
  __host__ __device__ std::size_t position(std::size_t row) const {
    const std::size_t coset = row & ((std::size_t{1} << log_blowup) - 1);
    return (coset << log_message) |
           reversed_bits(static_cast<unsigned>(row >> log_blowup), log_message);
  }
  __host__ __device__ std::size_t row(std::size_t position) const {
    const std::size_t coset = position >> log_message;
    const auto place = static_cast<unsigned>(position & ((std::size_t{1} << log_message) - 1));
    return coset | std::size_t{reversed_bits(place, log_message)} << log_blowup;
  }
};

/// A codeword matrix in device memory: value (row, column) at values[column * rows() +
/// position(row)]. A view.
struct DeviceCodeword : DeviceCodewordOrder {
  const Fp* values = nullptr;
  std::size_t width = 0;
};

}  // namespace gyre::cuda
