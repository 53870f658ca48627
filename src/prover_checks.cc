#include "prover_checks.h"

#include <fmt/format.h>

#include <string>

#include "gyre/checker/checker.h"
#include "gyre/support/error.h"

namespace gyre {
namespace {

double gibibytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / (1 << 30);
}

}  // namespace

std::string air_label(const ProvingKey& key, std::size_t air) {
  return fmt::format("AIR {} ({})", air, key.per_air[air].name);
}

std::size_t height_of(const AirTraces& traces) {
  return traces.common_main.width() != 0 ? traces.common_main.height()
                                         : traces.cached_mains.front().height();
}

void check_input(const ProvingKey& key, std::span<const AirTraces> traces) {
  if (traces.empty()) throw misuse("a proof needs the traces of at least one AIR");
  check_trace_shapes(key, traces);
  const unsigned limit = key.vk.params.log_stacked_height();
  for (const AirTraces& given : traces) {
    if (height_of(given) <= std::size_t{1} << limit) continue;
    throw misuse(fmt::format("{}: height: expected at most 2^{}, got {}",
                             air_label(key, given.air_index), limit, height_of(given)));
  }
}

void check_limits(const VerifyingKey& key, const Statement& statement,
                  std::span<const StackedCommitment> commitments) {
  for (std::size_t i = 0; i < key.trace_height_constraints.size(); ++i) {
    const LinearConstraint& constraint = key.trace_height_constraints[i];
    if (!satisfies(statement, constraint)) {
      throw misuse(fmt::format(
          "traces are too tall: trace height constraint {} bounds the interactions by {}", i,
          constraint.threshold));
    }
  }
  std::size_t width = 0;
  for (const StackedCommitment& commitment : commitments) width += commitment.layout.width();
  if (width > key.params.w_stack) {
    throw misuse(fmt::format("the traces need {} stacked columns, w_stack is {}", width,
                             key.params.w_stack));
  }
}

void refuse_for_memory(const MemoryPlan& plan, const MemoryPlan& low_memory,
                       const MemoryLimit& limit, const Backend::Memory& memory) {
  const unsigned proofs = limit.proofs_at_once;
  const std::uint64_t needed = plan.total(proofs), available = limit.of(memory);
  std::string message = fmt::format(
      "{} {} bytes ({:.2f} GiB: traces {:.2f}, commitments {:.2f}, largest phase {:.2f}), {} {} "
      "({:.2f} GiB)",
      proofs == 1 ? "the proof needs" : fmt::format("{} proofs at once need", proofs), needed,
      gibibytes(needed), gibibytes(plan.traces),
      gibibytes(plan.preprocessed + proofs * plan.committed),
      gibibytes(proofs * (plan.arena() - plan.committed)),
      limit.bytes != 0 ? "the memory limit is" : fmt::format("{} has", memory.owner), available,
      gibibytes(available));
  if (const std::uint64_t least = low_memory.total(proofs); least < needed) {
    message += fmt::format("; in low-memory mode {} would need {} bytes ({:.2f} GiB)",
                           proofs == 1 ? "it" : "they", least, gibibytes(least));
  }
  throw Error(ErrorKind::kResource, message);
}

}  // namespace gyre
