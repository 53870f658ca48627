#pragma once

#include <span>
#include <vector>

#include "backend/cuda/codeword.h"
#include "backend/cuda/cuda.h"
#include "backend/cuda/encode_twiddles.h"
#include "gyre/stacking/layout.h"

namespace gyre::cuda {

/// One matrix within the stacked matrix, whose columns are laid end to end: stacked cell g of
/// [begin, end) holds values[(g - begin) >> log_stride], or zero unless 2^log_stride divides
/// g - begin. Slices of a matrix are as long as its columns times the stride, so this needs no
/// column.
struct StackedRun {
  std::size_t begin, end;
  const Fp* values;
  unsigned log_stride;
};

/// Adds the runs of a stacked matrix, whose matrices are given in the order of its layout, and that
/// of the first run of each stacked column. Its first column is the `first_runs.size()`th.
void append_runs(const StackedLayout& layout, std::span<const DeviceMatrix> matrices,
                 std::vector<StackedRun>& runs, std::vector<unsigned>& first_runs);

/// Where an encoder reads its columns of 2^log_height values. Passed to kernels by value.
struct MessageSource {
  unsigned log_height = 0;
  /// Columns are evaluations on chunks of 2^l_skip values; 0: they are messages.
  unsigned l_skip = 0;

  /// The stacked matrix: its matrices, and for each column the first that ends above its begin.
  const StackedRun* runs = nullptr;
  const unsigned* first_runs = nullptr;
  unsigned num_runs = 0;

  /// Without runs: value t of column c is values[c * column_stride + t * stride].
  const Fp* values = nullptr;
  std::size_t column_stride = 0, stride = 1;

  /// The run that holds `cell` of the column whose first run is given, or none.
  __device__ const StackedRun* find(unsigned first_run, std::size_t cell) const {
    for (unsigned i = first_run; i < num_runs && runs[i].begin <= cell; ++i) {
      if (cell < runs[i].end) return runs + i;
    }
    return nullptr;
  }

  __device__ Fp value(std::size_t column, std::size_t row) const {
    if (runs == nullptr) return values[column * column_stride + row * stride];
    const std::size_t cell = (column << log_height) + row;
    const StackedRun* const run = find(first_runs[column], cell);
    if (run == nullptr) return Fp();
    const std::size_t place = cell - run->begin, index = place >> run->log_stride;
    return place == index << run->log_stride ? run->values[index] : Fp();
  }

  /// Where four neighbours lie together; null where they are zeros or, as `scattered` tells, do
  /// not. Requires log_height >= 2 and row a multiple of 4.
  __device__ const Fp* four(std::size_t column, std::size_t row, bool& scattered) const {
    scattered = false;
    if (runs == nullptr) {
      scattered = stride != 1;
      return scattered ? nullptr : values + column * column_stride + row;
    }
    const std::size_t cell = (column << log_height) + row;
    const StackedRun* const run = find(first_runs[column], cell);
    if (run == nullptr) return nullptr;
    scattered = run->log_stride != 0 || run->begin % 4 != 0 || cell + 4 > run->end;
    return scattered ? nullptr : run->values + (cell - run->begin);
  }
};

/// log2 of the longest chunk that a thread takes to its message in registers.
inline constexpr unsigned kLogHeldChunk = 4;

/// Words of w_4^-i.
struct HeldRoots {
  std::uint32_t words[kHeld] = {};
};
constexpr HeldRoots held_roots() {
  HeldRoots roots{};
  const Fp step = two_adic_generator(kLogHeldChunk).inverse();
  Fp power = Fp::one();
  for (unsigned i = 0; i < kHeld; ++i, power *= step) roots.words[i] = power.raw();
  return roots;
}

/// The chunks of 2^kLog values among `values` from evaluations to the message, spec 03, section 5:
/// inverse transform and sums over bit-subsets at once, spec 03, section 10, note 2. A stage takes
/// a pair (a, b) at offset i of blocks of 2^m to a + b and a + b + (a - b) w_m^-i; at the end
/// message S, times 2^kLog, is at the place of S with its bits reversed.
template <unsigned kLog>
__device__ __forceinline__ void held_chunks_to_message(Fp (&values)[kHeld]) {
  constexpr HeldRoots kRoots = held_roots();
  constexpr Fp kScale = inverse_power_of_2(kLog);
  Fp work[kHeld];
#pragma unroll
  for (unsigned i = 0; i < kHeld; ++i) work[i] = values[i];
#pragma unroll
  for (unsigned m = kLog; m > 0; --m) {
    const unsigned half = 1u << (m - 1);
#pragma unroll
    for (unsigned i = 0; i < kHeld / 2; ++i) {
      const unsigned offset = i % half, at = i / half * 2 * half + offset;
      const Fp sum = work[at] + work[at + half];
      Fp difference = work[at] - work[at + half];
      if (offset != 0) difference *= Fp::from_raw(kRoots.words[offset << (kLogHeldChunk - m)]);
      work[at] = sum;
      work[at + half] = sum + difference;
    }
  }
#pragma unroll
  for (unsigned i = 0; i < kHeld; ++i) {
    unsigned reversed = 0;
    for (unsigned bit = 0; bit < kLog; ++bit) reversed |= (i >> bit & 1) << (kLog - 1 - bit);
    values[i] = work[(i & ~((1u << kLog) - 1)) | reversed] * kScale;
  }
}

__device__ __forceinline__ void held_to_message(Fp (&values)[kHeld], unsigned l_skip) {
  switch (l_skip) {
    case 0:
      break;
    case 1:
      held_chunks_to_message<1>(values);
      break;
    case 2:
      held_chunks_to_message<2>(values);
      break;
    case 3:
      held_chunks_to_message<3>(values);
      break;
    default:
      held_chunks_to_message<4>(values);
      break;
  }
}

/// The same for chunks of any length in shared memory, `count` values of them, by the threads of a
/// block, without the factor 2^-l_skip; ends with a barrier.
__device__ inline void shared_chunks_to_message(Fp* values, unsigned count, unsigned l_skip) {
  for (unsigned m = l_skip; m > 0; --m) {
    const unsigned half = 1u << (m - 1);
    __syncthreads();
    for (unsigned i = threadIdx.x; i < count / 2; i += blockDim.x) {
      const unsigned offset = i & (half - 1), at = (i - offset) * 2 + offset;
      const Fp a = values[at], b = values[at + half], sum = a + b;
      values[at] = sum;
      values[at + half] = sum + (a - b) * power_of_root(m, (2 * half - offset) & (2 * half - 1));
    }
  }
  __syncthreads();
}

}  // namespace gyre::cuda
