#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gyre {

/// SHA-256 (FIPS 180-4) of a byte string, for naming and checking files. Not constant-time.
using Sha256Digest = std::array<std::uint8_t, 32>;
Sha256Digest sha256(std::span<const std::uint8_t> bytes);

inline Sha256Digest sha256(std::string_view text) {
  return sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}
/// In lower-case hexadecimal digits.
std::string to_hex(const Sha256Digest& digest);

}  // namespace gyre
