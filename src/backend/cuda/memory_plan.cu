#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "backend/cuda/constraint_round0.h"
#include "backend/cuda/cuda.h"

namespace gyre::cuda {
namespace {

/// What the phases take that do not depend on the commitments.
struct PhaseBytes {
  PhaseBytes(const Context& context, const Workload& workload, const MemoryPolicy& policy) {
    if (workload.traces.empty()) return;
    if (workload.num_gkr_layers > 0) logup_gkr = fraction_tree_bytes(context, workload, policy);
    round0 = round0_bytes(context, workload, policy);
    mle_rounds = mle_rounds_bytes(context, workload);
    stacked_reduction = stacked_reduction_bytes(context, workload);
  }

  std::size_t logup_gkr = 0, round0 = 0, mle_rounds = 0, stacked_reduction = 0;
};

std::size_t made_columns(const Workload& workload) {
  std::size_t columns = 0;
  for (const Workload::Oracle& oracle : workload.commitments) {
    if (oracle.made) columns += oracle.layout->width();
  }
  return columns;
}

/// MemoryPlan::savings.
std::string savings(const Context& context, const MemoryPolicy& policy, std::size_t columns) {
  std::string text;
  const auto add = [&](const std::string& saving) {
    text += text.empty() ? saving : ", " + saving;
  };
  if (policy.batches) {
    add("codeword made in batches and not kept");
  } else if (policy.kept_columns < columns) {
    add(std::to_string(policy.kept_columns) + " of " + std::to_string(columns) +
        " columns of the codeword kept");
  }
  if (policy.log_tile_reduction > 0) {
    add("round 0 in tiles of " + std::to_string(round0_tile_bytes(context, policy)) + " bytes");
  }
  if (policy.narrow_tree) add("two layers of the LogUp tree not stored");
  return text;
}

MemoryPlan compose(const Context& context, const Workload& workload, const PhaseBytes& phases,
                   const CommitmentBytes& commitments) {
  MemoryPlan plan;
  plan.committed = commitments.retained + grinding_bytes();
  plan.phases.push_back({"prover.main_trace_commit", commitments.making});
  if (workload.traces.empty()) return plan;
  if (workload.num_gkr_layers > 0) {
    plan.phases.push_back({"prover.rap_constraints.logup_gkr", phases.logup_gkr});
  }
  plan.phases.push_back({"prover.rap_constraints.round0", phases.round0});
  plan.phases.push_back({"prover.rap_constraints.mle_rounds", phases.mle_rounds});
  plan.phases.push_back({"prover.openings.stacked_reduction", phases.stacked_reduction});
  plan.phases.push_back(
      {"prover.openings.whir", whir_bytes(context, workload, commitments.opening)});
  return plan;
}

/// Savings beside the columns that are not kept, by what they cost in time: smaller tiles leave
/// multiprocessors idle at times, a narrow tree makes leaves once or twice more, batches are hashed
/// at a lower rate. Columns that are not kept come before all others, as encoding is fast.
constexpr MemoryPolicy kSavings[] = {
    {},
    {.log_tile_reduction = 2},
    {.narrow_tree = true},
    {.log_tile_reduction = 2, .narrow_tree = true},
    {.batches = true},
    {.batches = true, .log_tile_reduction = 2},
    {.batches = true, .narrow_tree = true},
    {.batches = true, .log_tile_reduction = 2, .narrow_tree = true},
};

/// What a proof takes without a limit: as much as its commitments take to be made, or the phases
/// after that if they keep no codeword and have a narrow tree, or context.small_arena. Columns and
/// layers that would take more save a tenth of the time where they save most, on large proofs.
std::uint64_t lean_arena(const Context& context, const Workload& workload) {
  const MemoryPolicy lean{.kept_columns = 0, .narrow_tree = true};
  const MemoryPlan plan = compose(context, workload, PhaseBytes(context, workload, lean),
                                  commitment_bytes(context, workload, lean));
  return std::max(plan.arena(), context.small_arena);
}

/// The most of `columns` kept ones with an arena of at most `limit`, which it is with none or with
/// all. The arena grows with them, but for the last: where all are kept nothing is encoded again.
template <class Keeping>
std::size_t most_kept(std::size_t columns, std::uint64_t limit, const Keeping& keeping) {
  if (keeping(columns).plan.arena() <= limit) return columns;
  std::size_t low = 0, high = columns;
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    (keeping(middle).plan.arena() <= limit ? low : high) = middle;
  }
  return low;
}

/// Adds what does not depend on the phases.
MemoryChoice completed(MemoryChoice choice, const Context& context, const Workload& workload) {
  // Those that are not resident are copied into the arena.
  for (const ResidentMatrix* matrix : workload.resident) choice.plan.traces += matrix->bytes();
  choice.plan.savings = savings(context, choice.policy, made_columns(workload));
  return choice;
}

}  // namespace

MemoryPlan memory_plan(const Context& context, const Workload& workload,
                       const MemoryPolicy& policy) {
  MemoryPlan plan = compose(context, workload, PhaseBytes(context, workload, policy),
                            commitment_bytes(context, workload, policy));
  return completed({policy, std::move(plan)}, context, workload).plan;
}

MemoryChoice choose_memory(const Context& context, const Workload& workload) {
  if (workload.traces.empty()) return {{}, memory_plan(context, workload, {})};
  const std::size_t columns = made_columns(workload);
  std::uint64_t limit = workload.arena_limit;
  if (!workload.limit_given) limit = std::min(limit, lean_arena(context, workload));
  std::optional<MemoryChoice> least;
  for (const MemoryPolicy& savings : kSavings) {
    const PhaseBytes phases(context, workload, savings);
    const auto keeping = [&](std::size_t kept) {
      MemoryChoice choice{savings, {}};
      choice.policy.kept_columns = kept;
      choice.plan =
          compose(context, workload, phases, commitment_bytes(context, workload, choice.policy));
      return choice;
    };
    std::uint64_t lowest = keeping(0).plan.arena();
    if (!savings.batches) lowest = std::min(lowest, keeping(columns).plan.arena());
    const bool fits = lowest <= limit && !workload.low_memory;
    MemoryChoice choice =
        keeping(savings.batches ? 0 : most_kept(columns, fits ? limit : lowest, keeping));
    if (fits) return completed(std::move(choice), context, workload);
    if (!least || lowest < least->plan.arena()) least = std::move(choice);
  }
  return completed(std::move(*least), context, workload);
}

}  // namespace gyre::cuda
