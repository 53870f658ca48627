#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gyre/air/air.h"

namespace gyre {

/// No constraints, one interaction: sends or receives its row's fields `count` times. Plain: one
/// common main (count, fields...). Partitioned: the fields are a cached part, the common main is
/// the count. Spec 02, section 8.
class DummyInteractionAir : public Air {
 public:
  DummyInteractionAir(std::uint32_t field_width, bool is_send, std::uint16_t bus, bool partitioned)
      : field_width_(field_width), is_send_(is_send), bus_(bus), partitioned_(partitioned) {}

  std::string name() const override { return "DummyInteraction"; }
  std::vector<std::uint32_t> cached_main_widths() const override;
  std::uint32_t common_main_width() const override;
  void eval(AirBuilder& builder) const override;

 private:
  std::uint32_t field_width_;
  bool is_send_;
  std::uint16_t bus_;
  bool partitioned_;
};

/// One row of a DummyInteractionAir.
struct CountedMessage {
  Fp count;
  std::vector<Fp> fields;
};

struct DummyInteractionTrace {
  std::vector<Matrix> cached_mains;  ///< the fields, when partitioned
  Matrix common_main;
};

/// The rows, then rows of zeros up to a power of two. Misuse if a message has another width.
DummyInteractionTrace dummy_interaction_trace(std::span<const CountedMessage> rows,
                                              std::uint32_t field_width, bool partitioned);

/// No constraints; sends and receives its row and the next one so that the bus balances by itself.
/// Spec 02, section 8.
class SelfInteractionAir : public Air {
 public:
  SelfInteractionAir(std::uint32_t width, std::uint16_t bus) : width_(width), bus_(bus) {}

  std::string name() const override { return "SelfInteraction"; }
  std::uint32_t common_main_width() const override { return width_; }
  void eval(AirBuilder& builder) const override;

 private:
  std::uint32_t width_;
  std::uint16_t bus_;
};

/// cell(row, column) = (row + column) mod width, 2^log_height rows.
Matrix self_interaction_trace(std::uint32_t width, unsigned log_height);

}  // namespace gyre
