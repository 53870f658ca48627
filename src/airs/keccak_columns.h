#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gyre::keccak {

/// Columns of the Keccak-f AIR and constants of the permutation. Spec 02, section 10.1.
/// x and y are below 5, a bit z below 64, a limb k below 4.

inline constexpr std::size_t kLanes = 25, kLimbs = 4, kLimbBits = 16, kLaneBits = 64;
inline constexpr std::size_t kRoundsPerPermutation = 24;

constexpr std::size_t flag(std::size_t round) {
  return round;
}
inline constexpr std::size_t kExport = 24;
constexpr std::size_t preimage(std::size_t y, std::size_t x, std::size_t k) {
  return 25 + 4 * (5 * y + x) + k;
}
constexpr std::size_t a(std::size_t y, std::size_t x, std::size_t k) {
  return 125 + 4 * (5 * y + x) + k;
}
constexpr std::size_t c(std::size_t x, std::size_t z) {
  return 225 + 64 * x + z;
}
constexpr std::size_t c_prime(std::size_t x, std::size_t z) {
  return 545 + 64 * x + z;
}
constexpr std::size_t a_prime(std::size_t y, std::size_t x, std::size_t z) {
  return 865 + 64 * (5 * y + x) + z;
}
constexpr std::size_t a_prime_prime(std::size_t y, std::size_t x, std::size_t k) {
  return 2465 + 4 * (5 * y + x) + k;
}
constexpr std::size_t bit(std::size_t z) {
  return 2565 + z;
}
constexpr std::size_t a_prime_prime_prime(std::size_t k) {
  return 2629 + k;
}
/// The limb after the whole round.
constexpr std::size_t output(std::size_t y, std::size_t x, std::size_t k) {
  return x == 0 && y == 0 ? a_prime_prime_prime(k) : a_prime_prime(y, x, k);
}

/// Rotation of lane (x, y).
inline constexpr unsigned kRotation[5][5] = {{0, 36, 3, 41, 18},
                                             {1, 44, 10, 45, 2},
                                             {62, 6, 43, 15, 61},
                                             {28, 55, 25, 21, 56},
                                             {27, 20, 39, 8, 14}};

/// Bit z of B(x, y), the lanes after rotation and transposition.
constexpr std::size_t b(std::size_t x, std::size_t y, std::size_t z) {
  const std::size_t from = (x + 3 * y) % 5;
  return a_prime(x, from, (z + kLaneBits - kRotation[from][x]) % kLaneBits);
}

inline constexpr std::array<std::uint64_t, kRoundsPerPermutation> kRoundConstants = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

}  // namespace gyre::keccak
