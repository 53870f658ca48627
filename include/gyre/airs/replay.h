#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gyre/air/air.h"

namespace gyre {

/// Shape of one AIR in a captured segment proof: what a replay needs to build an AIR that costs a
/// prover the same. The three lists have one entry per interaction.
struct ReplayRecord {
  std::string air_name;
  unsigned log_height = 0;  ///< as captured; see ReplayAir::log_height
  std::uint32_t common_main_width = 0;
  std::uint32_t num_constraints = 0;
  std::uint32_t max_constraint_degree = 0;
  std::vector<std::uint16_t> buses;  ///< of which only the number of distinct ones matters
  std::vector<std::uint32_t> message_lengths;
  std::vector<std::uint32_t> count_weights;
};

/// The synthetic AIR of a record. All columns are common main; its width w is the captured one, or
/// what the longest message needs if that is more. With slot s < w standing for column s of this
/// row and slot w + s for column s of the next row:
/// - constraint c is the product, from the left, of `degree` slots: the digits of c in base 2w,
///   lowest first;
/// - interaction i sends columns 1, 2, ... on bus i mod (number of distinct buses), column 0 times
///   for even i, (-1) * column 0 times for odd i.
/// So an all-zero trace satisfies it, and by itself leaves every bus balanced.
class ReplayAir : public Air {
 public:
  static constexpr unsigned kMinLogHeight = 1, kMaxLogHeight = 22;

  /// Misuse if the lists of the record have different lengths.
  explicit ReplayAir(ReplayRecord record);

  std::string name() const override { return record_.air_name; }
  std::uint32_t common_main_width() const override { return width_; }
  void eval(AirBuilder& builder) const override;

  /// The captured one, moved into [kMinLogHeight, kMaxLogHeight].
  unsigned log_height() const;
  /// max(1, captured).
  std::uint32_t degree() const;
  std::size_t num_constraints() const { return record_.num_constraints; }
  std::size_t num_interactions() const { return record_.message_lengths.size(); }
  std::uint32_t num_buses() const { return num_buses_; }
  /// The factors of constraint c, as slots.
  std::vector<std::uint32_t> constraint_slots(std::uint32_t c) const;

  /// Whether column 0 being zero satisfies all constraints, whatever the others hold: each has slot
  /// 0 or slot w among its factors.
  bool holds_for_random_columns() const { return holds_for_random_columns_; }
  /// The trace that is all zero, of 2^log_height() rows.
  Matrix zero_trace() const;
  /// Fills all columns but column 0 of the all-zero trace with pseudo-random elements (the same for
  /// a seed on every machine) if the constraints still hold; otherwise leaves it. Runs on the
  /// threads of the current oneTBB arena. Misuse for another shape.
  void randomize(std::uint64_t seed, Matrix& trace) const;

 private:
  ReplayRecord record_;
  std::uint32_t width_ = 1, num_buses_ = 1;
  bool holds_for_random_columns_ = true;
};

}  // namespace gyre
