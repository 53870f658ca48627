#include <algorithm>

#include "fuzz.h"
#include "gyre/keys/verifying_key.h"

namespace gyre {
namespace {

/// Any bytes decode or are refused; a key encodes to the bytes that it came from.
void check_key_decode(std::span<const std::uint8_t> bytes) {
  const auto key = decode_verifying_key(bytes);
  if (!key) {
    require(key.error().offset <= bytes.size());
    require(!key.error().message().empty());
    return;
  }
  const std::vector<std::uint8_t> encoded = encode_verifying_key(*key);
  require(std::equal(encoded.begin(), encoded.end(), bytes.begin(), bytes.end()));
}

}  // namespace
}  // namespace gyre

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gyre::check_key_decode({data, size});
  return 0;
}
