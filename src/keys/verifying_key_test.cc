#include "gyre/keys/verifying_key.h"

#include <gtest/gtest.h>

#include "gyre/airs/fibonacci.h"
#include "gyre/airs/interactions.h"
#include "gyre/airs/keccak.h"
#include "gyre/airs/preprocessed_cached.h"
#include "gyre/keys/keygen.h"
#include "support/golden_case.h"

namespace gyre {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Code = KeyDecodeError::Code;

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

Digest digest(const std::array<std::uint32_t, 8>& canonical) {
  Digest result{};
  for (std::size_t i = 0; i < 8; ++i) result[i] = Fp::from_canonical(canonical[i]);
  return result;
}

VerifyingKey key_of(std::initializer_list<const Air*> airs,
                    const SystemParams& params = presets::test_small(2, 8, 3)) {
  return keygen(params, std::vector<const Air*>(airs)).vk;
}

Bytes fibonacci_bytes() {
  const FibonacciAir air;
  return encode_verifying_key(key_of({&air}));
}

/// Spec 02, section 6.2.
TEST(VerifyingKey, WorkedBytesOfFibonacci) {
  const Bytes bytes = fibonacci_bytes();
  ASSERT_EQ(bytes.size(), 126u);
  const Bytes start = from_hex(
      "020880200103030a04020301020103018080808004070203010000000203011501000100000000020006010201"
      "08000302");
  EXPECT_EQ(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(start.size())), start);
  const Bytes end = from_hex("0504080c1014000200000101008080808004");
  EXPECT_EQ(Bytes(bytes.end() - static_cast<std::ptrdiff_t>(end.size()), bytes.end()), end);
}

/// Spec 02, section 11.
TEST(VerifyingKey, WorkedBytesOfInteractions) {
  const DummyInteractionAir send(1, true, 0, false), receive(1, false, 0, false);
  EXPECT_EQ(
      encode_verifying_key(key_of({&send, &receive})),
      from_hex(
          "020880200103030a0402030102010301808080800407020302000000020000020001000001000100000000"
          "01010001000001000000000002000004000100000104838080c00600010000000801020100010100030000"
          "010000010201018080808004"));
}

struct Figure {
  std::vector<const Air*> airs;
  std::size_t num_bytes;
  std::vector<std::size_t> num_nodes;
  std::array<std::uint32_t, 8> pre_hash;
};

void expect_figure(const Figure& figure, const SystemParams& params) {
  const VerifyingKey key = keygen(params, figure.airs).vk;
  EXPECT_EQ(encode_verifying_key(key).size(), figure.num_bytes);
  EXPECT_EQ(key.pre_hash, digest(figure.pre_hash));
  for (std::size_t i = 0; i < figure.num_nodes.size(); ++i) {
    EXPECT_EQ(key.per_air[i].symbolic.nodes.size(), figure.num_nodes[i]) << i;
  }
}

const std::vector<bool> kAlternating{true, false, true, false, true, false, true, false};

/// The table of spec 02, section 11.
TEST(VerifyingKey, GoldenFigures) {
  const SystemParams params = presets::test_small(2, 8, 3);
  const FibonacciAir fibonacci;
  expect_figure(
      {{&fibonacci},
       126,
       {21},
       {471505953, 1807114792, 170193425, 441704158, 1816165566, 828129030, 622714888, 981876475}},
      params);
  const DummyInteractionAir send(1, true, 0, false), receive(1, false, 0, false);
  expect_figure(
      {{&send, &receive},
       98,
       {2, 4},
       {338643893, 1934805690, 1305506116, 1694651551, 782855467, 1598392974, 216950333, 68373398}},
      params);
  const DummyInteractionAir cached_send(1, true, 0, true), cached_receive(1, false, 0, true);
  expect_figure({{&cached_send, &cached_receive},
                 100,
                 {2, 4},
                 {1927211087, 1026827551, 1838541243, 1986096631, 1976378172, 356226600, 1410477626,
                  1822291493}},
                params);
  const FibonacciSelectorAir selector(kAlternating, false), lookup(kAlternating, true);
  expect_figure(
      {{&selector},
       218,
       {32},
       {942337620, 933924848, 1503942034, 524494657, 191772636, 1388416816, 226419455, 1834812438}},
      params);
  expect_figure(
      {{&lookup},
       226,
       {33},
       {981241956, 1804377452, 439248337, 536367928, 581877851, 1658976451, 489987605, 1247975846}},
      params);
  const PreprocessedCachedAir cached(kAlternating, 2);
  expect_figure(
      {{&cached},
       205,
       {27},
       {1601226574, 862514737, 1576927058, 879377356, 518866629, 1619022244, 896493178, 152744966}},
      params);
  std::vector<SelfInteractionAir> self;
  for (const std::uint32_t width : {4, 7, 8, 8, 10, 100}) self.emplace_back(width, 4);
  Figure figure{
      {},
      3804,
      {16, 25, 28, 28, 34, 304},
      {1116298037, 896340289, 931511686, 847131615, 722474704, 1958056824, 1800651990, 1569450667}};
  for (const SelfInteractionAir& air : self) figure.airs.push_back(&air);
  expect_figure(figure, params);
}

TEST(VerifyingKey, RequiredFibonacciFigure) {
  const FibonacciAir air;
  KeyGenerator generator(presets::test_small(2, 8, 3));
  generator.add_required_air(air);
  EXPECT_EQ(generator.generate().vk.pre_hash,
            digest({1213712440, 241039028, 1262491632, 673902020, 459786071, 1425799836, 499088295,
                    872325443}));
}

TEST(VerifyingKey, PreprocessedCommitmentFigure) {
  const FibonacciSelectorAir air(kAlternating, false);
  const VerifyingKey key = key_of({&air});
  EXPECT_EQ(key.per_air[0].preprocessed->commit,
            digest({543175729, 996704861, 1479077388, 1508636711, 292286683, 1566684641, 1702935677,
                    847851997}));
  EXPECT_EQ(key.per_air[0].preprocessed->hypercube_dim, 1);
  EXPECT_EQ(key.per_air[0].preprocessed->stacking_width, 1u);
  EXPECT_EQ(key.per_air[0].unused_variables,
            (std::vector<Variable>{{VariableSource::kPreprocessed, 0, 1, 0}}));
}

TEST(VerifyingKey, KeccakFigures) {
  const KeccakAir air;
  expect_figure({{&air},
                 283429,
                 {39273},
                 {365053475, 1816331346, 1721464805, 1939343263, 1950810587, 1518175149, 694548228,
                  1976030693}},
                presets::test_small(2, 8, 3));
  expect_figure(
      {{&air},
       283428,
       {39273},
       {898758304, 1269476524, 1587838634, 212117637, 976402962, 1227319903, 82372460, 1279797633}},
      presets::app(21));
  const AirVerifyingKey key = key_of({&air}).per_air[0];
  std::array<std::size_t, 9> kinds{};
  for (const DagNode& node : key.symbolic.nodes) ++kinds[static_cast<std::size_t>(node.kind)];
  EXPECT_EQ(kinds, (std::array<std::size_t, 9>{2857, 1, 0, 1, 4, 15343, 10846, 0, 10221}));
  EXPECT_EQ(key.symbolic.nodes[2].constant, Fp::one());
  EXPECT_EQ(key.symbolic.nodes[4961].constant, Fp::zero());
  EXPECT_EQ(key.symbolic.nodes[22595].constant, Fp::from_canonical(2));
  EXPECT_EQ(key.symbolic.nodes[22598].constant, Fp::from_canonical(4));
  const std::vector<std::uint32_t>& constraints = key.symbolic.constraint_nodes;
  EXPECT_EQ(constraints.size(), 3182u);
  EXPECT_EQ(std::vector<std::uint32_t>(constraints.begin(), constraints.begin() + 6),
            (std::vector<std::uint32_t>{4, 6, 8, 10, 12, 14}));
  EXPECT_EQ(std::vector<std::uint32_t>(constraints.end() - 3, constraints.end()),
            (std::vector<std::uint32_t>{39264, 39268, 39272}));
  EXPECT_TRUE(key.need_rot);
  EXPECT_EQ(key.unused_variables.size(), 2409u);
  EXPECT_EQ(key.max_constraint_degree, 3);
}

void expect_round_trip(const VerifyingKey& key) {
  const auto decoded = decode_verifying_key(encode_verifying_key(key));
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, key);
}

TEST(VerifyingKey, DecodesWhatItEncodes) {
  const FibonacciSelectorAir selector(kAlternating, true);
  const SelfInteractionAir self(5, 65535);
  const PreprocessedCachedAir cached({true, false}, 3);
  expect_round_trip(key_of({&selector, &self, &cached}, presets::testing(8)));
  for (const SystemParams& params :
       {presets::app(21), presets::leaf(), presets::internal(), presets::root(), presets::hook()}) {
    expect_round_trip(key_of({&self}, params));
  }
}

TEST(VerifyingKey, TruncationIsRefusedEverywhere) {
  const Bytes bytes = load_golden_case("prep_cached3").vk_bytes;
  ASSERT_TRUE(decode_verifying_key(bytes));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto key = decode_verifying_key(std::span(bytes).first(length));
    ASSERT_FALSE(key) << length;
    EXPECT_TRUE(key.error().code == Code::kUnexpectedEof ||
                key.error().code == Code::kLimitExceeded)
        << length << ": " << key.error().message();
    EXPECT_LE(key.error().offset, length);
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(decode_verifying_key(longer).error().code, Code::kTrailingBytes);
}

/// Whatever decodes is a sound key that has these very bytes.
void expect_error_or_same_bytes(const Bytes& bytes) {
  const auto key = decode_verifying_key(bytes);
  if (key) {
    EXPECT_EQ(encode_verifying_key(*key), bytes);
    EXPECT_EQ(key->pre_hash, verifying_key_pre_hash(bytes));
  } else {
    EXPECT_FALSE(key.error().message().empty());
  }
}

TEST(VerifyingKey, EveryChangeOfAByteIsSafe) {
  for (const char* name : {"prep_cached3", "optional_inter", "random_v1"}) {
    const Bytes bytes = load_golden_case(name).vk_bytes;
    const std::size_t step = bytes.size() > 1000 ? 7 : 1;
    for (std::size_t i = 0; i < bytes.size(); i += step) {
      for (const unsigned value : {0x00u, 0x01u, 0x7fu, 0x80u, 0xffu, bytes[i] ^ 0x01u,
                                   bytes[i] ^ 0x02u, bytes[i] ^ 0x80u, bytes[i] + 1u}) {
        Bytes changed = bytes;
        changed[i] = static_cast<std::uint8_t>(value);
        expect_error_or_same_bytes(changed);
      }
    }
  }
}

TEST(VerifyingKey, AbsurdLengthsAllocateNothing) {
  // Every byte in turn becomes the start of a number near 2^64 or 2^40.
  const Bytes bytes = fibonacci_bytes();
  const Bytes absurd[] = {from_hex("ffffffffffffffffff01"), from_hex("808080808020")};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const Bytes& number : absurd) {
      Bytes changed(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(i));
      changed.insert(changed.end(), number.begin(), number.end());
      changed.insert(changed.end(), bytes.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                     bytes.end());
      const auto key = decode_verifying_key(changed);
      if (key) {
        EXPECT_EQ(encode_verifying_key(*key), changed);
      }
    }
  }
}

TEST(VerifyingKey, LongerFormsOfNumbersAreRefused) {
  Bytes bytes = fibonacci_bytes();
  bytes[0] = 0x82;  // l_skip 2 in two bytes
  bytes.insert(bytes.begin() + 1, 0x00);
  const auto key = decode_verifying_key(bytes);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, Code::kMalformedVarint);
  EXPECT_EQ(key.error().offset, 0u);
  EXPECT_EQ(key.error().detail, "params: l_skip: not the shortest form");
}

}  // namespace
}  // namespace gyre
