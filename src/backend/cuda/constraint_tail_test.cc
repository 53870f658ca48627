#include "backend/cuda/constraint_tail.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "gyre/transcript/transcript.h"
#include "poly/kernels.h"
#include "support/random_elements.h"

namespace gyre::cuda {
namespace {

struct Part {
  std::vector<Fp4> values;  ///< at 1, 2, ...
  bool last = false;
};

/// Random parts, some of which add nothing.
std::vector<Part> random_parts(RandomElements& random, std::size_t count, unsigned degree) {
  std::vector<Part> parts(count);
  for (std::size_t p = 0; p < count; ++p) {
    const std::size_t determined = 1 + p % (degree + 1);
    parts[p].last = p % 3 == 1;
    if (p % 8 == 5) continue;
    parts[p].values =
        random.extension(parts[p].last ? determined : std::min<std::size_t>(determined, degree));
  }
  return parts;
}

/// What the driver makes of a round.
struct Round {
  std::vector<Fp4> polynomial;
  Fp4 challenge;
  ConstraintSumcheck::RoundClaim next;
};

Round expected_round(const std::vector<Part>& parts, unsigned degree, const Fp4& xi,
                     const ConstraintSumcheck::RoundClaim& claim, Transcript& transcript) {
  std::vector<Fp4> h(degree + 1);
  for (unsigned x = 1; x <= degree; ++x) {
    for (const Part& part : parts) {
      if (part.values.empty()) continue;
      h[x] += claim.eq_bound * interpolate_at(part.values, Fp4(Fp::from_canonical(x - 1)));
    }
  }
  h[0] = (claim.value - xi * h[1] - claim.finished) * (Fp4::one() - xi).inverse();
  std::vector<Fp4> s;
  for (unsigned i = 0; i <= degree + 1; ++i) {
    const Fp4 x(Fp::from_canonical(i));
    s.push_back(eq1(xi, x) * interpolate_at(h, x) + claim.finished * x);
  }
  Round round{.polynomial = {s.begin() + 1, s.end()}, .challenge = {}, .next = {}};
  transcript.observe(round.polynomial);
  const Fp4 r = transcript.sample_ext();
  round.challenge = r;
  round.next = {interpolate_at(s, r), claim.eq_bound * eq1(xi, r), claim.finished * r};
  for (const Part& part : parts) {
    if (!part.last || part.values.empty()) continue;
    round.next.finished += round.next.eq_bound * interpolate_at(part.values, r - Fp::one());
  }
  return round;
}

/// A random claim and an empty sponge.
ConstraintSumcheck::RoundClaim start_state(Queue& queue, RandomElements& random,
                                           DeviceSpan<TailOutput> output) {
  const RoundState state{.claim = {random.element(), random.element(), random.element()},
                         .running = {},
                         .ended = {},
                         .sponge = {}};
  queue.fill_zero(output.data, sizeof(TailOutput));
  queue.upload(DeviceSpan<RoundState>(&output.data->state, 1), {&state, 1});
  return state.claim;
}

void check(std::size_t num_parts, unsigned degree) {
  SCOPED_TRACE(testing::Message() << num_parts << " parts, degree " << degree);
  RandomElements random(100 * num_parts + degree);
  Queue queue(0);
  DeviceArena arena(std::size_t{1} << 20);
  const auto output = arena.take<TailOutput>(1);
  ConstraintSumcheck::RoundClaim claim = start_state(queue, random, output);
  Fp4 xi_before;
  Transcript transcript;
  for (unsigned number = 1; number <= 3; ++number) {
    const std::vector<Part> parts = random_parts(random, num_parts, degree);
    std::vector<RoundPart> on_device;
    for (const Part& part : parts) {
      RoundPart& to = on_device.emplace_back();
      to.constant = random.element();
      to.count = static_cast<std::uint32_t>(part.values.size());
      to.last = part.last ? 1 : 0;
      std::vector<Total> words;
      for (const Fp4& value : part.values) {
        // Sums that were not reduced.
        for (const Fp c : (value - to.constant).c)
          words.push_back(c.raw() + 5 * Total{Fp::kModulus});
      }
      const auto totals = arena.take<Total>(words.size());
      queue.upload(totals, words);
      to.totals = totals.data;
    }
    const auto device_parts = arena.take<RoundPart>(parts.size());
    queue.upload(device_parts, on_device);
    const Fp4 xi = random.element();
    TailStart start(number, degree);
    start.first = number == 1;
    start.xi_before = xi_before;
    launch_tail_round(queue,
                      {.start = start,
                       .coordinate = TailCoordinate(xi),
                       .parts = device_parts.data,
                       .num_parts = static_cast<std::uint32_t>(num_parts)},
                      output.data);

    const Round expected = expected_round(parts, degree, xi, claim, transcript);
    const TailOutput got = queue.download(output).front();
    const Fp4* const polynomial = got.round_polynomials[number - 1];
    EXPECT_EQ(std::vector<Fp4>(polynomial, polynomial + degree + 1), expected.polynomial);
    EXPECT_EQ(got.challenges[number - 1], expected.challenge);
    EXPECT_EQ(got.state.claim.value, claim.value);
    EXPECT_EQ(got.state.claim.eq_bound, claim.eq_bound);
    EXPECT_EQ(got.state.claim.finished, claim.finished);
    EXPECT_EQ(got.state.sponge, transcript.export_state());
    claim = expected.next;
    xi_before = xi;
  }
}

TEST(ConstraintTail, RoundsAreTheDrivers) {
  for (unsigned degree = 1; degree <= TailOutput::kMostDegree; ++degree) {
    for (const std::size_t num_parts : {1, 2, 7, 32, 33, 70}) check(num_parts, degree);
  }
}

/// A trace with some row bits left, by the values of its sum at the points of a grid.
struct GridTrace {
  unsigned bits;
  std::vector<Fp4> values;
};

/// Values at the points with the first coordinate bound.
std::vector<Fp4> bound(const std::vector<Fp4>& values, std::size_t base, const Fp4& r) {
  std::vector<Fp4> result;
  for (std::size_t i = 0; i < values.size(); i += base) {
    result.push_back(interpolate_at(std::span(values).subspan(i, base), r));
  }
  return result;
}

/// The sum over the row bits behind the first of the values times the equality of their
/// coordinates, at X = 0, 1, ...
std::vector<Fp4> sums_over_bits(const std::vector<Fp4>& values, std::size_t base,
                                std::span<const Fp4> xi) {
  std::vector<Fp4> sums = values;
  for (std::size_t bit = 0; sums.size() > base; ++bit) {
    // The second coordinate goes.
    std::vector<Fp4> next;
    for (std::size_t i = 0; i < sums.size(); i += base * base) {
      for (std::size_t x = 0; x < base; ++x) {
        next.push_back((Fp4::one() - xi[bit]) * sums[i + x] + xi[bit] * sums[i + base + x]);
      }
    }
    sums = std::move(next);
  }
  return sums;
}

DeviceSpan<GridPart> grid_parts(Queue& queue, DeviceArena& arena, RandomElements& random,
                                const std::vector<GridTrace>& traces) {
  std::vector<GridPart> parts;
  for (const GridTrace& trace : traces) {
    GridPart& part = parts.emplace_back();
    part.constant = random.element();
    part.bits = trace.bits;
    std::vector<Total> words;
    for (const Fp4& value : trace.values) {
      for (const Fp c : (value - part.constant).c) words.push_back(c.raw() + Total{Fp::kModulus});
    }
    const auto totals = arena.take<Total>(words.size());
    queue.upload(totals, words);
    part.totals = totals.data;
  }
  const auto result = arena.take<GridPart>(parts.size());
  queue.upload(result, parts);
  return result;
}

/// Expects the rounds from `round` on that the driver makes of the sums of the traces.
void expect_rounds(const TailOutput& got, unsigned round, std::vector<GridTrace> traces,
                   std::span<const Fp4> xi, ConstraintSumcheck::RoundClaim claim,
                   Transcript& transcript, unsigned degree) {
  const std::size_t base = degree + 1;
  for (unsigned i = 0; i < TailGrid::kRounds; ++i) {
    std::vector<Part> sums;
    for (const GridTrace& trace : traces) {
      if (trace.bits <= i) continue;
      const std::vector<Fp4> at = sums_over_bits(trace.values, base, xi.subspan(i + 1));
      // The value at 0 of a sum that goes on is not asked for; a trace that ends is determined.
      const bool last = trace.bits == i + 1;
      std::vector<Fp4> values(at.begin() + 1, at.end());
      if (last) values.push_back(interpolate_at(at, Fp4(Fp::from_canonical(degree + 1))));
      sums.push_back({values, last});
    }
    const Round expected = expected_round(sums, degree, xi[i], claim, transcript);
    const unsigned place = round - 1 + i;
    const Fp4* const polynomial = got.round_polynomials[place];
    EXPECT_EQ(std::vector<Fp4>(polynomial, polynomial + degree + 1), expected.polynomial) << i;
    EXPECT_EQ(got.challenges[place], expected.challenge) << i;
    claim = expected.next;
    for (GridTrace& trace : traces) {
      if (trace.bits > i) trace.values = bound(trace.values, base, expected.challenge);
    }
  }
  EXPECT_EQ(got.state.sponge, transcript.export_state());
}

/// `before`: after a round of its own.
void check_grid(unsigned degree, const std::vector<unsigned>& bits, bool before) {
  SCOPED_TRACE(testing::Message() << bits.size() << " traces, degree " << degree << before);
  constexpr unsigned kRounds = TailGrid::kRounds;
  const std::size_t base = degree + 1;
  RandomElements random(degree);
  Queue queue(0);
  DeviceArena arena(std::size_t{1} << 20);
  const auto output = arena.take<TailOutput>(1);
  ConstraintSumcheck::RoundClaim claim = start_state(queue, random, output);
  Transcript transcript;
  unsigned round = 1;
  TailStart start(round, degree);
  if (before) {
    const TailCoordinate coordinate(random.element());
    launch_tail_round(queue, {.start = start, .coordinate = coordinate}, output.data);
    claim = expected_round({}, degree, coordinate.xi, claim, transcript).next;
    start = TailStart(++round, degree);
    start.first = false;
    start.xi_before = coordinate.xi;
  }

  std::vector<GridTrace> traces;
  for (const unsigned left : bits) {
    std::size_t points = 1;
    for (unsigned bit = 0; bit < left; ++bit) points *= base;
    traces.push_back({left, random.extension(points)});
  }
  const auto parts = grid_parts(queue, arena, random, traces);
  TailGrid grid(start);
  const std::vector<Fp4> xi = random.extension(kRounds);
  for (unsigned i = 0; i < kRounds; ++i) grid.coordinates[i] = TailCoordinate(xi[i]);
  grid.parts = parts.data;
  grid.num_parts = static_cast<std::uint32_t>(parts.size);
  launch_tail_grid(queue, grid, output.data);
  const TailOutput got = queue.download(output).front();

  expect_rounds(got, round, std::move(traces), xi, claim, transcript, degree);
}

TEST(ConstraintTail, RoundsOfAGridAreTheDrivers) {
  for (unsigned degree = 1; degree <= TailGrid::kMostDegree; ++degree) {
    for (const bool before : {false, true}) {
      check_grid(degree, {3}, before);
      check_grid(degree, {3, 2, 1}, before);
      check_grid(degree, {3, 3, 3, 2, 2, 1, 1, 1}, before);
    }
    check_grid(degree, {}, false);
  }
}

TEST(ConstraintTail, GridsHaveTheValuesOfTheTables) {
  for (unsigned degree = 1; degree <= TailGrid::kMostDegree; ++degree) {
    for (const std::array<std::uint32_t, 3> count :
         {std::array<std::uint32_t, 3>{5, 7, 9}, {0, 3, 40}, {1, 0, 1}, {0, 0, 2}}) {
      RandomElements random(degree);
      Queue queue(0);
      DeviceArena arena(std::size_t{1} << 20);
      const std::size_t base = degree + 1;
      std::vector<Fp4> tables, expected;
      for (unsigned bits = 3; bits > 0; --bits) {
        for (std::uint32_t t = 0; t < count[bits - 1]; ++t) {
          const std::vector<Fp4> table = random.extension(std::size_t{1} << bits);
          tables.insert(tables.end(), table.begin(), table.end());
          for (std::size_t point = 0; point < (bits == 3   ? base * base * base
                                               : bits == 2 ? base * base
                                                           : base);
               ++point) {
            std::vector<Fp4> values = table;
            for (std::size_t bit = 0, rest = point; bit < bits; ++bit, rest /= base) {
              values = bound(values, 2, Fp4(Fp::from_uint64(rest % base)));
            }
            expected.push_back(values.front());
          }
        }
      }
      const auto from = arena.take<Fp4>(tables.size()), to = arena.take<Fp4>(expected.size());
      queue.upload(from, tables);
      fill_grid(queue, {.degree = degree,
                        .from = from.data,
                        .to = to.data,
                        .count = {count[0], count[1], count[2]}});
      EXPECT_EQ(queue.download(to), expected);
    }
  }
}

}  // namespace
}  // namespace gyre::cuda
