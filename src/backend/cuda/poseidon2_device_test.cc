#include "backend/cuda/poseidon2_device.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "backend/cuda/device_memory.h"
#include "backend/cuda/queue.h"
#include "gyre/hash/scheme.h"
#include "support/random_elements.h"

namespace gyre::cuda {
namespace {

/// Words at the ends of the ranges of the layers' steps.
constexpr std::uint32_t kModulus = Fp::kModulus;
constexpr std::uint32_t kEdges[] = {0,
                                    1,
                                    2,
                                    15,
                                    16,
                                    255,
                                    256,
                                    (1u << 27) - 1,
                                    1u << 27,
                                    15u << 26,
                                    kModulus / 2,
                                    kModulus / 2 + 1,
                                    kModulus - 256,
                                    kModulus - 2,
                                    kModulus - 1};

// Functions of the device that the emulator lets the host call.
#if defined(GYRE_CUDA_EMULATED)
TEST(DevicePoseidon2, ProductOfAnyWordsIsASmallWord) {
  std::vector<std::uint32_t> words = {0x7fffffffu, 0x80000000u, 0x80000001u, 0xffffffffu};
  for (const std::uint32_t edge : kEdges) words.insert(words.end(), {edge, 0u - edge});
  const auto residue = [](std::int64_t word) {
    const std::int64_t p = Fp::kModulus;
    return Fp::from_raw(static_cast<std::uint32_t>((word % p + p) % p));
  };
  for (const std::uint32_t a_word : words) {
    for (const std::uint32_t b_word : words) {
      const auto a = static_cast<std::int32_t>(a_word), b = static_cast<std::int32_t>(b_word);
      const std::int64_t product = poseidon2_detail::signed_product(a, b);
      EXPECT_EQ(residue(product), residue(a) * residue(b)) << a << " " << b;
      const double bound = std::abs(double(a) * double(b)) / 0x1p32 + Fp::kModulus / 2.0;
      EXPECT_LE(std::abs(double(product)), bound + 1) << a << " " << b;
    }
  }
}

template <unsigned kIndex>
void check_add_shifted() {
  const Fp diagonal = poseidon2::kInternalDiagonal[kIndex];
  const Fp surplus = poseidon2_detail::kDiagonalShifts[kIndex].surplus();
  std::vector<Fp> words = RandomElements(kIndex).base(50);
  for (const std::uint32_t edge : kEdges) words.push_back(Fp::from_raw(edge));
  for (const Fp sum : words) {
    for (const Fp a : words) {
      EXPECT_EQ(poseidon2_detail::add_shifted<kIndex>(sum, a), sum + a * diagonal + surplus);
    }
  }
}

TEST(DevicePoseidon2, ShiftsMultiplyByTheDiagonal) {
  check_add_shifted<3>();
  check_add_shifted<6>();
  check_add_shifted<9>();
  check_add_shifted<10>();
  check_add_shifted<11>();
  check_add_shifted<12>();
  check_add_shifted<13>();
  check_add_shifted<14>();
  check_add_shifted<15>();
}

TEST(DevicePoseidon2, SumOfRestIsCanonical) {
  for (const std::uint32_t edge : kEdges) {
    for (const std::uint32_t last : kEdges) {
      Fp s[kSpongeWidth], sum;
      for (std::size_t i = 0; i < kSpongeWidth; ++i) {
        s[i] = Fp::from_raw(i + 1 < kSpongeWidth ? edge : last);
        if (i != 0) sum = sum + s[i];
      }
      EXPECT_EQ(poseidon2_detail::sum_of_rest(s), sum);
    }
  }
}
#endif

__global__ void permute_states(Fp* states) {
  Fp s[kSpongeWidth];
  for (unsigned j = 0; j < kSpongeWidth; ++j) s[j] = states[global_thread() * kSpongeWidth + j];
  permute(s);
  for (unsigned j = 0; j < kSpongeWidth; ++j) states[global_thread() * kSpongeWidth + j] = s[j];
}

TEST(DevicePoseidon2, IsThePlainPermutation) {
  Queue queue(0);
  DeviceArena arena(std::size_t{1} << 20);
  const std::size_t count = 512;
  RandomElements random(1);
  std::vector<Fp> values = random.base(count * kSpongeWidth);
  // In the second half of the states some words, then all, from the ends of ranges.
  const std::vector<Fp> choice = random.base(values.size());
  for (std::size_t i = values.size() / 2; i < values.size(); ++i) {
    const std::uint32_t word = choice[i].raw();
    if (i >= values.size() / 4 * 3 || word % 3 == 0) {
      values[i] = Fp::from_raw(kEdges[word / 3 % std::size(kEdges)]);
    }
  }
  const DeviceSpan<Fp> states = arena.take<Fp>(values.size());
  queue.upload(states, values);
  queue.launch(permute_states, grid_for(count, 64), 0, states.data);
  const std::vector<Fp> permuted = queue.download(states);
  for (std::size_t i = 0; i < count; ++i) {
    SpongeState state;
    std::copy_n(&values[i * kSpongeWidth], kSpongeWidth, state.begin());
    gyre::permute(state);
    for (std::size_t j = 0; j < kSpongeWidth; ++j) {
      ASSERT_EQ(permuted[i * kSpongeWidth + j].raw(), state[j].raw()) << i << " " << j;
    }
  }
}

}  // namespace
}  // namespace gyre::cuda
