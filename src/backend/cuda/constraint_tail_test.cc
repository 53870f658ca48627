#include "backend/cuda/constraint_tail.h"

#include <gtest/gtest.h>

#include <algorithm>
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

void check(std::size_t num_parts, unsigned degree) {
  SCOPED_TRACE(testing::Message() << num_parts << " parts, degree " << degree);
  RandomElements random(100 * num_parts + degree);
  Queue queue(0);
  DeviceArena arena(std::size_t{1} << 20);
  const auto output = arena.take<TailOutput>(1);
  RoundState state{.claim = {random.element(), random.element(), random.element()}, .sponge = {}};
  queue.fill_zero(output.data, sizeof(TailOutput));
  queue.upload(DeviceSpan<RoundState>(&output.data->state, 1), {&state, 1});
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
    TailRound input{.parts = device_parts.data,
                    .num_parts = static_cast<std::uint32_t>(num_parts),
                    .degree = degree,
                    .xi = xi,
                    .inverse = (Fp4::one() - xi).inverse(),
                    .inverses = {}};
    for (unsigned k = 1; k <= TailOutput::kMostDegree; ++k) {
      input.inverses[k] = Fp::from_canonical(k).inverse();
    }
    launch_tail_round(queue, input, number, output.data);

    const Round expected = expected_round(parts, degree, xi, state.claim, transcript);
    const TailOutput got = queue.download(output).front();
    const Fp4* const polynomial = got.round_polynomials[number - 1];
    EXPECT_EQ(std::vector<Fp4>(polynomial, polynomial + degree + 1), expected.polynomial);
    EXPECT_EQ(got.challenges[number - 1], expected.challenge);
    EXPECT_EQ(got.state.claim.value, expected.next.value);
    EXPECT_EQ(got.state.claim.eq_bound, expected.next.eq_bound);
    EXPECT_EQ(got.state.claim.finished, expected.next.finished);
    EXPECT_EQ(got.state.sponge, transcript.export_state());
    state.claim = expected.next;
  }
}

TEST(ConstraintTail, RoundsAreTheDrivers) {
  for (unsigned degree = 1; degree <= TailOutput::kMostDegree; ++degree) {
    for (const std::size_t num_parts : {1, 2, 7, 32, 33, 70}) check(num_parts, degree);
  }
}

}  // namespace
}  // namespace gyre::cuda
