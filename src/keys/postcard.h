#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gyre/hash/scheme.h"
#include "gyre/keys/verifying_key.h"

namespace gyre {

/// Appends values in the postcard form. Spec 02, section 6.1.
class PostcardWriter {
 public:
  void varint(std::uint64_t value);
  void signed_varint(std::int64_t value);  ///< zigzag
  void byte(std::uint8_t value) { bytes_.push_back(value); }
  void boolean(bool value) { byte(value ? 1 : 0); }
  void element(Fp value) { varint(value.raw()); }
  void digest(const Digest& value);

  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

/// Reads values in the postcard form from untrusted bytes. The first error sticks: from then on
/// every read gives zero and every count is 0, so that a caller may check once at its end. Only
/// the shortest form of a number is accepted, so that what decodes encodes to the same bytes.
class PostcardReader {
 public:
  explicit PostcardReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  /// `field` names the value in the error; a string literal.
  std::uint64_t varint(std::string_view field,
                       std::uint64_t maximum = ~std::uint64_t{0});  ///< of the encoded type
  std::int64_t signed_varint(std::string_view field);
  /// A 64-bit number of the format that Gyre holds in 32 bits: kLimitExceeded above.
  std::uint32_t narrow(std::string_view field);
  std::uint8_t byte(std::string_view field);
  bool boolean(std::string_view field);
  /// The number of an enum's variant, below `variants`.
  unsigned variant(std::string_view field, unsigned variants);
  Fp element(std::string_view field);
  Digest digest(std::string_view field);
  /// The length of a list whose items take `minimum_size` bytes or more each. kLimitExceeded if
  /// the rest of the input cannot hold it, so memory may be reserved for it.
  std::size_t count(std::string_view field, std::size_t minimum_size);
  /// Requires the input to end here.
  void finish();

  bool failed() const { return error_.has_value(); }
  const KeyDecodeError& error() const { return *error_; }
  /// Put in front of the names of fields: where in the key the reader is.
  void set_context(std::string context) { context_ = std::move(context); }

 private:
  void fail(KeyDecodeError::Code code, std::size_t offset, std::string_view field,
            const std::string& what);
  std::size_t left() const { return bytes_.size() - position_; }

  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
  std::string context_;
  std::optional<KeyDecodeError> error_;
};

}  // namespace gyre
