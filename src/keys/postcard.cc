#include "keys/postcard.h"

namespace gyre {

namespace {

constexpr unsigned kMaxVarintBytes = 10;  // ceil(64 / 7)

}  // namespace

void PostcardWriter::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
  byte(static_cast<std::uint8_t>(value));
}

void PostcardWriter::signed_varint(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  varint((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

void PostcardWriter::digest(const Digest& value) {
  for (const Fp x : value) element(x);
}

void PostcardReader::fail(KeyDecodeError::Code code, std::size_t offset, std::string_view field,
                          const std::string& what) {
  if (error_) return;
  error_ = KeyDecodeError{code, offset, context_ + std::string(field) + ": " + what};
  position_ = bytes_.size();
}

std::uint64_t PostcardReader::varint(std::string_view field, std::uint64_t maximum) {
  if (error_) return 0;
  const std::size_t start = position_;
  std::uint64_t value = 0;
  for (unsigned i = 0; i < kMaxVarintBytes; ++i) {
    if (left() == 0) {
      fail(KeyDecodeError::Code::kUnexpectedEof, position_, field, "the input ends inside");
      return 0;
    }
    const std::uint8_t next = bytes_[position_++];
    if (i == kMaxVarintBytes - 1 && next > 1) break;
    value |= static_cast<std::uint64_t>(next & 0x7f) << (7 * i);
    if (next & 0x80) continue;
    if (i > 0 && next == 0) {
      fail(KeyDecodeError::Code::kMalformedVarint, start, field, "not the shortest form");
      return 0;
    }
    if (value > maximum) {
      fail(KeyDecodeError::Code::kMalformedVarint, start, field,
           "expected at most " + std::to_string(maximum) + ", got " + std::to_string(value));
      return 0;
    }
    return value;
  }
  fail(KeyDecodeError::Code::kMalformedVarint, start, field, "more than 64 bits");
  return 0;
}

std::int64_t PostcardReader::signed_varint(std::string_view field) {
  const std::uint64_t zigzag = varint(field);
  return static_cast<std::int64_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1));
}

std::uint32_t PostcardReader::narrow(std::string_view field) {
  const std::size_t start = position_;
  const std::uint64_t value = varint(field);
  if (value <= UINT32_MAX) return static_cast<std::uint32_t>(value);
  fail(KeyDecodeError::Code::kLimitExceeded, start, field,
       "expected below 2^32, got " + std::to_string(value));
  return 0;
}

std::uint8_t PostcardReader::byte(std::string_view field) {
  if (error_) return 0;
  if (left() == 0) {
    fail(KeyDecodeError::Code::kUnexpectedEof, position_, field, "the input ends before it");
    return 0;
  }
  return bytes_[position_++];
}

bool PostcardReader::boolean(std::string_view field) {
  const std::size_t start = position_;
  const std::uint8_t value = byte(field);
  if (value > 1) {
    fail(KeyDecodeError::Code::kUnknownVariant, start, field,
         "expected 0 or 1, got " + std::to_string(value));
  }
  return value == 1;
}

unsigned PostcardReader::variant(std::string_view field, unsigned variants) {
  const std::size_t start = position_;
  const std::uint64_t value = varint(field);
  if (value < variants) return static_cast<unsigned>(value);
  fail(KeyDecodeError::Code::kUnknownVariant, start, field,
       "expected a variant below " + std::to_string(variants) + ", got " + std::to_string(value));
  return 0;
}

Fp PostcardReader::element(std::string_view field) {
  const std::size_t start = position_;
  const std::uint64_t raw = varint(field, UINT32_MAX);
  if (raw < Fp::kModulus) return Fp::from_raw(static_cast<std::uint32_t>(raw));
  fail(KeyDecodeError::Code::kNonCanonicalField, start, field,
       "expected a Montgomery word below p, got " + std::to_string(raw));
  return Fp::zero();
}

Digest PostcardReader::digest(std::string_view field) {
  Digest result{};
  for (Fp& x : result) x = element(field);
  return result;
}

std::size_t PostcardReader::count(std::string_view field, std::size_t minimum_size) {
  const std::size_t start = position_;
  const std::uint64_t value = varint(field);
  if (value <= left() / minimum_size) return static_cast<std::size_t>(value);
  fail(KeyDecodeError::Code::kLimitExceeded, start, field,
       std::to_string(value) + " items do not fit in the remaining " + std::to_string(left()) +
           " bytes");
  return 0;
}

void PostcardReader::finish() {
  if (error_ || left() == 0) return;
  fail(KeyDecodeError::Code::kTrailingBytes, position_, "end of the key",
       std::to_string(left()) + " bytes follow");
}

}  // namespace gyre
