#include "backend/cuda/device_transcript.h"
#include "backend/cuda/fraction_entries.h"
#include "backend/cuda/fraction_rounds.h"

namespace gyre::cuda {
namespace {

constexpr unsigned kTailThreads = 512, kTailWarps = kTailThreads / 32;
static_assert((1u << TailInput::kMostRounds) <= 2 * kTailThreads);
static_assert(2 * kTailWarps == 32);

/// The tables of a round in shared memory, and eq of the coordinates after the round's.
struct TailTables {
  Fp4 *p0, *q0, *p1, *q1, *eq;

  __device__ TailTables(Fp4* shared, unsigned size)
      : p0(shared),
        q0(shared + size),
        p1(shared + 2 * size),
        q1(shared + 3 * size),
        eq(shared + 4 * size) {}
  __device__ Entry<Fp4> entry(unsigned y) const {
    return {.p0 = load(p0 + y), .p1 = load(p1 + y), .q0 = load(q0 + y), .q1 = load(q1 + y)};
  }
  __device__ void set(unsigned y, const Entry<Fp4>& entry) const {
    store(p0 + y, entry.p0);
    store(q0 + y, entry.q0);
    store(p1 + y, entry.p1);
    store(q1 + y, entry.q1);
  }
};

__device__ __forceinline__ Fp4 broadcast(const Fp4& value, int lane) {
  Fp4 result;
  for (unsigned k = 0; k < Fp4::kDegree; ++k) {
    result.c[k] = Fp::from_raw(__shfl_sync(~0u, value.c[k].raw(), lane));
  }
  return result;
}

__device__ void load_tables(const TailInput& input, const TailTables& tables) {
  const unsigned size = 1u << input.rounds;
  const StoredRound& first = input.first;
  for (unsigned y = threadIdx.x; y < size; y += kTailThreads) {
    Entry<Fp4> entry = load_entry(first.from, first.fold ? 2 * y : y);
    if (first.fold) entry = between(entry, load_entry(first.from, 2 * y + 1), first.challenge);
    entry.p0 += entry.q0 * first.lambda;
    tables.set(y, entry);
  }
  if (threadIdx.x >= size / 2) return;
  Fp4 weight = Fp4::one();
  for (unsigned c = 0; c + 1 < input.rounds; ++c) {
    const Fp4 x = input.xi[c + 1];
    weight *= (threadIdx.x >> c & 1) != 0 ? x : Fp4::one() - x;
  }
  store(tables.eq + threadIdx.x, weight);
}

/// Weighted sums over `pairs` pairs of h at their odd entries, in even lanes, and of h of their
/// differences, in odd lanes, one for each warp.
__device__ Fp4 warp_share(const TailTables& tables, unsigned pairs) {
  Fp4 sum;
  for (unsigned y = threadIdx.x; y < 2 * pairs; y += kTailThreads) {
    Entry<Fp4> at = tables.entry(y | 1);
    if (y % 2 != 0) {
      const Entry<Fp4> even = tables.entry(y - 1);
      at = {.p0 = at.p0 - even.p0,
            .p1 = at.p1 - even.p1,
            .q0 = at.q0 - even.q0,
            .q1 = at.q1 - even.q1};
    }
    sum += cross(at.p0, at.q1, at.p1, at.q0) * load(tables.eq + y / 2);
  }
  __syncwarp();
  return parity_sum(sum);
}

/// Binds the lowest variable of tables of 2 `pairs` entries.
__device__ void fold_tables(const TailTables& tables, unsigned pairs, const Fp4& challenge) {
  const unsigned y = threadIdx.x;
  Entry<Fp4> entry;
  Fp4 weight;
  if (y < pairs) {
    entry = between(tables.entry(2 * y), tables.entry(2 * y + 1), challenge);
    if (y < pairs / 2) weight = load(tables.eq + 2 * y) + load(tables.eq + 2 * y + 1);
  }
  __syncthreads();
  if (y < pairs) {
    tables.set(y, entry);
    if (y < pairs / 2) store(tables.eq + y, weight);
  }
  __syncthreads();
}

/// A round as FractionTree::round and the driver do it, by a warp whose lanes all have the same.
struct TailRounds {
  Fp4 claim, bound;  ///< bound: eq of the coordinates that are bound

  /// The challenge of the round with coordinate `xi` and 1 / (1 - xi); `polynomial` is in shared
  /// memory.
  __device__ Fp4 next(const Fp4& sum_at_1, const Fp4& sum_leading, const Fp4& xi,
                      const Fp4& inverse, DeviceTranscript& transcript, Fp4* polynomial) {
    const Fp4 at_1 = sum_at_1 * bound, leading = sum_leading * bound;
    const Fp4 at_0 = (claim - xi * at_1) * inverse;
    const Fp4 slope = at_1 - at_0 + leading.doubled();
    const Fp4 at_2 = at_1 + slope;
    const Fp4 at_3 = at_2 + slope + leading.doubled();
    // eq(xi, 2) = 3 xi - 1, eq(xi, 3) = 5 xi - 2.
    const Fp4 xi_3 = xi.doubled() + xi, one = Fp4::one();
    if (threadIdx.x == 0) {
      polynomial[0] = xi * at_1;
      polynomial[1] = (xi_3 - one) * at_2;
      polynomial[2] = (xi_3 + xi.doubled() - one.doubled()) * at_3;
    }
    __syncwarp();
    transcript.observe(polynomial, 3);
    const Fp4 r = transcript.sample_ext();
    const Fp4 factor = one - xi - r + (xi * r).doubled();
    claim = factor * (at_0 + r * (at_1 - at_0 - leading + r * leading));
    bound *= factor;
    return r;
  }
};

__global__ __launch_bounds__(kTailThreads, 1) void finish_layer(TailInput input,
                                                                TailOutput* output) {
  GYRE_DYNAMIC_SHARED(Fp4, shared);
  __shared__ SharedArray<Fp4, 2 * kTailWarps> shares;
  __shared__ SharedArray<Fp4, TailInput::kMostRounds> inverses;
  __shared__ SharedArray<Fp4, 3> polynomial;
  __shared__ SharedArray<Fp4, 1> challenge;
  __shared__ SharedArray<Fp4, 4> claims;
  // The host reads all of the output, also the places of rounds that are not there.
  static_assert(sizeof(TailOutput) % sizeof(unsigned) == 0);
  for (unsigned i = threadIdx.x; i < sizeof(TailOutput) / sizeof(unsigned); i += kTailThreads) {
    reinterpret_cast<unsigned*>(output)[i] = 0;
  }
  const TailTables tables(shared, 1u << input.rounds);
  load_tables(input, tables);
  if (threadIdx.x < input.rounds) {
    inverses[threadIdx.x] = (Fp4::one() - input.xi[threadIdx.x]).inverse();
  }
  DeviceTranscript transcript(input.sponge);
  TailRounds rounds{.claim = input.claim, .bound = input.eq_bound};
  __syncthreads();
  for (unsigned round = 0; round < input.rounds; ++round) {
    const unsigned pairs = 1u << (input.rounds - 1 - round);
    const Fp4 share = warp_share(tables, pairs);
    if (threadIdx.x % 32 < 2) shares[threadIdx.x / 32 * 2 + threadIdx.x % 2] = share;
    __syncthreads();
    if (threadIdx.x < 32) {
      const Fp4 sums = parity_sum(shares[threadIdx.x]);
      const Fp4 r = rounds.next(broadcast(sums, 0), broadcast(sums, 1), input.xi[round],
                                inverses[round], transcript, polynomial.data());
      if (threadIdx.x < 3) {
        store(&output->round_polynomials[round][threadIdx.x], polynomial[threadIdx.x]);
      }
      if (threadIdx.x == 0) {
        store(output->challenges + round, r);
        challenge[0] = r;
      }
    }
    __syncthreads();
    fold_tables(tables, pairs, challenge[0]);
  }
  if (threadIdx.x >= 32) return;
  if (threadIdx.x == 0) {
    const Entry<Fp4> last = tables.entry(0);
    claims[0] = last.p0 - input.lambda * last.q0;
    claims[1] = last.q0;
    claims[2] = last.p1;
    claims[3] = last.q1;
  }
  __syncwarp();
  transcript.observe(claims.data(), 4);
  if (threadIdx.x < 4) store(output->claims + threadIdx.x, claims[threadIdx.x]);
  transcript.store(&output->sponge);
}

}  // namespace

void launch_tail(Work& work, const TailInput& input, TailOutput* output) {
  const std::size_t size = std::size_t{1} << input.rounds;
  const std::size_t shared = (4 * size + size / 2) * sizeof(Fp4);
  if (shared > 48 * 1024) Queue::raise_shared_limit(finish_layer, shared);
  const std::size_t read = input.first.from.tables.entries * 4 * sizeof(Fp4);
  work.queue.launch(finish_layer, {dim3(1), dim3(kTailThreads), shared}, read, input, output);
}

}  // namespace gyre::cuda
