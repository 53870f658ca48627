#pragma once

#include <cstdint>

#include "backend/cuda/cuda_api.h"
#include "backend/cuda/poseidon2_device.h"
#include "backend/cuda/poseidon2_warp.h"
#include "gyre/hash/scheme.h"

namespace gyre::cuda {

/// The transcript's duplex sponge on the device, for rounds that must not wait for the host: the
/// same values as gyre::Transcript from the same state. Held by one warp; all of its lanes make
/// every call with the same arguments and get the same results. Blocks are one-dimensional.
class DeviceTranscript {
 public:
  __device__ __forceinline__ explicit DeviceTranscript(const DuplexState& from)
      : element_(from.state[permutation_.lane()]),
        absorb_index_(from.absorb_index),
        sample_index_(from.sample_index) {}
  __device__ __forceinline__ void store(DuplexState* to) const {
    // Both halves of the warp write the same.
    to->state[permutation_.lane()] = element_;
    to->absorb_index = absorb_index_;
    to->sample_index = sample_index_;
  }

  __device__ __forceinline__ void observe(Fp value) {
    absorb(1, [&](unsigned) { return value; });
  }
  __device__ __forceinline__ void observe(const Fp4& value) {
    absorb(4, [&](unsigned i) {
      return i < 2 ? (i == 0 ? value.c[0] : value.c[1]) : (i == 2 ? value.c[2] : value.c[3]);
    });
  }
  /// `count` elements from memory that all lanes may read.
  __device__ __forceinline__ void observe(const Fp* values, unsigned count) {
    absorb(count, [&](unsigned i) { return values[i]; });
  }
  __device__ __forceinline__ void observe(const Fp4* values, unsigned count) {
    observe(reinterpret_cast<const Fp*>(values), 4 * count);
  }

  __device__ __forceinline__ Fp sample() {
    if (absorb_index_ != 0 || sample_index_ == 0) permute_state();
    return element(--sample_index_);
  }
  /// Coefficient of 1 first.
  __device__ __forceinline__ Fp4 sample_ext() {
    Fp own;
#pragma unroll 1
    for (unsigned i = 0; i < 4; ++i) {
      const Fp value = sample();
      if (permutation_.lane() == i) own = value;
    }
    Fp4 result;
    for (unsigned i = 0; i < 4; ++i) result.c[i] = shuffled(own, i);
    return result;
  }
  /// Low `bits` bits of the canonical value of one sample, bits <= 30.
  __device__ __forceinline__ std::uint32_t sample_bits(unsigned bits) {
    return sample().canonical() & mask(bits);
  }

  /// Observes a proof-of-work witness and tests it; with bits = 0 touches nothing and accepts.
  __device__ __forceinline__ bool check_witness(unsigned bits, Fp witness) {
    if (bits == 0) return true;
    observe(witness);
    return sample_bits(bits) == 0;
  }
  /// Finds the smallest witness, 32 candidates at a time, and checks it; zero for bits = 0. For a
  /// few bits, where there always is one and 2^bits / 32 steps are not many.
  __device__ __forceinline__ Fp grind(unsigned bits) {
    if (bits == 0) return Fp();
    std::uint32_t first = 0;
    unsigned solved = 0;
#pragma unroll 1
    for (; solved == 0 && first < Fp::kModulus; first += 32) {
      solved = __ballot_sync(~0u, solves(bits, first + threadIdx.x % 32));
    }
    const Fp witness =
        Fp::from_canonical(first - 32 + static_cast<unsigned>(__ffs(int(solved)) - 1));
    static_cast<void>(check_witness(bits, witness));
    return witness;
  }

 private:
  __device__ static std::uint32_t mask(unsigned bits) {
    return (std::uint32_t{1} << bits) - 1;
  }
  __device__ static Fp shuffled(Fp value, unsigned lane) {
    return poseidon2_detail::shuffle(value, lane);
  }
  __device__ __forceinline__ Fp element(unsigned i) const {
    return shuffled(element_, i);
  }

  /// Observes value_at(0), ..., value_at(count - 1); a lane asks for those that it will hold.
  template <class ValueAt>
  __device__ __forceinline__ void absorb(unsigned count, const ValueAt& value_at) {
#pragma unroll 1
    for (unsigned done = 0; done < count;) {
      const unsigned taken = min(static_cast<unsigned>(kSpongeRate) - absorb_index_, count - done);
      // Wraps around, beyond `taken`, in lanes before the first.
      const unsigned offset = permutation_.lane() - absorb_index_;
      if (offset < taken) element_ = value_at(done + offset);
      done += taken;
      absorb_index_ += taken;
      if (absorb_index_ == kSpongeRate) permute_state();
    }
  }

  __device__ __forceinline__ void permute_state() {
    element_ = permutation_.permute(element_);
    absorb_index_ = 0;
    sample_index_ = kSpongeRate;
  }

  /// Whether a canonical candidate, each lane's own, would pass.
  __device__ __forceinline__ bool solves(unsigned bits, std::uint32_t candidate) const {
    Fp state[kSpongeWidth];
    const Fp witness = Fp::from_canonical(candidate);
#pragma unroll
    for (unsigned i = 0; i < kSpongeWidth; ++i) {
      const Fp given = element(i);
      state[i] = i == absorb_index_ ? witness : given;
    }
    permute(state);
    return candidate < Fp::kModulus && (state[kSpongeRate - 1].canonical() & mask(bits)) == 0;
  }

  WarpPoseidon2 permutation_;
  Fp element_;
  unsigned absorb_index_, sample_index_;
};

}  // namespace gyre::cuda
