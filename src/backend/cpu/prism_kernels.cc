#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/prism_kernels.cc"
#include "simd/kernel.h"

#include "backend/cpu/prism_kernels.h"
#include "backend/cpu/program_kernels.h"
#include "poly/kernels.h"
#include "simd/fp4-inl.h"

#include <hwy/cache_control.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace gyre::cpu {
namespace HWY_NAMESPACE {

using namespace gyre::HWY_NAMESPACE;  // NOLINT: the packed types of this target

HWY_INLINE PackedFactor known(const KnownFactor& c) {
#if HWY_TARGET == HWY_SCALAR
  return {c.value};
#else
  const V32 value = hn::Set(D32(), c.value.raw());
  return {value, hn::Set(D32(), c.quotient), value};
#endif
}

/// Lane l of a tile is chunk first + l * step.
struct TileChunks {
  std::size_t first, step;
};

#if HWY_TARGET != HWY_SCALAR
/// Four words from each of the chunks i, i + 4, i + 8, ... of a tile, chunks `stride` words apart.
template <class D>
HWY_INLINE hn::Vec<D> load_quarter(D d, const Fp* from, std::size_t stride) {
  if constexpr (hn::MaxLanes(D()) == 4) {
    return hn::LoadU(d, words(from));
  } else {
    const hn::Half<D> half;
    constexpr std::size_t kHalf = hn::MaxLanes(half);
    return hn::Combine(d, load_quarter(half, from + kHalf * stride, stride),
                       load_quarter(half, from, stride));
  }
}

/// planes[z] for whole tiles of chunks whose length is a multiple of 4.
HWY_INLINE void load_full_tile(const PrismShape& shape, const Fp* column, const TileChunks& chunks,
                               Fp* planes) {
  const D32 d;
  const D64 d64;
  const std::size_t stride = chunks.step * shape.chunk;
  const auto wide = [&](V32 v) { return hn::BitCast(d64, v); };
  for (std::size_t z = 0; z < shape.chunk; z += 4) {
    const Fp* const from = column + chunks.first * shape.chunk + z;
    const V32 v0 = load_quarter(d, from, stride), v1 = load_quarter(d, from + stride, stride);
    const V32 v2 = load_quarter(d, from + 2 * stride, stride);
    const V32 v3 = load_quarter(d, from + 3 * stride, stride);
    const V64 low01 = wide(hn::InterleaveLower(d, v0, v1));
    const V64 low23 = wide(hn::InterleaveLower(d, v2, v3));
    const V64 high01 = wide(hn::InterleaveUpper(d, v0, v1));
    const V64 high23 = wide(hn::InterleaveUpper(d, v2, v3));
    const auto put = [&](std::size_t i, V64 v) {
      store({hn::BitCast(d, v)}, planes + (z + i) * kLanes);
    };
    put(0, hn::InterleaveLower(d64, low01, low23));
    put(1, hn::InterleaveUpper(d64, low01, low23));
    put(2, hn::InterleaveLower(d64, high01, high23));
    put(3, hn::InterleaveUpper(d64, high01, high23));
  }
}
#endif

/// First row of the chunk in a lane; lanes without a chunk repeat the first one.
HWY_INLINE std::size_t first_row(const PrismShape& shape, const TileChunks& chunks,
                                 std::size_t lane) {
  if (shape.chunks < shape.lanes) return lane < shape.chunks ? lane * shape.chunk : 0;
  return (chunks.first + lane * chunks.step) * shape.chunk;
}

HWY_INLINE void load_tile(const PrismShape& shape, const Fp* column, const TileChunks& chunks,
                          Fp* planes) {
#if HWY_TARGET != HWY_SCALAR
  if (shape.chunks >= kLanes && shape.chunk % 4 == 0) {
    return load_full_tile(shape, column, chunks, planes);
  }
#endif
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const std::size_t row = first_row(shape, chunks, lane);
    for (std::size_t z = 0; z < shape.chunk; ++z) {
      planes[z * kLanes + lane] = column[(row + z) & (shape.height - 1)];
    }
  }
}

/// Asks for the rows of a tile that will be loaded later.
HWY_INLINE void prefetch_tile(const PrismShape& shape, const Fp* column, const TileChunks& chunks) {
  if (shape.chunks < shape.lanes) return;
  constexpr std::size_t kLine = 64 / sizeof(Fp);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const Fp* const chunk = column + first_row(shape, chunks, lane);
    for (std::size_t z = 0; z < shape.chunk; z += kLine) hwy::Prefetch(chunk + z);
  }
}

/// Asks for consecutive rows a few lines at a time: the processor has few places for lines under
/// way, and waits when they are taken.
class ReadAhead {
 public:
  HWY_INLINE ReadAhead(const Fp* rows, std::size_t count) : next_(rows), end_(rows + count) {}
  HWY_INLINE void lines(std::size_t count) {
    for (std::size_t i = 0; i < count && next_ < end_; ++i) {
      hwy::Prefetch(next_);
      next_ += 64 / sizeof(Fp);
    }
  }

 private:
  const Fp *next_, *end_;
};

/// The rows after the chunks.
HWY_INLINE Packed load_next_rows(const PrismShape& shape, const Fp* column,
                                 const TileChunks& chunks) {
  HWY_ALIGN Fp next[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    next[lane] = column[(first_row(shape, chunks, lane) + shape.chunk) & (shape.height - 1)];
  }
  return load(next);
}

/// From values on D to coefficients in bit-reversed order.
HWY_INLINE void inverse_transform(const CosetTables& tables, Fp* planes, ReadAhead& ahead) {
  const std::size_t size = std::size_t{1} << tables.l_skip;
  const auto butterflies = [&](std::size_t half, std::size_t j, auto&& put) {
    for (std::size_t k = j; k < size; k += 2 * half) {
      Fp* const low = planes + k * kLanes;
      put(load(low), load(low + half * kLanes), low, low + half * kLanes);
    }
  };
  if (size == 1) return;
  const PackedFactor scale = known(tables.scale);
  for (std::size_t j = 0; j < size / 2; ++j) {
    const PackedFactor w = known(tables.inverse[size / 2 - 1 + j]);
    butterflies(size / 2, j, [&](Packed u, Packed v, Fp* low, Fp* high) {
      store((u + v) * scale, low);
      store(scaled_difference(u, v, w), high);
    });
  }
  for (std::size_t half = size / 4; half > 0; half /= 2) {
    ahead.lines(2);
    butterflies(half, 0, [&](Packed u, Packed v, Fp* low, Fp* high) {
      store(u + v, low);
      store(u - v, high);
    });
    for (std::size_t j = 1; j < half; ++j) {
      const PackedFactor w = known(tables.inverse[half - 1 + j]);
      butterflies(half, j, [&](Packed u, Packed v, Fp* low, Fp* high) {
        store(u + v, low);
        store(scaled_difference(u, v, w), high);
      });
    }
  }
}

/// From coefficients in bit-reversed order to values on a coset, out of place.
HWY_INLINE void coset_transform(const CosetTables& tables, std::size_t coset,
                                const Fp* coefficients, Fp* values, ReadAhead& ahead) {
  const std::size_t size = std::size_t{1} << tables.l_skip;
  if (size == 1) store(load(coefficients), values);
  for (std::size_t half = 1; half < size; half *= 2) {
    ahead.lines(2);
    const KnownFactor* const twiddles = tables.forward[coset].data() + half - 1;
    for (std::size_t j = 0; j < half; ++j) {
      const PackedFactor w = known(twiddles[j]);
      for (std::size_t k = j; k < size; k += 2 * half) {
        const Packed u = load(coefficients + k * kLanes);
        const Packed v = load(coefficients + (k + half) * kLanes) * w;
        store(u + v, values + k * kLanes);
        store(u - v, values + (k + half) * kLanes);
      }
    }
    coefficients = values;
  }
}

HWY_INLINE Fp* target_plane(const ExtendedTarget& target, std::size_t chunk, std::size_t coset,
                            std::size_t z) {
  const std::size_t plane = (coset - target.first_coset) * chunk + z;
  const std::size_t in_block = plane & ((std::size_t{1} << target.log_block_planes) - 1);
  return target.values + (plane >> target.log_block_planes) * target.block_stride +
         in_block * kLanes;
}

HWY_INLINE void put_planes(const ExtendedTarget& target, std::size_t chunk, std::size_t coset,
                           const Fp* values) {
  for (std::size_t z = 0; z < chunk; ++z) {
    store(load(values + z * kLanes), target_plane(target, chunk, coset, z));
  }
}

void ExtendColumn(const CosetTables& tables, const PrismShape& shape, const Fp* column,
                  const Fp* next_column, std::size_t tile, std::size_t first, std::size_t last,
                  const ExtendedTarget& local, const ExtendedTarget& rotated, Fp* planes) {
  const std::size_t size = shape.chunk;
  Fp* const values = planes + size * kLanes;
  // A tile is read from each column in turn: neighbouring chunks are in one page, not in sixteen.
  const TileChunks chunks{.first = tile * kLanes, .step = 1};
  ReadAhead ahead(next_column + chunks.first * shape.chunk,
                  shape.chunks < shape.lanes ? 0 : shape.chunk * shape.lanes);
  ahead.lines(2);
  load_tile(shape, column, chunks, planes);
  Packed next = broadcast(Fp()), correction = next;
  if (rotated.values != nullptr) {
    next = load_next_rows(shape, column, chunks);
    correction = next - load(planes);
  }
  if (first == 0) {
    if (local.values != nullptr) put_planes(local, size, 0, planes);
    if (rotated.values != nullptr) {
      for (std::size_t z = 0; z < size; ++z) {
        store(z + 1 < size ? load(planes + (z + 1) * kLanes) : next,
              target_plane(rotated, size, 0, z));
      }
    }
  }
  if (last > 1) inverse_transform(tables, planes, ahead);
  for (std::size_t coset = first == 0 ? 1 : first; coset < last; ++coset) {
    coset_transform(tables, coset, planes, values, ahead);
    if (local.values != nullptr) put_planes(local, size, coset, values);
    if (rotated.values == nullptr) continue;
    for (std::size_t z = 0; z < size; ++z) {
      const Packed shifted = load(values + ((z + 1) & (size - 1)) * kLanes);
      store(shifted + correction * known(tables.rotation[coset][z]),
            target_plane(rotated, size, coset, z));
    }
  }
}

void ExtendPlanes(const CosetTables& tables, Fp* planes, std::size_t first, std::size_t last,
                  const ExtendedTarget& local) {
  const std::size_t size = std::size_t{1} << tables.l_skip;
  Fp* const values = planes + size * kLanes;
  if (first == 0) put_planes(local, size, 0, planes);
  ReadAhead nothing(planes, 0);
  if (last > 1) inverse_transform(tables, planes, nothing);
  for (std::size_t coset = first == 0 ? 1 : first; coset < last; ++coset) {
    coset_transform(tables, coset, planes, values, nothing);
    put_planes(local, size, coset, values);
  }
}

HWY_INLINE void store_planes(const PackedFp4& a, Fp* to) {
  for (std::size_t j = 0; j < 4; ++j) store(a.c[j], to + j * kLanes);
}
HWY_INLINE PackedFp4 load_planes(const Fp* from) {
  return {{load(from), load(from + kLanes), load(from + 2 * kLanes), load(from + 3 * kLanes)}};
}

void FoldChunks(const PrismShape& shape, const Fp* column, std::size_t offset,
                std::span<const Fp4> weights, Fp* planes, Fp* table) {
  for (std::size_t tile = 0; tile < shape.tiles; ++tile) {
    const TileChunks chunks{.first = tile, .step = shape.tiles};
    if (tile + 2 < shape.tiles) prefetch_tile(shape, column, {tile + 2, shape.tiles});
    load_tile(shape, column, chunks, planes);
    if (offset != 0) store(load_next_rows(shape, column, chunks), planes + shape.chunk * kLanes);
    Products4 sum;
    for (std::size_t z = 0; z < shape.chunk; ++z) {
      if (z % 2 == 0) sum.fit();
      sum.add_uniform(broadcast(weights[z]), load(planes + (z + offset) * kLanes));
    }
    store_planes(sum.reduced(), table + tile * 4 * kLanes);
  }
}

void FoldTable(Fp* table, std::size_t size, const Fp4& r) {
  const UniformFactor4 factor = uniform_factor4(r);
  const std::size_t pairs = size / kLanes / 2;
  for (std::size_t w = 0; w < pairs; ++w) {
    const Fp* const from = table + w * 8 * kLanes;
    const PackedFp4 t0 = load_planes(from), t1 = load_planes(from + 4 * kLanes);
    store_planes(t0 + (t1 - t0) * factor, table + w * 4 * kLanes);
  }
  if (pairs > 0) return;
  for (std::size_t y = 0; y < size / 2; ++y) {
    const auto entry = [&](std::size_t x) {
      return Fp4(table[x], table[kLanes + x], table[2 * kLanes + x], table[3 * kLanes + x]);
    };
    const Fp4 t0 = entry(2 * y), value = t0 + r * (entry(2 * y + 1) - t0);
    for (std::size_t j = 0; j < 4; ++j) table[j * kLanes + y] = value.c[j];
  }
}

template <std::size_t kColumns>
HWY_INLINE void dot_columns(const Fp* const* columns, const Fp* weights, std::size_t count,
                            Fp4* totals) {
  Products4 sums[kColumns];
  const auto add = [&](std::size_t i) HWY_ATTR {
    const PackedFp4 w{{load_unaligned(weights + i), load_unaligned(weights + count + i),
                       load_unaligned(weights + 2 * count + i),
                       load_unaligned(weights + 3 * count + i)}};
    for (std::size_t c = 0; c < kColumns; ++c) sums[c].add(w, load_unaligned(columns[c] + i));
  };
  const std::size_t whole = count / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += 2 * kLanes) {
    for (Products4& sum : sums) sum.fit();
    add(i);
    if (i + kLanes < whole) add(i + kLanes);
  }
  for (std::size_t c = 0; c < kColumns; ++c) {
    totals[c] = horizontal_sum(sums[c].reduced());
    for (std::size_t i = whole; i < count; ++i) {
      totals[c] +=
          Fp4(weights[i], weights[count + i], weights[2 * count + i], weights[3 * count + i]) *
          columns[c][i];
    }
  }
}

void DotWithPlanes(std::span<const Fp* const> columns, const Fp* weights, std::size_t count,
                   Fp4* totals) {
  std::size_t c = 0;
  for (; c + 2 <= columns.size(); c += 2) dot_columns<2>(&columns[c], weights, count, totals + c);
  if (c < columns.size()) dot_columns<1>(&columns[c], weights, count, totals + c);
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gyre::cpu {

HWY_EXPORT(ExtendColumn);
HWY_EXPORT(ExtendPlanes);
HWY_EXPORT(FoldChunks);
HWY_EXPORT(FoldTable);
HWY_EXPORT(DotWithPlanes);

PrismShape::PrismShape(unsigned l_skip, unsigned log_height)
    : chunk(std::size_t{1} << l_skip),
      height(std::size_t{1} << log_height),
      chunks(std::max<std::size_t>(height / chunk, 1)),
      lanes(packed_lanes()),
      tiles(std::max<std::size_t>(chunks / lanes, 1)) {}

KnownFactor::KnownFactor(Fp c) : value(c), quotient(c.raw() * 0x88000001u) {}

CosetTables::CosetTables(unsigned log_chunk, std::size_t num_cosets)
    : l_skip(log_chunk), scale(inverse_power_of_2(log_chunk)) {
  const std::size_t size = std::size_t{1} << l_skip;
  inverse.resize(size - 1);
  for (unsigned log_order = 1; log_order <= l_skip; ++log_order) {
    const std::size_t half = std::size_t{1} << (log_order - 1);
    const Fp root = two_adic_generator(log_order).inverse();
    const Fp first = log_order == l_skip ? scale.value : Fp::one();
    for (std::size_t j = 0; j < half; ++j) {
      inverse[half - 1 + j] = KnownFactor(first * root.pow(j));
    }
  }
  for (std::size_t c = 0; c < num_cosets; ++c) {
    const Fp shift = shifts.emplace_back(kMultiplicativeGenerator.pow(c));
    std::vector<KnownFactor>& twiddles = forward.emplace_back(size - 1);
    for (unsigned log_order = 1; log_order <= l_skip; ++log_order) {
      const std::size_t half = std::size_t{1} << (log_order - 1);
      for (std::size_t j = 0; j < half; ++j) {
        twiddles[half - 1 + j] =
            KnownFactor(shift.pow(size / (2 * half)) * two_adic_generator(log_order).pow(j));
      }
    }
    std::vector<KnownFactor>& lagrange = rotation.emplace_back();
    for (std::size_t z = 0; z < size; ++z) {
      const Fp point = shift * two_adic_generator(l_skip).pow(z + 1);
      lagrange.emplace_back(eq_univariate_one(l_skip, Fp4(point)).c[0]);
    }
  }
}

void extend_column(const CosetTables& tables, const PrismShape& shape, const Fp* column,
                   const Fp* next_column, std::size_t tile, std::size_t first, std::size_t last,
                   const ExtendedTarget& local, const ExtendedTarget& rotated, Fp* scratch) {
  HWY_DYNAMIC_DISPATCH(ExtendColumn)
  (tables, shape, column, next_column, tile, first, last, local, rotated, scratch);
}
void extend_planes(const CosetTables& tables, Fp* planes, std::size_t first, std::size_t last,
                   const ExtendedTarget& local) {
  HWY_DYNAMIC_DISPATCH(ExtendPlanes)(tables, planes, first, last, local);
}
void fold_chunks(const PrismShape& shape, const Fp* column, std::size_t offset,
                 std::span<const Fp4> weights, Fp* scratch, Fp* table) {
  HWY_DYNAMIC_DISPATCH(FoldChunks)(shape, column, offset, weights, scratch, table);
}
void fold_table(Fp* table, std::size_t size, const Fp4& r) {
  HWY_DYNAMIC_DISPATCH(FoldTable)(table, size, r);
}
void dot_with_planes(std::span<const Fp* const> columns, const Fp* weights, std::size_t count,
                     Fp4* totals) {
  HWY_DYNAMIC_DISPATCH(DotWithPlanes)(columns, weights, count, totals);
}

}  // namespace gyre::cpu
#endif  // HWY_ONCE
