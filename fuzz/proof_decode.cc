#include "fuzz.h"
#include "gyre/proof/codec.h"
#include "gyre/support/error.h"

namespace gyre {
namespace {

/// Any bytes decode or are refused, and what the encoder takes means the same afterwards.
void check_proof_decode(std::span<const std::uint8_t> bytes) {
  const auto proof = decode_proof(bytes);
  if (!proof) {
    require(proof.error().offset <= bytes.size());
    require(!proof.error().message().empty());
    return;
  }
  std::vector<std::uint8_t> encoded;
  try {
    encoded = encode_proof(*proof);
  } catch (const Error&) {
    return;  // shapes that decode, but that no parameters have
  }
  require(encoded.size() == bytes.size());
  const auto again = decode_proof(encoded);
  require(again && *again == *proof);
}

}  // namespace
}  // namespace gyre

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gyre::check_proof_decode({data, size});
  return 0;
}
