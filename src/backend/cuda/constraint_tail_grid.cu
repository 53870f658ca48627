#include "backend/cuda/constraint_tail_round.h"

namespace gyre::cuda {
namespace {

constexpr unsigned kRounds = TailGrid::kRounds;
constexpr unsigned kAdding = 96, kThreads = kAdding + 64;  // threads that add the parts, and all
constexpr unsigned kMostBase = TailGrid::kMostDegree + 1;
constexpr unsigned kMostPoints = kMostBase * (1 + kMostBase * (1 + kMostBase));
static_assert(kRounds == 3 && kMostBase <= 8);

/// The sums over the traces that had `bits` row bits left at first, for each of 1 to 3: a power of
/// `base` points at of(bits), fewer after each round.
class Grids {
 public:
  __device__ __forceinline__ Grids(Fp4* points, unsigned base) : points_(points), base_(base) {}

  __device__ Fp4* of(unsigned bits) const {
    return points_ + (bits == 1 ? 0 : bits == 2 ? base_ : base_ + base_ * base_);
  }

  /// By the first kAdding threads.
  __device__ __forceinline__ void add(const GridPart* parts, unsigned num_parts) const {
    const unsigned count = base_ * (1 + base_ * (1 + base_));
#pragma unroll 1
    for (unsigned i = threadIdx.x; i < count; i += kAdding) {
      const unsigned bits = i < base_ ? 1 : i < base_ + base_ * base_ ? 2 : 3;
      const auto point = static_cast<unsigned>(points_ + i - of(bits));
      Fp4 sum;
#pragma unroll 1
      for (unsigned p = 0; p < num_parts; ++p) {
        if (parts[p].bits != bits) continue;
        sum += load(&parts[p].constant) + reduced(parts[p].totals + point * kTotalWords);
      }
      points_[i] = sum;
    }
  }

  /// Lane x + 8 y of a warp: the share of y in H(x) / eq_bound after `done` rounds, the sum over
  /// the row bits y after the next, each grid with the equality of its own coordinates.
  __device__ __forceinline__ Fp4 sum_at(unsigned done, const TailCoordinate* coordinates) const {
    const unsigned x = threadIdx.x % 8, y = threadIdx.x / 8;
    Fp4 sum;
#pragma unroll 1
    for (unsigned left = 1; left <= kRounds - done; ++left) {
      if (x >= base_ || y >> (left - 1) != 0) continue;
      unsigned point = x, stride = base_;
      Fp4 value = Fp4::one();
#pragma unroll 1
      for (unsigned bit = 1; bit < left; ++bit, stride *= base_) {
        const Fp4& xi = coordinates[done + bit].xi;
        const bool set = (y >> (bit - 1) & 1) != 0;
        value *= set ? xi : Fp4::one() - xi;
        if (set) point += stride;
      }
      sum += value * of(left + done)[point];
    }
    return sum;
  }

  /// Binds the next row bit after `done` rounds, by a warp; weights[k]: of the value at k.
  __device__ __forceinline__ void bind(unsigned done, const Fp4* weights) const {
    unsigned count = base_;
#pragma unroll 1
    for (unsigned bits = done + 2; bits <= kRounds; ++bits, count *= base_) {
      // What a step writes no later one reads.
#pragma unroll 1
      for (unsigned first = 0; first < count; first += 32) {
        const unsigned i = first + threadIdx.x;
        Fp4 value;
#pragma unroll 1
        for (unsigned k = 0; k < base_ && i < count; ++k) {
          value += weights[k] * of(bits)[i * base_ + k];
        }
        __syncwarp();
        if (i < count) of(bits)[i] = value;
      }
    }
    __syncwarp();
  }

 private:
  Fp4* points_;
  unsigned base_;
};

/// Binds a challenge, by a warp; `h` and `ended`: H and the sum over the traces that end, by value.
__device__ __forceinline__ void bind_claim(ConstraintSumcheck::RoundClaim& claim, const Fp4& xi,
                                           const Fp4& r, unsigned degree, const Fp4* weights,
                                           const Fp4* h, const Fp4* ended) {
  const unsigned x = threadIdx.x % 8;
  Fp4 running, last;
  if (x <= degree) {
    running = weights[x] * h[x];
    last = weights[x] * ended[x];
  }
  const Fp4 eq = eq_at(xi, r);
  claim.eq_bound *= eq;
  claim.finished *= r;
  claim.value = eq * sum_of_8(running) + claim.finished;
  claim.finished += claim.eq_bound * sum_of_8(last);
}

/// The first warp makes the rounds, the last one what they claim.
__global__ void __launch_bounds__(kThreads) tail_grid(TailGrid input, TailOutput* output) {
  __shared__ SharedArray<Fp4, kMostPoints> points;
  __shared__ SharedArray<Fp4, kMostBase> weights, h_values;
  __shared__ SharedArray<ConstraintSumcheck::RoundClaim, 1> shared_claim;
  __shared__ SharedArray<Fp4, 1> challenge;
  __shared__ ClaimParts claim_parts;
  const unsigned degree = input.start.degree, lane = warp_lane();
  const bool makes_rounds = threadIdx.x < 32, makes_claims = threadIdx.x >= kThreads - 32;
  const Grids grids(points.data(), degree + 1);
  DeviceTranscript transcript(output->state.sponge);
  if (threadIdx.x < kAdding) {
    grids.add(input.parts, input.num_parts);
  } else if (makes_claims) {
    claim_parts.bind(input.start, *output);
  } else {
    claim_parts.evaluate(input.start, *output);
  }
  __syncthreads();
  ConstraintSumcheck::RoundClaim claim;
  if (makes_claims) claim = claim_parts.claim();
#pragma unroll 1
  for (unsigned done = 0; done < kRounds; ++done) {
    Fp4 h;
    if (makes_rounds) {
      h = grids.sum_at(done, input.coordinates);
      h += shuffle_xor(h, 8);
      h += shuffle_xor(h, 16);
    }
    if (makes_claims && lane == 0) shared_claim[0] = claim;
    __syncthreads();
    if (makes_rounds) {
      const unsigned place = input.start.round - 1 + done;
      const ConstraintSumcheck::RoundClaim present = shared_claim[0];
      const RoundEnd end =
          end_round(h * present.eq_bound, present, input.start, input.coordinates[done], transcript,
                    output->round_polynomials[place]);
      if (lane <= degree) {
        h_values[lane] = end.h;
        weights[lane] = lagrange_at(end.challenge, lane, input.start);
      }
      if (lane == 0) {
        challenge[0] = end.challenge;
        store(&output->challenges[place], end.challenge);
      }
    }
    __syncthreads();
    if (makes_claims) {
      bind_claim(claim, input.coordinates[done].xi, challenge[0], degree, weights.data(),
                 h_values.data(), grids.of(done + 1));
    }
    if (makes_rounds) grids.bind(done, weights.data());
  }
  if (makes_rounds) transcript.store(&output->state.sponge);
}

__device__ __forceinline__ Fp4 between(const Fp4& low, const Fp4& high, unsigned x) {
  return low + (high - low) * Fp::from_canonical(x);
}

/// A thread makes a value.
__global__ void grid_values(GridTables tables) {
  const unsigned base = tables.degree + 1;
  auto i = static_cast<std::uint32_t>(global_thread());
  const Fp4* from = tables.from;
  Fp4* to = tables.to;
  unsigned bits = kRounds, points = base * base * base;
#pragma unroll 1
  for (; bits > 0; --bits, points /= base) {
    const std::uint32_t count = tables.count[bits - 1], values = count * points;
    if (i < values) break;
    i -= values;
    from += std::size_t{count} << bits;
    to += values;
  }
  if (bits == 0) return;
  const unsigned point = i % points;
  const unsigned x0 = point % base, x1 = point / base % base, x2 = point / (base * base);
  const Fp4* const table = from + (std::size_t{i / points} << bits);
  Fp4 rows[1 << (kRounds - 1)];
#pragma unroll
  for (unsigned y = 0; y < 1 << (kRounds - 1); ++y) {
    if (y >> (bits - 1) == 0) rows[y] = between(load(table + 2 * y), load(table + 2 * y + 1), x0);
  }
  if (bits > 1) rows[0] = between(rows[0], rows[1], x1);
  if (bits > 2) rows[0] = between(rows[0], between(rows[2], rows[3], x1), x2);
  store(to + i, rows[0]);
}

}  // namespace

void fill_grid(Queue& queue, const GridTables& tables) {
  std::size_t values = 0, points = 1, entries = 0;
  for (unsigned bits = 1; bits <= kRounds; ++bits) {
    points *= tables.degree + 1;
    values += points * tables.count[bits - 1];
    entries += std::size_t{tables.count[bits - 1]} << bits;
  }
  queue.launch(grid_values, grid_for(values), (values + entries) * sizeof(Fp4), tables);
}

void launch_tail_grid(Queue& queue, const TailGrid& input, TailOutput* output) {
  queue.launch(tail_grid, {dim3(1), dim3(kThreads)}, input.num_parts * sizeof(GridPart), input,
               output);
}

}  // namespace gyre::cuda
