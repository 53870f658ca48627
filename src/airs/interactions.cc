#include "gyre/airs/interactions.h"

#include <algorithm>
#include <bit>
#include <string>

#include "gyre/support/error.h"

namespace gyre {

std::vector<std::uint32_t> DummyInteractionAir::cached_main_widths() const {
  if (!partitioned_) return {};
  return {field_width_};
}

std::uint32_t DummyInteractionAir::common_main_width() const {
  return partitioned_ ? 1 : 1 + field_width_;
}

void DummyInteractionAir::eval(AirBuilder& builder) const {
  const TraceRow common = builder.common_main().local();
  const std::vector<Expression> message =
      partitioned_ ? builder.cached_main(0).local().all() : common.range(1, 1 + field_width_);
  Expression count = common[0];
  if (!is_send_) count = Expression(-Fp::one()) * count;
  builder.push_interaction(bus_, message, count, 0);
}

DummyInteractionTrace dummy_interaction_trace(std::span<const CountedMessage> rows,
                                              std::uint32_t field_width, bool partitioned) {
  const std::size_t height = std::bit_ceil(std::max<std::size_t>(rows.size(), 1));
  DummyInteractionTrace trace;
  trace.common_main = Matrix(height, partitioned ? 1 : 1 + field_width);
  if (partitioned) trace.cached_mains.emplace_back(height, field_width);
  Matrix& fields = partitioned ? trace.cached_mains[0] : trace.common_main;
  const std::size_t first_field = partitioned ? 0 : 1;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows[row].fields.size() != field_width) {
      throw misuse("DummyInteraction trace, row " + std::to_string(row) + ": expected " +
                   std::to_string(field_width) + " fields, got " +
                   std::to_string(rows[row].fields.size()));
    }
    trace.common_main(row, 0) = rows[row].count;
    for (std::size_t i = 0; i < field_width; ++i) {
      fields(row, first_field + i) = rows[row].fields[i];
    }
  }
  return trace;
}

void SelfInteractionAir::eval(AirBuilder& builder) const {
  constexpr std::uint32_t kWeight = 1;
  const std::vector<Expression> local = builder.main().local().all();
  const std::vector<Expression> next = builder.main().next().all();
  const std::vector<Expression> local_reversed(local.rbegin(), local.rend());
  const std::vector<Expression> next_reversed(next.rbegin(), next.rend());
  Expression total = builder.constant(Fp::zero());
  for (const Expression& cell : local) total += cell;

  const auto push = [&](const std::vector<Expression>& message, const Expression& count) {
    builder.push_interaction(bus_, message, count, kWeight);
  };
  push(local, Fp::one());
  push(next, -Fp::one());
  push(local, total);
  push(next, -total);
  push(local, local[0]);
  push(next, -next[0]);
  push(local_reversed, total);
  push(next_reversed, -total);
}

Matrix self_interaction_trace(std::uint32_t width, unsigned log_height) {
  Matrix trace(std::size_t{1} << log_height, width);
  for (std::uint32_t column = 0; column < width; ++column) {
    for (std::size_t row = 0; row < trace.height(); ++row) {
      trace(row, column) = Fp::from_uint64((row + column) % width);
    }
  }
  return trace;
}

}  // namespace gyre
