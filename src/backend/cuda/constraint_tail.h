#pragma once

#include <cstdint>

#include "backend/cuda/cuda.h"
#include "backend/cuda/row_sums.h"
#include "gyre/hash/scheme.h"

namespace gyre::cuda {

/// What the driver of the batched constraint sumcheck does between the sums of a round and its
/// fold, for rounds that must not wait for the host. Spec 05, section 4.

/// What goes from round to round. A round leaves the claim that it found, and what the next one
/// makes its own of, beside its sums, once the challenge is known.
struct RoundState {
  static constexpr unsigned kMostDegree = 7;
  ConstraintSumcheck::RoundClaim claim;
  /// The sum over the running traces at X = 0, 1, ..., and that over those of them that have no row
  /// bit left at X = 1, 2, ...: degree + 1 values, then zero.
  Fp4 running[kMostDegree + 1], ended[kMostDegree + 1];
  DuplexState sponge;
};

struct TailOutput {
  static constexpr unsigned kMostRounds = 27, kMostDegree = RoundState::kMostDegree;
  Fp4 challenges[kMostRounds];
  Fp4 round_polynomials[kMostRounds][kMostDegree + 1];  ///< at 1, 2, ...
  RoundState state;
};

/// Where rounds begin. They make the entries from `round` - 1 on of the polynomials and challenges.
struct TailStart {
  std::uint32_t round = 0;   ///< >= 1
  std::uint32_t degree = 0;  ///< max_constraint_degree, 1 to kMostDegree
  bool first = true;         ///< the state has the claim; or a round made it
  Fp4 xi_before;             ///< the coordinate of the round before that made it
  /// For a polynomial f of that degree, f(degree + 1) = sum of next[k] f(k) over k <= degree.
  Fp next[TailOutput::kMostDegree + 1];
  Fp lagrange[TailOutput::kMostDegree + 1];  ///< [k]: product of 1 / (k - j), other j <= degree

  TailStart(unsigned first_round, std::size_t max_constraint_degree);
};
/// A round's coordinate of xi, not 1.
struct TailCoordinate {
  Fp4 xi, inverse;  ///< 1 / (1 - xi)

  TailCoordinate() = default;
  explicit TailCoordinate(const Fp4& coordinate)
      : xi(coordinate), inverse((Fp4::one() - coordinate).inverse()) {}
};

/// What a running trace adds to a round: values at X = 1, 2, ... that determine a polynomial, at
/// least as far as the round's sum needs it.
struct RoundPart {
  Fp4 constant;                   ///< added to each value
  const Total* totals = nullptr;  ///< [value][4]
  std::uint32_t count = 0;        ///< values; 0: it adds nothing
  std::uint32_t last = 0;         ///< not 0: the trace has no row bit after this
};
/// Makes a round.
struct TailRound {
  TailStart start;
  TailCoordinate coordinate;
  const RoundPart* parts = nullptr;
  std::uint32_t num_parts = 0;
};
void launch_tail_round(Queue& queue, const TailRound& input, TailOutput* output);

/// What a trace adds to rounds that are made at once: values at the points of {0 .. degree}^bits,
/// the coordinate of its next row bit running fastest.
struct GridPart {
  Fp4 constant;                   ///< added to each value
  const Total* totals = nullptr;  ///< [point][4]
  std::uint32_t bits = 0;         ///< row bits that it has left, 1 to kRounds
};
/// Makes the last rounds.
struct TailGrid {
  static constexpr unsigned kRounds = 3, kMostDegree = 5;
  TailStart start;
  TailCoordinate coordinates[kRounds];
  const GridPart* parts = nullptr;
  std::uint32_t num_parts = 0;

  explicit TailGrid(const TailStart& from) : start(from) {}
};
/// Degree 1 to kMostDegree.
void launch_tail_grid(Queue& queue, const TailGrid& input, TailOutput* output);

/// Multilinear tables at the points of a TailGrid: count[m - 1] of them in m variables, the first
/// of which runs fastest, for each m from kRounds down; one after another, as are their values,
/// fewer than 2^32.
struct GridTables {
  unsigned degree = 0;
  const Fp4* from = nullptr;
  Fp4* to = nullptr;
  std::uint32_t count[TailGrid::kRounds] = {};
};
void fill_grid(Queue& queue, const GridTables& tables);

}  // namespace gyre::cuda
