#include "keys/postcard.h"

#include <gtest/gtest.h>

#include <limits>

namespace gyre {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Code = KeyDecodeError::Code;

Bytes varint_bytes(std::uint64_t value) {
  PostcardWriter out;
  out.varint(value);
  return out.take();
}

TEST(Postcard, VarintBytes) {
  EXPECT_EQ(varint_bytes(0), Bytes{0});
  EXPECT_EQ(varint_bytes(127), Bytes{0x7f});
  EXPECT_EQ(varint_bytes(128), (Bytes{0x80, 0x01}));
  EXPECT_EQ(varint_bytes(4096), (Bytes{0x80, 0x20}));
  EXPECT_EQ(varint_bytes(std::uint64_t{1} << 30), (Bytes{0x80, 0x80, 0x80, 0x80, 0x04}));
  EXPECT_EQ(varint_bytes(~std::uint64_t{0}).size(), 10u);
}

TEST(Postcard, VarintsRoundTrip) {
  for (unsigned bits = 0; bits < 64; ++bits) {
    for (const std::uint64_t value :
         {std::uint64_t{1} << bits, (std::uint64_t{1} << bits) - 1, ~std::uint64_t{0} >> bits}) {
      const Bytes bytes = varint_bytes(value);
      PostcardReader in(bytes);
      EXPECT_EQ(in.varint("x"), value);
      in.finish();
      EXPECT_FALSE(in.failed());
    }
  }
}

TEST(Postcard, SignedVarintsAreZigzag) {
  const auto bytes_of = [](std::int64_t value) {
    PostcardWriter out;
    out.signed_varint(value);
    return out.take();
  };
  EXPECT_EQ(bytes_of(0), Bytes{0});
  EXPECT_EQ(bytes_of(-1), Bytes{1});
  EXPECT_EQ(bytes_of(1), Bytes{2});
  EXPECT_EQ(bytes_of(-2), Bytes{3});
  for (const std::int64_t value : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-5},
                                   std::int64_t{77}, std::numeric_limits<std::int64_t>::max()}) {
    const Bytes bytes = bytes_of(value);
    EXPECT_EQ(PostcardReader(bytes).signed_varint("x"), value);
  }
}

/// Spec 01, section 1.3.
TEST(Postcard, FieldElementsAreMontgomeryWords) {
  const auto bytes_of = [](std::uint32_t canonical) {
    PostcardWriter out;
    out.element(Fp::from_canonical(canonical));
    return out.take();
  };
  EXPECT_EQ(bytes_of(0), Bytes{0});
  EXPECT_EQ(bytes_of(1), (Bytes{0xfe, 0xff, 0xff, 0x7f}));
  EXPECT_EQ(bytes_of(2), (Bytes{0xfc, 0xff, 0xff, 0xff, 0x01}));
  EXPECT_EQ(bytes_of(31), (Bytes{0xbe, 0xff, 0xff, 0x7f}));
  EXPECT_EQ(bytes_of(0x3c000001), (Bytes{0xff, 0xff, 0xff, 0x3f}));
  EXPECT_EQ(bytes_of(Fp::kModulus - 1), (Bytes{0x83, 0x80, 0x80, 0xc0, 0x06}));
}

/// The error code of one read.
template <class Read>
std::optional<Code> error_of(const Bytes& bytes, Read&& read) {
  PostcardReader in(bytes);
  read(in);
  if (!in.failed()) return std::nullopt;
  return in.error().code;
}

TEST(Postcard, MalformedNumbers) {
  const auto varint = [](PostcardReader& in) { in.varint("x"); };
  EXPECT_EQ(error_of({}, varint), Code::kUnexpectedEof);
  EXPECT_EQ(error_of({0x80}, varint), Code::kUnexpectedEof);
  EXPECT_EQ(error_of({0x80, 0x00}, varint), Code::kMalformedVarint);
  EXPECT_EQ(error_of({0xff, 0x80, 0x00}, varint), Code::kMalformedVarint);
  EXPECT_EQ(error_of(Bytes(11, 0xff), varint), Code::kMalformedVarint);
  Bytes above = Bytes(9, 0xff);
  above.push_back(0x02);
  EXPECT_EQ(error_of(above, varint), Code::kMalformedVarint);
  EXPECT_EQ(error_of(varint_bytes(65536), [](PostcardReader& in) { in.varint("x", 65535); }),
            Code::kMalformedVarint);
  EXPECT_EQ(
      error_of(varint_bytes(std::uint64_t{1} << 32), [](PostcardReader& in) { in.narrow("x"); }),
      Code::kLimitExceeded);
}

TEST(Postcard, MalformedValues) {
  EXPECT_EQ(error_of({2}, [](PostcardReader& in) { in.boolean("x"); }), Code::kUnknownVariant);
  EXPECT_EQ(error_of({9}, [](PostcardReader& in) { in.variant("x", 9); }), Code::kUnknownVariant);
  EXPECT_EQ(error_of(varint_bytes(Fp::kModulus), [](PostcardReader& in) { in.element("x"); }),
            Code::kNonCanonicalField);
  EXPECT_EQ(error_of({1}, [](PostcardReader& in) { in.finish(); }), Code::kTrailingBytes);
  EXPECT_EQ(error_of({}, [](PostcardReader& in) { in.byte("x"); }), Code::kUnexpectedEof);
}

TEST(Postcard, CountsMustFitInTheRest) {
  EXPECT_EQ(error_of({4, 0, 0, 0, 0}, [](PostcardReader& in) { in.count("x", 1); }), std::nullopt);
  EXPECT_EQ(error_of({4, 0, 0, 0}, [](PostcardReader& in) { in.count("x", 1); }),
            Code::kLimitExceeded);
  EXPECT_EQ(error_of({2, 0, 0, 0}, [](PostcardReader& in) { in.count("x", 2); }),
            Code::kLimitExceeded);
  EXPECT_EQ(error_of(varint_bytes(~std::uint64_t{0}), [](PostcardReader& in) { in.count("x", 4); }),
            Code::kLimitExceeded);
}

TEST(Postcard, TheFirstErrorSticksAndNamesItsField) {
  const Bytes bytes{2, 7, 7};
  PostcardReader in(bytes);
  in.set_context("AIR 3: ");
  in.boolean("flag");
  EXPECT_EQ(in.varint("later"), 0u);
  EXPECT_EQ(in.count("later", 1), 0u);
  in.finish();
  ASSERT_TRUE(in.failed());
  EXPECT_EQ(in.error().code, Code::kUnknownVariant);
  EXPECT_EQ(in.error().offset, 0u);
  EXPECT_EQ(in.error().detail, "AIR 3: flag: expected 0 or 1, got 2");
  EXPECT_EQ(in.error().message(),
            "verifying key: unknown variant at byte 0: AIR 3: flag: expected 0 or 1, got 2");
}

}  // namespace
}  // namespace gyre
