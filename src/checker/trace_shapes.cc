#include <fmt/format.h>

#include <bit>

#include "gyre/checker/checker.h"
#include "gyre/support/error.h"

namespace gyre {

namespace {

/// Compares the parts of one AIR's trace with its key.
class ShapeCheck {
 public:
  ShapeCheck(const ProvingKey& key, const AirTraces& traces)
      : key_(key.vk.per_air[traces.air_index]),
        proving_key_(key.per_air[traces.air_index]),
        traces_(traces),
        air_(fmt::format("AIR {} ({})", traces.air_index, proving_key_.name)) {}

  void run() {
    const std::size_t num_cached = key_.width.cached_mains.size();
    expect("number of cached main parts", num_cached, traces_.cached_mains.size());
    for (std::size_t j = 0; j < num_cached; ++j) {
      check_part(fmt::format("cached main part {}", j), traces_.cached_mains[j],
                 key_.width.cached_mains[j]);
    }
    expect("width of the common main", key_.width.common_main, traces_.common_main.width());
    if (key_.width.common_main != 0) {
      check_part("common main", traces_.common_main, key_.width.common_main);
    }
    if (!height_) throw misuse(air_ + ": it has no main part");
    check_preprocessed();
    expect("number of public values", key_.num_public_values, traces_.public_values.size());
  }

 private:
  void expect(std::string_view what, std::uint64_t expected, std::uint64_t actual) const {
    if (expected == actual) return;
    throw misuse(fmt::format("{}: {}: expected {}, got {}", air_, what, expected, actual));
  }

  void check_part(const std::string& part, const MatrixView& matrix, std::size_t width) {
    expect("width of " + part, width, matrix.width());
    if (!std::has_single_bit(matrix.height())) {
      throw misuse(fmt::format("{}: height of {}: expected a power of two, got {}", air_, part,
                               matrix.height()));
    }
    if (height_) expect("height of " + part, *height_, matrix.height());
    height_ = matrix.height();
  }

  void check_preprocessed() {
    const std::optional<Matrix>& trace = proving_key_.preprocessed_trace;
    if (!key_.width.preprocessed) return;
    if (!trace) throw misuse(air_ + ": the proving key lacks the preprocessed trace");
    expect("width of the preprocessed trace", *key_.width.preprocessed, trace->width());
    expect("height of all parts, by the preprocessed trace", trace->height(), *height_);
  }

  const AirVerifyingKey& key_;
  const AirProvingKey& proving_key_;
  const AirTraces& traces_;
  std::string air_;
  std::optional<std::size_t> height_;
};

}  // namespace

void check_trace_shapes(const ProvingKey& key, std::span<const AirTraces> traces) {
  const std::size_t num_airs = key.vk.per_air.size();
  if (key.per_air.size() != num_airs) {
    throw misuse(fmt::format("proving key: expected {} AIRs as in its verifying key, got {}",
                             num_airs, key.per_air.size()));
  }
  std::size_t next = 0;  // every AIR below it is seen to
  const auto skip_to = [&](std::size_t index) {
    for (; next < index; ++next) {
      if (!key.vk.per_air[next].is_required) continue;
      throw misuse(
          fmt::format("AIR {} ({}) is required, but has no trace", next, key.per_air[next].name));
    }
  };
  for (const AirTraces& air : traces) {
    if (air.air_index >= num_airs) {
      throw misuse(fmt::format("traces of AIR {}: the key has {} AIRs", air.air_index, num_airs));
    }
    if (air.air_index < next) {
      throw misuse(fmt::format("traces of AIR {} come after those of AIR {}: expected ascending",
                               air.air_index, next - 1));
    }
    skip_to(air.air_index);
    ++next;
    ShapeCheck(key, air).run();
  }
  skip_to(num_airs);
}

}  // namespace gyre
