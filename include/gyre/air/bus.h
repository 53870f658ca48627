#pragma once

#include <cstdint>
#include <span>

#include "gyre/air/builder.h"

namespace gyre {

/// A table that one side fills and others look up in. Spec 02, section 4.
class LookupBus {
 public:
  explicit LookupBus(std::uint16_t index) : index_(index) {}

  /// Asks for `query` where `enabled`, which the AIR must constrain to be 0 or 1.
  void lookup_key(AirBuilder& builder, std::span<const Expression> query,
                  const Expression& enabled) const {
    builder.push_interaction(index_, query, enabled, 1);
  }
  /// Answers `num_lookups` queries of `key`.
  void add_key_with_lookups(AirBuilder& builder, std::span<const Expression> key,
                            const Expression& num_lookups) const {
    builder.push_interaction(index_, key, -num_lookups, 0);
  }
  std::uint16_t index() const { return index_; }

 private:
  std::uint16_t index_;
};

/// Every message sent is received exactly once. Spec 02, section 4. The AIR must constrain
/// `enabled` to be 0 or 1, and `direction` to be -1, 0 or 1.
class PermutationCheckBus {
 public:
  enum class Kind { kSend, kReceive };

  explicit PermutationCheckBus(std::uint16_t index) : index_(index) {}

  void send(AirBuilder& builder, std::span<const Expression> message,
            const Expression& enabled) const {
    builder.push_interaction(index_, message, enabled, 1);
  }
  void receive(AirBuilder& builder, std::span<const Expression> message,
               const Expression& enabled) const {
    builder.push_interaction(index_, message, -enabled, 1);
  }
  void send_or_receive(AirBuilder& builder, Kind kind, std::span<const Expression> message,
                       const Expression& enabled) const {
    kind == Kind::kSend ? send(builder, message, enabled) : receive(builder, message, enabled);
  }
  /// Sends for direction 1, receives for -1.
  void interact(AirBuilder& builder, std::span<const Expression> message,
                const Expression& direction) const {
    builder.push_interaction(index_, message, direction, 1);
  }
  std::uint16_t index() const { return index_; }

 private:
  std::uint16_t index_;
};

}  // namespace gyre
