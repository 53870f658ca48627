#include "gyre/airs/replay.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <set>

#include "gyre/support/error.h"

namespace gyre {
namespace {

std::uint32_t width_of(const ReplayRecord& record) {
  std::uint32_t width = std::max(record.common_main_width, std::uint32_t{1});
  for (const std::uint32_t length : record.message_lengths) width = std::max(width, length + 1);
  return width;
}

/// Output of splitmix64 in this state.
std::uint64_t splitmix64(std::uint64_t state) {
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9u;
  state = (state ^ (state >> 27)) * 0x94d049bb133111ebu;
  return state ^ (state >> 31);
}

}  // namespace

ReplayAir::ReplayAir(ReplayRecord record) : record_(std::move(record)), width_(width_of(record_)) {
  const std::size_t interactions = record_.message_lengths.size();
  if (record_.buses.size() != interactions || record_.count_weights.size() != interactions) {
    throw misuse(record_.air_name + ": buses, message lengths and count weights differ in number");
  }
  const std::set<std::uint16_t> distinct(record_.buses.begin(), record_.buses.end());
  num_buses_ = std::max(static_cast<std::uint32_t>(distinct.size()), std::uint32_t{1});
  for (std::uint32_t c = 0; c < record_.num_constraints; ++c) {
    const auto slots = constraint_slots(c);
    holds_for_random_columns_ &= std::any_of(
        slots.begin(), slots.end(), [&](std::uint32_t slot) { return slot % width_ == 0; });
  }
}

unsigned ReplayAir::log_height() const {
  return std::clamp(record_.log_height, kMinLogHeight, kMaxLogHeight);
}

std::uint32_t ReplayAir::degree() const {
  return std::max(record_.max_constraint_degree, std::uint32_t{1});
}

std::vector<std::uint32_t> ReplayAir::constraint_slots(std::uint32_t c) const {
  const std::uint64_t base = 2 * std::uint64_t{width_};
  std::uint64_t rest = c;
  std::vector<std::uint32_t> slots(degree());
  for (std::uint32_t& slot : slots) {
    slot = static_cast<std::uint32_t>(rest % base);
    rest /= base;
  }
  return slots;
}

void ReplayAir::eval(AirBuilder& builder) const {
  const TraceRow local = builder.main().local(), next = builder.main().next();
  for (std::uint32_t c = 0; c < record_.num_constraints; ++c) {
    std::vector<Expression> factors;
    for (const std::uint32_t slot : constraint_slots(c)) {
      factors.push_back(slot < width_ ? local[slot] : next[slot - width_]);
    }
    builder.assert_zero(product(factors));
  }
  for (std::size_t i = 0; i < num_interactions(); ++i) {
    const std::vector<Expression> message = local.range(1, 1 + record_.message_lengths[i]);
    const Expression count = i % 2 == 0 ? local[0] : builder.constant(-Fp::one()) * local[0];
    const auto bus = static_cast<std::uint16_t>(i % num_buses_);
    builder.push_interaction(bus, message, count, record_.count_weights[i]);
  }
}

Matrix ReplayAir::zero_trace() const {
  return Matrix(std::size_t{1} << log_height(), width_);
}

void ReplayAir::randomize(std::uint64_t seed, Matrix& trace) const {
  if (trace.width() != width_ || trace.height() != std::size_t{1} << log_height()) {
    throw misuse(record_.air_name + ": the trace to fill has another shape");
  }
  if (!holds_for_random_columns_) return;
  constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15u;
  tbb::parallel_for(std::size_t{1}, trace.width(), [&](std::size_t c) {
    const std::span<Fp> column = trace.column(c);
    std::uint64_t state = splitmix64(seed + c * kStep);
    for (Fp& element : column) element = Fp::from_uint64(splitmix64(state += kStep));
  });
}

}  // namespace gyre
