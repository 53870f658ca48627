#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/column_kernels.cc"
#include "simd/kernel.h"

#include "backend/cpu/column_kernels.h"
#include "simd/fp4-inl.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

/// sums[row] += sum over c < count of weights[c] * columns[c][row]; the sums of kLanes rows lie
/// together as Products4 stores them. Requires rows a multiple of kSumLanes.
void AddColumns(const Fp* const* columns, const Fp4* weights, std::size_t count, std::size_t rows,
                std::uint64_t* sums) {
  for (std::size_t row = 0; row < rows; row += kLanes, sums += Fp4::kDegree * kLanes) {
    Products4 sum;
    sum.load(sums);
    std::size_t c = 0;
    for (; c + 2 <= count; c += 2) {
      sum.add_uniform(broadcast(weights[c]), load_unaligned(columns[c] + row));
      sum.add_uniform(broadcast(weights[c + 1]), load_unaligned(columns[c + 1] + row));
      sum.fit();
    }
    if (c < count) {
      sum.add_uniform(broadcast(weights[c]), load_unaligned(columns[c] + row));
      sum.fit();
    }
    sum.store(sums);
  }
}

void ReduceColumns(const std::uint64_t* sums, std::size_t rows, Fp4* out) {
  for (std::size_t row = 0; row < rows; row += kLanes, sums += Fp4::kDegree * kLanes) {
    Products4 sum;
    sum.load(sums);
    store4(sum.reduced(), out + row);
  }
}

void BaseLaneSums(const Fp* values, std::size_t stride, const Fp4* weights, std::size_t count,
                  Fp4* out) {
  for (std::size_t lane = 0; lane < cpu::kSumLanes; lane += kLanes) {
    Products4 sum;
    const Fp* row = values + lane;
    std::size_t y = 0;
    for (; y + 2 <= count; y += 2, row += 2 * stride) {
      sum.add_uniform(broadcast(weights[y]), load_unaligned(row));
      sum.add_uniform(broadcast(weights[y + 1]), load_unaligned(row + stride));
      sum.fit();
    }
    if (y < count) sum.add_uniform(broadcast(weights[y]), load_unaligned(row));
    store4(sum.reduced(), out + lane);
  }
}

void ExtensionLaneSums(const Fp4* values, std::size_t stride, const Fp4* weights, std::size_t count,
                       Fp4* out) {
  for (std::size_t lane = 0; lane < cpu::kSumLanes; lane += kLanes) {
    Products4 sum;
    for (std::size_t y = 0; y < count; ++y) {
      sum.add_product(load4(values + y * stride + lane), uniform_factor4(weights[y]));
    }
    store4(sum.reduced(), out + lane);
  }
}

/// Requires `length` a multiple of kLanes.
void FoldLongChunks(const Fp4* values, const Fp4* weights, std::size_t length, std::size_t count,
                    Fp4* out) {
  for (std::size_t x = 0; x < count; ++x, values += length) {
    Products4 sum;
    for (std::size_t z = 0; z < length; z += kLanes) {
      sum.add_product(load4(values + z), factor4(load4(weights + z)));
    }
    out[x] = horizontal_sum(sum.reduced());
  }
}

/// `weights` holds kLanes of them, the chunk's ones again and again; `length` divides kLanes, and
/// kLanes divides length * count.
void FoldShortChunks(const Fp4* values, const Fp4* weights, std::size_t length, std::size_t count,
                     Fp4* out) {
  const PackedFactor4 factor = factor4(load4(weights));
  Fp4 products[kLanes];
  for (std::size_t x = 0; x < count; values += kLanes) {
    store4(load4(values) * factor, products);
    for (std::size_t i = 0; i < kLanes; i += length, ++x) {
      Fp4 sum = products[i];
      for (std::size_t z = 1; z < length; ++z) sum += products[i + z];
      out[x] = sum;
    }
  }
}

void FoldChunks(const Fp4* values, const Fp4* weights, std::size_t length, std::size_t count,
                Fp4* out) {
  if (length % kLanes == 0) return FoldLongChunks(values, weights, length, count, out);
  const std::size_t whole = count / (kLanes / length) * (kLanes / length);
  Fp4 repeated[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) repeated[i] = weights[i % length];
  FoldShortChunks(values, repeated, length, whole, out);
  for (std::size_t x = whole; x < count; ++x) {
    Fp4 sum;
    for (std::size_t z = 0; z < length; ++z) sum += weights[z] * values[x * length + z];
    out[x] = sum;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gyre {
HWY_EXPORT(AddColumns);
HWY_EXPORT(ReduceColumns);
HWY_EXPORT(BaseLaneSums);
HWY_EXPORT(ExtensionLaneSums);
HWY_EXPORT(FoldChunks);

namespace cpu {

ColumnCombiner::ColumnCombiner() : scratch_(kBatch * kMaxRows), sums_(kMaxRows * Fp4::kDegree) {}

void ColumnCombiner::begin(std::size_t rows) {
  rows_ = rows;
  pending_ = 0;
  std::fill_n(sums_.begin(), std::max(rows, kSumLanes) * Fp4::kDegree, 0);
}

void ColumnCombiner::add(const Fp* column, const Fp4& weight) {
  if (rows_ < kSumLanes) {  // The kernels read whole vectors.
    Fp* const copy = scratch();
    if (column != copy) std::copy_n(column, rows_, copy);
    column = copy;
  }
  columns_[pending_] = column;
  weights_[pending_] = weight;
  if (++pending_ == kBatch) flush();
}

void ColumnCombiner::flush() {
  HWY_DYNAMIC_DISPATCH(AddColumns)
  (columns_, weights_, pending_, std::max(rows_, kSumLanes), sums_.data());
  pending_ = 0;
}

void ColumnCombiner::finish(Fp4* out) {
  if (pending_ != 0) flush();
  if (rows_ >= kSumLanes) {
    HWY_DYNAMIC_DISPATCH(ReduceColumns)(sums_.data(), rows_, out);
    return;
  }
  Fp4 padded[kSumLanes];
  HWY_DYNAMIC_DISPATCH(ReduceColumns)(sums_.data(), kSumLanes, padded);
  std::copy_n(padded, rows_, out);
}

void lane_sums(const Fp* values, std::size_t stride, std::span<const Fp4> weights, Fp4* out) {
  HWY_DYNAMIC_DISPATCH(BaseLaneSums)(values, stride, weights.data(), weights.size(), out);
}

void lane_sums(const Fp4* values, std::size_t stride, std::span<const Fp4> weights, Fp4* out) {
  HWY_DYNAMIC_DISPATCH(ExtensionLaneSums)(values, stride, weights.data(), weights.size(), out);
}

void fold_chunks(const Fp4* values, std::span<const Fp4> weights, std::size_t count, Fp4* out) {
  HWY_DYNAMIC_DISPATCH(FoldChunks)(values, weights.data(), weights.size(), count, out);
}

}  // namespace cpu
}  // namespace gyre
#endif  // HWY_ONCE
