#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hash/batch.cc"
#include "simd/kernel.h"

#include "hash/batch.h"
#include "hash/poseidon2-inl.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

/// Rows [first_row, first_row + kHashLanes), kLanes at a time.
void HashRows(const Fp* values, std::size_t height, std::size_t width, std::size_t first_row,
              Fp* out) {
  for (std::size_t lane = 0; lane < kHashLanes; lane += kLanes) {
    PackedState state{};
    for (Packed& element : state.s) element = broadcast(Fp());
    const Fp* column = values + first_row + lane;
    for (std::size_t start = 0; start < width; start += kSpongeRate) {
      const std::size_t length = std::min(kSpongeRate, width - start);
      for (std::size_t j = 0; j < length; ++j, column += height) {
        state.s[j] = load_unaligned(column);
      }
      permute(state);
    }
    for (std::size_t j = 0; j < kDigestElements; ++j) {
      store_unaligned(state.s[j], out + j * kHashLanes + lane);
    }
  }
}

/// states[j * kHashLanes + i] is element j of state i.
void PermuteStates(Fp* states) {
  for (std::size_t lane = 0; lane < kHashLanes; lane += kLanes) {
    PackedState state;
    for (std::size_t j = 0; j < kSpongeWidth; ++j) {
      state.s[j] = load_unaligned(states + j * kHashLanes + lane);
    }
    permute(state);
    for (std::size_t j = 0; j < kSpongeWidth; ++j) {
      store_unaligned(state.s[j], states + j * kHashLanes + lane);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gyre {

HWY_EXPORT(HashRows);
HWY_EXPORT(PermuteStates);

void hash_rows(const Fp* values, std::size_t height, std::size_t width, std::size_t first_row,
               Digest* out) {
  Fp lanes[kDigestElements * kHashLanes];
  HWY_DYNAMIC_DISPATCH(HashRows)(values, height, width, first_row, lanes);
  for (std::size_t i = 0; i < kHashLanes; ++i) {
    for (std::size_t j = 0; j < kDigestElements; ++j) out[i][j] = lanes[j * kHashLanes + i];
  }
}

void compress_pairs(const Digest* left, const Digest* right, std::size_t stride, Digest* out,
                    std::size_t count) {
  Fp states[kSpongeWidth * kHashLanes];
  for (std::size_t start = 0; start < count; start += kHashLanes) {
    const std::size_t lanes = std::min(kHashLanes, count - start);
    for (std::size_t i = 0; i < lanes; ++i) {
      for (std::size_t j = 0; j < kDigestElements; ++j) {
        states[j * kHashLanes + i] = left[(start + i) * stride][j];
        states[(j + kDigestElements) * kHashLanes + i] = right[(start + i) * stride][j];
      }
    }
    HWY_DYNAMIC_DISPATCH(PermuteStates)(states);
    for (std::size_t i = 0; i < lanes; ++i) {
      for (std::size_t j = 0; j < kDigestElements; ++j) {
        out[start + i][j] = states[j * kHashLanes + i];
      }
    }
  }
}

std::optional<Fp> smallest_witness_in(const GrindingChallenge& challenge, std::uint32_t first,
                                      std::uint32_t count) {
  const std::uint32_t mask = (std::uint32_t{1} << challenge.bits) - 1;
  Fp states[kSpongeWidth * kHashLanes];
  for (std::uint32_t start = 0; start < count; start += kHashLanes) {
    for (std::size_t j = 0; j < kSpongeWidth; ++j) {
      std::fill_n(states + j * kHashLanes, kHashLanes, challenge.state[j]);
    }
    for (std::uint32_t i = 0; i < kHashLanes; ++i) {
      states[challenge.position * kHashLanes + i] = Fp::from_canonical(first + start + i);
    }
    HWY_DYNAMIC_DISPATCH(PermuteStates)(states);
    for (std::uint32_t i = 0; i < kHashLanes && start + i < count; ++i) {
      if ((states[(kSpongeRate - 1) * kHashLanes + i].canonical() & mask) == 0) {
        return Fp::from_canonical(first + start + i);
      }
    }
  }
  return std::nullopt;
}

}  // namespace gyre
#endif  // HWY_ONCE
