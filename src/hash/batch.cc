#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hash/batch.cc"
#include "simd/kernel.h"

#include "hash/batch.h"
#include "hash/poseidon2-inl.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace gyre {
namespace HWY_NAMESPACE {

/// Lanes of all elements of kLanes sponges.
HWY_INLINE PackedState load_state(const Fp* sponges) {
  PackedState state;
  for (std::size_t j = 0; j < kSpongeWidth; ++j) {
    state.s[j] = load_unaligned(sponges + j * kHashLanes);
  }
  return state;
}
HWY_INLINE void store_planes(const PackedState& state, std::size_t count, Fp* out) {
  for (std::size_t j = 0; j < count; ++j) store_unaligned(state.s[j], out + j * kHashLanes);
}

void AbsorbRows(const Fp* values, std::size_t stride, std::size_t width, Fp* sponges) {
  for (std::size_t lane = 0; lane < kHashLanes; lane += kLanes) {
    PackedState state = load_state(sponges + lane);
    const Fp* column = values + lane;
    for (std::size_t start = 0; start < width; start += kSpongeRate) {
      const std::size_t length = std::min(kSpongeRate, width - start);
      for (std::size_t j = 0; j < length; ++j, column += stride) {
        state.s[j] = load_unaligned(column);
      }
      permute(state);
    }
    store_planes(state, kSpongeWidth, sponges + lane);
  }
}

void CompressPlanes(const Fp* left, const Fp* right, Fp* out) {
  for (std::size_t lane = 0; lane < kHashLanes; lane += kLanes) {
    PackedState state;
    for (std::size_t j = 0; j < kDigestElements; ++j) {
      state.s[j] = load_unaligned(left + j * kHashLanes + lane);
      state.s[j + kDigestElements] = load_unaligned(right + j * kHashLanes + lane);
    }
    permute(state);
    store_planes(state, kDigestElements, out + lane);
  }
}

/// states[j * kHashLanes + i] is element j of state i.
void PermuteStates(Fp* states) {
  for (std::size_t lane = 0; lane < kHashLanes; lane += kLanes) {
    PackedState state = load_state(states + lane);
    permute(state);
    store_planes(state, kSpongeWidth, states + lane);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gyre
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gyre {

HWY_EXPORT(AbsorbRows);
HWY_EXPORT(CompressPlanes);
HWY_EXPORT(PermuteStates);

void absorb_rows(const Fp* values, std::size_t stride, std::size_t width, Fp* sponges) {
  HWY_DYNAMIC_DISPATCH(AbsorbRows)(values, stride, width, sponges);
}

void compress_planes(const Fp* left, const Fp* right, Fp* out) {
  HWY_DYNAMIC_DISPATCH(CompressPlanes)(left, right, out);
}

void hash_rows(const Fp* values, std::size_t height, std::size_t width, std::size_t first_row,
               Digest* out) {
  Fp sponges[kSpongePlanes]{};
  absorb_rows(values + first_row, height, width, sponges);
  for (std::size_t i = 0; i < kHashLanes; ++i) {
    for (std::size_t j = 0; j < kDigestElements; ++j) out[i][j] = sponges[j * kHashLanes + i];
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
