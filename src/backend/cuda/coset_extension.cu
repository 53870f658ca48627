#include "backend/cuda/coset_extension.h"

#include "backend/cuda/work_list.h"
#include "poly/kernels.h"

namespace gyre::cuda {
namespace {

/// w^j and w^-j of the group of order N, j < N / 2.
struct SkipRoots {
  Fp forward[1u << (kMaxSkip - 1)], inverse[1u << (kMaxSkip - 1)];
};

/// Values in natural order to N times the coefficients in bit-reversed order.
template <unsigned kSkip>
__device__ __forceinline__ void inverse_transform(Fp (&v)[1u << kSkip], const SkipRoots& roots) {
  constexpr unsigned kChunk = 1u << kSkip;
#pragma unroll
  for (unsigned half = kChunk / 2; half > 0; half /= 2) {
#pragma unroll
    for (unsigned i = 0; 2 * i < kChunk; ++i) {
      const unsigned j = i % half, low = i / half * 2 * half + j;
      const Fp a = v[low], b = v[low + half];
      v[low] = a + b;
      v[low + half] = j == 0 ? a - b : (a - b) * roots.inverse[j * (kChunk / 2 / half)];
    }
  }
}

/// Coefficients in bit-reversed order to values in natural order.
template <unsigned kSkip>
__device__ __forceinline__ void forward_transform(Fp (&v)[1u << kSkip], const SkipRoots& roots) {
  constexpr unsigned kChunk = 1u << kSkip;
#pragma unroll
  for (unsigned half = 1; half < kChunk; half *= 2) {
#pragma unroll
    for (unsigned i = 0; 2 * i < kChunk; ++i) {
      const unsigned j = i % half, low = i / half * 2 * half + j;
      const Fp a = v[low];
      const Fp b = j == 0 ? v[low + half] : v[low + half] * roots.forward[j * (kChunk / 2 / half)];
      v[low] = a + b;
      v[low + half] = a - b;
    }
  }
}

template <unsigned kSkip>
__global__ void __launch_bounds__(kPrismThreads, kSkip <= 4 ? 4 : 2)
    extend_columns(const ExtensionWork* items, std::uint32_t count, const Fp* twists,
                   const Fp* rotations, SkipRoots roots) {
  constexpr unsigned kChunk = 1u << kSkip;
  __shared__ PrismTile<kSkip> tile;
  const ExtensionWork work = item_of_block(items, count);
  const PrismPlace place(work.range, blockIdx.x - work.first_block);
  const std::uint32_t height = 1u << work.range.log_height;
  const auto row_of = [&](std::uint32_t thread, std::uint32_t z) {
    return (((work.range.first_chunk + place.chunk(thread)) << kSkip) + z) & (height - 1);
  };
  const std::uint32_t own = place.column(threadIdx.x);
  ExtensionColumn column;
  if (own < work.num_columns) column = work.columns[own];
  // The usual block has one column of a tall trace: its values are neighbours, to be read and
  // written without looking at the column again.
  const bool one_column = work.range.chunks_per_block() == kPrismThreads;
  const std::size_t first_place = std::size_t{place.first_chunk} << kSkip;
  if (one_column && column.column.kind == NodeKind::kVariable) {
    const Fp* const from =
        column.column.values + (std::size_t{work.range.first_chunk} << kSkip) + first_place;
    tile.read(from);
  } else {
    tile.each([&](std::uint32_t thread, std::uint32_t z) {
      if (place.column(thread) >= work.num_columns) return;
      tile.at(thread, z) =
          prism_value(work.columns[place.column(thread)].column, row_of(thread, z), height);
    });
  }
  __syncwarp();

  Fp coefficients[kChunk], delta;
#pragma unroll
  for (unsigned z = 0; z < kChunk; ++z) coefficients[z] = tile.at(threadIdx.x, z);
  const bool rotated = column.rotated_on_domain != nullptr || column.rotated_on_cosets != nullptr;
  if (rotated) {
    delta = prism_value(column.column, row_of(threadIdx.x, kChunk), height) - coefficients[0];
  }
  const bool any_on_domain = __any_sync(~0u, column.on_domain != nullptr);
  const bool any_rotated = __any_sync(~0u, rotated);
  const std::uint32_t plane = work.range.num_chunks << kSkip;
  // Moves the warp's values to where its columns want them.
  const auto write = [&](Fp* ExtensionColumn::*target, std::size_t offset) {
    __syncwarp();
    if (one_column) {
      if (column.*target == nullptr) return;
      Fp* const to = column.*target + offset + first_place;
      tile.write(to);
    } else {
      tile.each([&](std::uint32_t thread, std::uint32_t z) {
        if (place.column(thread) >= work.num_columns) return;
        Fp* const to = work.columns[place.column(thread)].*target;
        if (to != nullptr) to[offset + (place.chunk(thread) << kSkip) + z] = tile.at(thread, z);
      });
    }
    __syncwarp();
  };
  // The next row's values on a coset: spec 05, section 7.
  const auto rotate = [&](const Fp(&values)[kChunk], std::uint32_t coset) {
#pragma unroll
    for (unsigned z = 0; z < kChunk; ++z) {
      tile.at(threadIdx.x, z) = values[(z + 1) % kChunk] + delta * rotations[coset * kChunk + z];
    }
  };

  if (any_on_domain) write(&ExtensionColumn::on_domain, 0);
  if (any_rotated) {
    rotate(coefficients, 0);
    write(&ExtensionColumn::rotated_on_domain, 0);
  }
  inverse_transform<kSkip>(coefficients, roots);
  for (std::uint32_t coset = 1; coset < work.num_cosets; ++coset) {
    Fp values[kChunk];
#pragma unroll
    for (unsigned k = 0; k < kChunk; ++k) {
      values[k] = coefficients[k] * twists[(coset - 1) * kChunk + k];
    }
    forward_transform<kSkip>(values, roots);
#pragma unroll
    for (unsigned z = 0; z < kChunk; ++z) tile.at(threadIdx.x, z) = values[z];
    const std::size_t offset = std::size_t{coset - 1} * plane;
    write(&ExtensionColumn::on_cosets, offset);
    if (any_rotated) {
      rotate(values, coset);
      write(&ExtensionColumn::rotated_on_cosets, offset);
    }
  }
}

unsigned reversed(unsigned x, unsigned bits) {
  unsigned result = 0;
  for (unsigned i = 0; i < bits; ++i) result |= (x >> i & 1) << (bits - 1 - i);
  return result;
}

}  // namespace

CosetConstants::CosetConstants(unsigned l_skip, std::size_t num_cosets) {
  const std::size_t chunk = std::size_t{1} << l_skip;
  const Fp root = two_adic_generator(l_skip);
  for (std::size_t c = 0; c < num_cosets; ++c) {
    const Fp shift = kMultiplicativeGenerator.pow(c);
    for (unsigned k = 0; c > 0 && k < chunk; ++k) {
      twists.push_back(shift.pow(reversed(k, l_skip)) * inverse_power_of_2(l_skip));
    }
    for (std::size_t z = 0; z < chunk; ++z) {
      rotations.push_back(eq_univariate_one(l_skip, Fp4(shift * root.pow(z + 1))).c[0]);
    }
  }
}

void extend_to_cosets(Queue& queue, unsigned l_skip, std::span<const ExtensionWork> work,
                      const ExtensionWork* device_work, const Fp* twists, const Fp* rotations) {
  if (work.empty()) return;
  SkipRoots roots;
  const Fp root = two_adic_generator(l_skip);
  for (unsigned j = 0; j < (1u << l_skip) / 2; ++j) {
    roots.forward[j] = root.pow(j);
    roots.inverse[j] = roots.forward[j].inverse();
  }
  const ExtensionWork& last = work.back();
  const std::uint32_t blocks = last.first_block + last.range.blocks(last.num_columns);
  std::uint64_t bytes = 0;
  for (const ExtensionWork& item : work) {
    const std::uint64_t plane = (std::uint64_t{item.range.num_chunks} << l_skip) * sizeof(Fp);
    bytes += item.num_columns * item.num_cosets * plane;
  }
  with_skip(l_skip, [&](auto skip) {
    queue.launch(extend_columns<skip.value>, {dim3(blocks), dim3(kPrismThreads), 0}, bytes,
                 device_work, static_cast<std::uint32_t>(work.size()), twists, rotations, roots);
  });
}

}  // namespace gyre::cuda
