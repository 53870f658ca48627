#include "hash/batch.h"

#include <algorithm>
#include <array>

#include "hash/poseidon2.h"
#include "support/targets.h"

namespace gyre {
namespace {

/// kHashLanes elements; every operation is a loop over the lanes.
struct Lanes {
  alignas(64) Fp lane[kHashLanes];

  friend inline Lanes operator+(const Lanes& a, const Lanes& b) {
    Lanes r;
    for (std::size_t i = 0; i < kHashLanes; ++i) r.lane[i] = a.lane[i] + b.lane[i];
    return r;
  }
  friend inline Lanes operator-(const Lanes& a, const Lanes& b) {
    Lanes r;
    for (std::size_t i = 0; i < kHashLanes; ++i) r.lane[i] = a.lane[i] - b.lane[i];
    return r;
  }
  friend inline Lanes operator*(const Lanes& a, const Lanes& b) {
    Lanes r;
    for (std::size_t i = 0; i < kHashLanes; ++i) r.lane[i] = a.lane[i] * b.lane[i];
    return r;
  }
  friend inline Lanes operator+(const Lanes& a, Fp b) {
    Lanes r;
    for (std::size_t i = 0; i < kHashLanes; ++i) r.lane[i] = a.lane[i] + b;
    return r;
  }
  friend inline Lanes operator*(const Lanes& a, Fp b) {
    Lanes r;
    for (std::size_t i = 0; i < kHashLanes; ++i) r.lane[i] = a.lane[i] * b;
    return r;
  }
};

using LaneState = std::array<Lanes, kSpongeWidth>;

GYRE_SIMD_TARGETS void permute_lanes(LaneState& state) {
  poseidon2::permute(state);
}

}  // namespace

void hash_rows(const Fp* values, std::size_t height, std::size_t width, std::size_t first_row,
               Digest* out) {
  LaneState state{};
  for (std::size_t start = 0; start < width; start += kSpongeRate) {
    const std::size_t length = std::min(kSpongeRate, width - start);
    for (std::size_t j = 0; j < length; ++j) {
      std::copy_n(values + (start + j) * height + first_row, kHashLanes, state[j].lane);
    }
    permute_lanes(state);
  }
  for (std::size_t i = 0; i < kHashLanes; ++i) {
    for (std::size_t j = 0; j < kDigestElements; ++j) out[i][j] = state[j].lane[i];
  }
}

void compress_pairs(const Digest* left, const Digest* right, std::size_t stride, Digest* out,
                    std::size_t count) {
  for (std::size_t start = 0; start < count; start += kHashLanes) {
    const std::size_t lanes = std::min(kHashLanes, count - start);
    LaneState state{};
    for (std::size_t i = 0; i < lanes; ++i) {
      for (std::size_t j = 0; j < kDigestElements; ++j) {
        state[j].lane[i] = left[(start + i) * stride][j];
        state[j + kDigestElements].lane[i] = right[(start + i) * stride][j];
      }
    }
    permute_lanes(state);
    for (std::size_t i = 0; i < lanes; ++i) {
      for (std::size_t j = 0; j < kDigestElements; ++j) out[start + i][j] = state[j].lane[i];
    }
  }
}

std::optional<Fp> smallest_witness_in(const GrindingChallenge& challenge, std::uint32_t first,
                                      std::uint32_t count) {
  const std::uint32_t mask = (std::uint32_t{1} << challenge.bits) - 1;
  for (std::uint32_t start = 0; start < count; start += kHashLanes) {
    LaneState state;
    for (std::size_t j = 0; j < kSpongeWidth; ++j) {
      std::fill_n(state[j].lane, kHashLanes, challenge.state[j]);
    }
    for (std::size_t i = 0; i < kHashLanes; ++i) {
      state[challenge.position].lane[i] =
          Fp::from_canonical(first + start + static_cast<std::uint32_t>(i));
    }
    permute_lanes(state);
    for (std::uint32_t i = 0; i < kHashLanes && start + i < count; ++i) {
      if ((state[kSpongeRate - 1].lane[i].canonical() & mask) == 0) {
        return Fp::from_canonical(first + start + i);
      }
    }
  }
  return std::nullopt;
}

}  // namespace gyre
