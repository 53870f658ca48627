#include "protocol/statement.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "poly/kernels.h"

namespace gyre {

std::size_t SortedTrace::part_width(std::size_t part) const {
  if (part == 0) return air->width.common_main;
  if (air->width.preprocessed) {
    if (part == 1) return *air->width.preprocessed;
    --part;
  }
  return air->width.cached_mains[part - 1];
}

Statement::Statement(const VerifyingKey& key,
                     std::span<const std::optional<TraceVerifierData>> trace_vdata)
    : params(&key.params) {
  const unsigned skip = l_skip();
  for (std::size_t a = 0; a < key.per_air.size(); ++a) {
    if (!trace_vdata[a]) continue;
    const unsigned log_height = trace_vdata[a]->log_height;
    const unsigned log_lifted_height = std::max(log_height, skip);
    traces.push_back({.air_index = a,
                      .air = &key.per_air[a],
                      .log_height = log_height,
                      .n = static_cast<int>(log_height) - static_cast<int>(skip),
                      .n_lifted = log_lifted_height - skip,
                      .log_lifted_height = log_lifted_height});
  }
  std::stable_sort(traces.begin(), traces.end(), [](const SortedTrace& a, const SortedTrace& b) {
    return a.log_height > b.log_height;
  });

  // Heights are at most 2^27 and the interactions lie in memory: 64 bits are enough.
  for (const SortedTrace& trace : traces) {
    num_leaves += std::uint64_t{trace.air->symbolic.interactions.size()} << trace.log_lifted_height;
  }
  num_gkr_layers = static_cast<unsigned>(std::bit_width(num_leaves));
  n_logup = num_leaves == 0 ? 0 : num_gkr_layers - skip;
  n_max = traces.empty() ? 0 : traces.front().n_lifted;
  n_global = std::max(n_max, n_logup);
}

std::uint64_t Statement::num_batch_univariate_coefficients() const {
  return (params->max_constraint_degree + 1) * ((std::uint64_t{1} << l_skip()) - 1) + 1;
}

std::uint64_t Statement::num_stacking_univariate_coefficients() const {
  return 2 * ((std::uint64_t{1} << l_skip()) - 1) + 1;
}

std::size_t Statement::num_commitments() const {
  std::size_t count = 1;
  for (const SortedTrace& trace : traces) count += trace.num_parts() - 1;
  return count;
}

bool satisfies(const Statement& statement, const LinearConstraint& constraint) {
  // A term is below 2^59 and the sum before it below the 32-bit threshold: it cannot wrap.
  std::uint64_t sum = 0;
  for (const SortedTrace& trace : statement.traces) {
    sum += std::uint64_t{constraint.coefficients[trace.air_index]} << trace.log_lifted_height;
    if (sum >= constraint.threshold) return false;
  }
  return sum < constraint.threshold;
}

std::vector<InteractionBlock> interaction_blocks(const Statement& statement) {
  std::vector<InteractionBlock> blocks;
  std::uint64_t offset = 0;
  for (std::size_t t = 0; t < statement.traces.size(); ++t) {
    const SortedTrace& trace = statement.traces[t];
    for (std::size_t i = 0; i < trace.air->symbolic.interactions.size(); ++i) {
      blocks.push_back(
          {.trace = t, .interaction = i, .offset = offset, .log_length = trace.log_lifted_height});
      offset += std::uint64_t{1} << trace.log_lifted_height;
    }
  }
  return blocks;
}

Fp4 interaction_weight(const Statement& statement, const InteractionBlock& block,
                       std::span<const Fp4> xi) {
  const std::size_t num_coordinates = statement.num_gkr_layers - block.log_length;
  return eq_bits(xi.subspan(block.log_length, num_coordinates), block.offset >> block.log_length);
}

std::vector<StackedCommitment> stacked_commitments(const Statement& statement) {
  const unsigned log_stacked_height = statement.params->log_stacked_height();
  const auto make = [&](std::vector<CommittedPart> parts) {
    std::vector<MatrixShape> shapes;
    shapes.reserve(parts.size());
    for (const CommittedPart& part : parts) {
      const SortedTrace& trace = statement.traces[part.trace];
      shapes.push_back({.width = trace.part_width(part.part), .log_height = trace.log_height});
    }
    return StackedCommitment{
        .parts = std::move(parts),
        .layout = StackedLayout(statement.l_skip(), log_stacked_height, shapes)};
  };

  std::vector<CommittedPart> common_main;
  for (std::size_t t = 0; t < statement.traces.size(); ++t) {
    common_main.push_back({.trace = t, .part = 0});
  }
  std::vector<StackedCommitment> commitments;
  commitments.reserve(statement.num_commitments());
  commitments.push_back(make(std::move(common_main)));
  for (std::size_t t = 0; t < statement.traces.size(); ++t) {
    for (std::size_t part = 1; part < statement.traces[t].num_parts(); ++part) {
      commitments.push_back(make({{.trace = t, .part = part}}));
    }
  }
  return commitments;
}

std::vector<Digest> commitment_roots(
    const Statement& statement, const Digest& common_main_commit,
    std::span<const std::optional<TraceVerifierData>> trace_vdata) {
  std::vector<Digest> roots{common_main_commit};
  for (const SortedTrace& trace : statement.traces) {
    if (trace.air->preprocessed) roots.push_back(trace.air->preprocessed->commit);
    const std::vector<Digest>& cached = trace_vdata[trace.air_index]->cached_commitments;
    roots.insert(roots.end(), cached.begin(), cached.end());
  }
  return roots;
}

std::vector<ColumnClaim> column_claims(
    const Statement& statement, std::span<const std::vector<std::vector<Fp4>>> column_openings) {
  std::vector<ColumnClaim> claims;
  const auto append_part = [&](std::size_t t, std::size_t part) {
    const std::span<const Fp4> openings = column_openings[t][part];
    const std::size_t step = statement.traces[t].air->openings_per_column();
    for (std::size_t i = 0; i < openings.size(); i += step) {
      claims.push_back({openings[i], step == 2 ? openings[i + 1] : Fp4::zero()});
    }
  };
  for (std::size_t t = 0; t < column_openings.size(); ++t) append_part(t, 0);
  for (std::size_t t = 0; t < column_openings.size(); ++t) {
    for (std::size_t part = 1; part < column_openings[t].size(); ++part) append_part(t, part);
  }
  return claims;
}

void observe_column_claims(Transcript& transcript, std::span<const ColumnClaim> claims) {
  // Value and rotation of one claim after another: whole blocks of the sponge at once.
  static_assert(sizeof(ColumnClaim) == 2 * sizeof(Fp4) && offsetof(ColumnClaim, value) == 0);
  transcript.observe({reinterpret_cast<const Fp4*>(claims.data()), 2 * claims.size()});
}

void observe_preamble(Transcript& transcript, const VerifyingKey& key,
                      const Digest& common_main_commit,
                      std::span<const std::optional<TraceVerifierData>> trace_vdata,
                      std::span<const std::vector<Fp>> public_values) {
  transcript.observe(key.pre_hash);
  transcript.observe(common_main_commit);
  for (std::size_t a = 0; a < key.per_air.size(); ++a) {
    const AirVerifyingKey& air = key.per_air[a];
    const std::optional<TraceVerifierData>& trace = trace_vdata[a];
    if (!air.is_required) transcript.observe(trace ? Fp::one() : Fp::zero());
    if (trace) {
      // A preprocessed trace's height is part of the key.
      if (air.preprocessed) {
        transcript.observe(air.preprocessed->commit);
      } else {
        transcript.observe(Fp::from_canonical(trace->log_height));
      }
      for (const Digest& commitment : trace->cached_commitments) transcript.observe(commitment);
    }
    for (const Fp value : public_values[a]) transcript.observe(value);
  }
  transcript.mark("preamble_end");
}

TracePoint trace_point(unsigned l_skip, int n, std::span<const Fp4> r) {
  if (n >= 0) {
    const auto end = r.begin() + 1 + n;
    return {.log_order = l_skip, .coordinates = {r.begin(), end}};
  }
  const unsigned shortfall = static_cast<unsigned>(-n);
  return {.log_order = l_skip - shortfall, .coordinates = {r[0].pow_power_of_2(shortfall)}};
}

std::vector<Fp4> whir_point(unsigned l_skip, std::span<const Fp4> u) {
  std::vector<Fp4> point = squarings(u[0], l_skip);
  point.insert(point.end(), u.begin() + 1, u.end());
  return point;
}

}  // namespace gyre
